import type { CpuTime } from '@haggle/ports'

/** CPU time of this process, user and system, as the kernel counts it: about a microsecond to ask. */
export function systemCpu(): CpuTime {
  return {
    usedUs: () => {
      const { user, system } = process.cpuUsage()
      return user + system
    },
  }
}
