/**
 * The task itself failed: the worker did the work, and this is its outcome. Final for this worker: thrown by a handler it
 * becomes FAILED with `code` and `note`. Any other error gives the task back, to be tried elsewhere.
 */
export class TaskFailed extends Error {
  readonly code: string
  readonly note: string

  constructor(code: string, note = '') {
    super(note === '' ? code : `${code}: ${note}`)
    this.name = 'TaskFailed'
    this.code = code
    this.note = note
  }
}

/** Thrown by a handler to give its task back for a named reason; made by `task.withdraw`. */
export class TaskGivenBack extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(`the task is given back: ${reason}`)
    this.name = 'TaskGivenBack'
    this.reason = reason
  }
}
