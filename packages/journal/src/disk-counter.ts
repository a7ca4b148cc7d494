import type { DiskWrites } from '@haggle/ports'

/** Counts what goes to the disk. */
export class DiskCounter {
  #writes = 0
  #syncs = 0

  wrote(synced: boolean): void {
    this.#writes += 1
    if (synced) this.#syncs += 1
  }

  sum(): DiskWrites {
    return { writes: this.#writes, syncs: this.#syncs }
  }
}
