import { performance } from 'node:perf_hooks'
import type { CpuTime } from '@haggle/ports'

/** TAX-06: to ask the kernel costs more than many a batch of inputs; in between the answer is the one before. */
const EVERY_MS = 10

/** Where the numbers come from: the kernel, and a clock in milliseconds. */
export interface CpuSource {
  readonly usedUs: () => number
  readonly nowMs: () => number
}

const kernel: CpuSource = {
  usedUs: () => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  nowMs: () => performance.now(),
}

/** CPU time of this process, user and system, as the kernel counts it; asked at most every ten milliseconds. */
export function systemCpu(source: CpuSource = kernel): CpuTime {
  let [usedUs, askedAt] = [0, -Infinity]
  return {
    usedUs: () => {
      const now = source.nowMs()
      if (now - askedAt >= EVERY_MS) [usedUs, askedAt] = [source.usedUs(), now]
      return usedUs
    },
  }
}
