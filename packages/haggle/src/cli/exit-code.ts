/** What a command's exit code says; scripts rely on it. 130 and 143 are the signals' own. */
export const exitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** `verify` could not read the file as a task file at all. */
  unreadable: 2,
  nobodyBid: 3,
  deadline: 4,
  rejected: 5,
  noPeer: 6,
  taskFailed: 7,
  busy: 75,
  configuration: 78,
  interrupted: 130,
  terminated: 143,
} as const
