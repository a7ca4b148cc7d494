import { posix } from 'node:path'
import { testTitles, type Title } from './titles.ts'
import { matchesIn, textOf, type Finding, type Tree } from './tree.ts'

export const threatsPage = 'docs/THREATS.md'
const id = /\bT-\d\d\b/g

interface Row {
  readonly id: string
  readonly line: number
  /** Files that the row links to, relative to the root. */
  readonly files: readonly string[]
}

/** Rows of the tables of threats: lines that begin with `| T-07 |`. */
function rowsOf(tree: Tree): readonly Row[] {
  return matchesIn(textOf(tree, threatsPage), /^\| (T-\d\d) [^\n]*/gm).map(({ match, line }) => ({
    ...{ id: match[1] ?? '', line },
    files: [...match[0].matchAll(/\]\(([^)\s]+)\)/g)].map(([, path = '']) => posix.join('docs', path)),
  }))
}

/** Each threat has one row, and stands in the title of exactly one test, in a file that its row links to. */
export function unprovenThreats(tree: Tree): readonly Finding[] {
  const titles = testTitles(tree)
  const seen = new Set<string>()
  return rowsOf(tree).flatMap((row) => {
    const at = (advice: string): readonly Finding[] => [{ file: threatsPage, line: row.line, advice }]
    if (seen.has(row.id)) return at(`${row.id} has two rows: take the next free number`)
    seen.add(row.id)
    const named = titles.filter(({ title }) => idsIn(title).includes(row.id))
    if (named.length !== 1) {
      return at(`${row.id} stands in ${named.length} test titles${placesOf(named)}: put it into the one that shows it`)
    }
    const [{ file } = { file: '' }] = named
    return row.files.includes(file) ? [] : at(`${row.id} is shown in ${file}: link to that file in its row`)
  })
}

/** Each threat that a test title names has its row. */
export function unlistedThreats(tree: Tree): readonly Finding[] {
  const known = new Set(rowsOf(tree).map((row) => row.id))
  return testTitles(tree).flatMap(({ title, file, line }) =>
    idsIn(title)
      .filter((one) => !known.has(one))
      .map((one) => ({ file, line, advice: `${one} has no row in ${threatsPage}: say there what it is about` })),
  )
}

function idsIn(title: string): readonly string[] {
  return [...title.matchAll(id)].map(([one]) => one)
}

function placesOf(titles: readonly Title[]): string {
  return titles.length === 0 ? '' : ` (${titles.map(({ file, line }) => `${file}:${line}`).join(', ')})`
}
