/** The command line asks for something that cannot be: exit code 2. */
export class UsageError extends Error {
  readonly next: string
  constructor(problem: string, next: string) {
    super(problem)
    this.name = 'UsageError'
    this.next = next
  }
}

/** Another process is in the way: exit code 75. */
export class BusyError extends Error {
  readonly next: string
  constructor(problem: string, next: string) {
    super(problem)
    this.name = 'BusyError'
    this.next = next
  }
}
