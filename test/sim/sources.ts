import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a run of the simulator follows from, beside its seeds. */
const PACKAGES = ['protocol', 'ports', 'core', 'node', 'simulator']

export const workspace = fileURLToPath(new URL('../../', import.meta.url))
/** The committed report. */
export const reportFile = join(workspace, 'docs', 'reports', 'sim.json')

/** The report of a long batch, as it is committed. */
export interface SimReport {
  /** Hash of the sources that it was made with. */
  readonly sources: string
  readonly scenario: string
  readonly first: string
  readonly seeds: number
  readonly failures: number
  /** Worlds in which a promise was broken, the first of them by seed. */
  readonly failed: readonly { readonly seed: string }[]
  /** Of the trace hashes of each thousand seeds, in order. */
  readonly digests: readonly string[]
}

/** Hash of everything that decides what happens in a world: names and contents of the sources. */
export function sourcesHash(): string {
  const hash = createHash('sha256')
  for (const name of PACKAGES) {
    const folder = join(workspace, 'packages', name, 'src')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
    for (const file of files.toSorted((a, b) => (a < b ? -1 : 1))) {
      hash
        .update(`${relative(workspace, file)}\0`)
        .update(readFileSync(file))
        .update('\0')
    }
  }
  return hash.digest('hex')
}
