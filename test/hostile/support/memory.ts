import { readFile, writeFile } from 'node:fs/promises'
import { expect } from 'vitest'

/** What an attack may cost its victim in memory, at its highest. */
export const GROWTH_KIB = 64 * 1_024

/** Memory of one process: where it stood, and how far above that it ever was since. */
export class MemoryWatch {
  readonly #pid: number
  readonly #before: number

  private constructor(pid: number, before: number) {
    this.#pid = pid
    this.#before = before
  }

  static async begin(pid: number): Promise<MemoryWatch> {
    // Linux: 5 sets the high-water mark back to what is held now.
    await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined)
    return new MemoryWatch(pid, await kib(pid, 'VmHWM'))
  }

  /** KiB above the beginning, at most so far. Rejects when the process is gone. */
  async growth(): Promise<number> {
    return (await kib(this.#pid, 'VmHWM')) - this.#before
  }

  async expectSmall(what: string): Promise<void> {
    const growth = await this.growth()
    process.stdout.write(`    ${what}: at most ${Math.round(growth / 1_024)} MiB more\n`)
    expect(growth).toBeLessThanOrEqual(GROWTH_KIB)
  }
}

async function kib(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN)
}
