/** What a process has used up and holds. */
export interface Usage {
  /** User and system time since the process began, microseconds. */
  readonly cpuUs: number
  readonly rssBytes: number
  /** With `collect`, what is held after a collection. */
  readonly heapBytes: number
  readonly wallMs: number
}

/** A collection costs as much as many contracts: it is asked for only where memory is measured. */
export function usage(collect: boolean): Usage {
  if (collect) globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed + external, wallMs: Date.now() }
}
