import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TrustReport } from '@haggle/simulator'

const workspace = fileURLToPath(new URL('../../', import.meta.url))
/** The committed figures and their tables. */
export const trustFile = join(workspace, 'docs', 'reports', 'trust.json')
export const trustPage = join(workspace, 'docs', 'reports', 'trust.md')

/** What the markets follow from, beside their seeds: a folder, and what it takes of others. */
const FOLDER = 'packages/simulator/src/trust'
const SCORES = ['admission', 'choice', 'credit-ball', 'flow', 'quality', 'rank', 'score-graph', 'scores', 'tally']
const FILES = [
  ...[...SCORES, 'weighed-quality'].map((name) => `packages/core/src/score/${name}.ts`),
  'packages/core/src/contract/integer.ts',
  'packages/protocol/src/params.ts',
  'packages/simulator/src/random.ts',
]

/** The report as it is committed. */
export interface CommittedTrustReport extends TrustReport {
  /** Hash of the sources that it was made with. */
  readonly sources: string
}

/** Hash of everything that decides what happens in these markets: names and contents of the sources. */
export function trustSourcesHash(): string {
  const files = readdirSync(join(workspace, FOLDER), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const file of [...files, ...FILES.map((name) => join(workspace, name))].toSorted((a, b) => (a < b ? -1 : 1))) {
    hash
      .update(`${relative(workspace, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}
