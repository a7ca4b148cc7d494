/** Tells one run that it is of no use any more. Its signal is made when somebody asks for it: it takes more memory than the run. */
export class Stop {
  #reason: Error | undefined
  #controller: AbortController | undefined
  #stopped: (reason: Error) => void = () => {}

  /** Why it was stopped; undefined as long as it was not. */
  get reason(): Error | undefined {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  stop(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#stopped(reason)
  }

  /** What `work` comes to; rejects when it is stopped, whether the work listens to the signal or not. Asked for once. */
  unless<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#stopped = reject
      work().then(resolve, reject)
      if (this.#reason !== undefined) reject(this.#reason)
    })
  }
}
