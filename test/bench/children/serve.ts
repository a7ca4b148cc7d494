/** What a child of the bench answers: one function by name, arguments and results as JSON. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>

export interface Asked {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}
export type Answered =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly ready: true }

/** Answers the process that forked this one until that goes; then ends, so that no child outlives its bench. */
export function serveCalls(calls: Calls): void {
  const handlers = new Map(Object.entries(calls))
  const say = (answer: Answered): void => void process.send?.(answer)
  process.on('message', (message) => {
    // The only sender is `Child.call`, which is typed by the same calls.
    const { id, name, argument } = message as Asked
    const handler = handlers.get(name)
    const answer = async (): Promise<unknown> => {
      if (handler === undefined) throw new Error(`no call ${name}`)
      return handler(argument as never)
    }
    answer().then(
      (value) => say({ id, value }),
      (error: unknown) => say({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit(0))
  say({ ready: true })
}
