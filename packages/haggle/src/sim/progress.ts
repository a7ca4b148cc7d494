import type { Session } from '../cli/session.ts'

const EVERY_MS = 200

/** A line on the terminal that says how far it is; nothing where there is no terminal. */
export class Progress {
  readonly #session: Session
  readonly #began = performance.now()
  #shownAt = 0

  constructor(session: Session) {
    this.#session = session
  }

  get wallMs(): number {
    return performance.now() - this.#began
  }

  show(text: string): void {
    if (!this.#session.tty.stderr || this.wallMs - this.#shownAt < EVERY_MS) return
    this.#shownAt = this.wallMs
    process.stderr.write(`\r\u001b[K${text}, ${(this.wallMs / 1_000).toFixed(0)} s`)
  }

  /** The line is gone. */
  end(): void {
    if (this.#session.tty.stderr) process.stderr.write('\r\u001b[K')
  }
}
