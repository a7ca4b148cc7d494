import { testTitles } from './titles.ts'
import { matchesIn, pathsOf, textOf, type Finding, type Tree } from './tree.ts'

const specPages = /^docs\/spec\/.*\.md$/
const idPattern = /\b([A-Z]{2,5})-\d\d\b/g
/** Names of the outside world that look like ids. */
const otherPrefixes: ReadonlySet<string> = new Set(['UTF', 'ISO', 'RFC', 'CVE', 'EIP', 'BIP'])

interface Mention {
  readonly id: string
  readonly file: string
  readonly line: number
}

/** Requirements: lines of docs/spec that begin with `**LEASE-07**`. */
export function definitions(tree: Tree): readonly Mention[] {
  return pathsOf(tree, specPages).flatMap((file) =>
    matchesIn(textOf(tree, file), /^\*\*([A-Z]{2,5}-\d\d)\*\*/gm).map(({ match, line }) => ({
      id: match[1] ?? '',
      file,
      line,
    })),
  )
}

export function malformedDefinitions(tree: Tree): readonly Finding[] {
  const seen = new Map<string, Mention>()
  const twice = definitions(tree).flatMap((one) => {
    const before = seen.get(one.id)
    seen.set(one.id, one)
    if (before === undefined) return []
    return [
      {
        file: one.file,
        line: one.line,
        advice: `${one.id} is already defined at ${before.file}:${before.line}: take the next free number`,
      },
    ]
  })
  const indented = pathsOf(tree, specPages).flatMap((file) =>
    matchesIn(textOf(tree, file), /^(?:[ \t]+|[-*#>|][ \t>|]*|\d+\.[ \t]+)\*\*([A-Z]{2,5}-\d\d)\*\*/gm).map(
      ({ match, line }) => ({
        file,
        line,
        advice: `${match[1]} does not begin its line: start a paragraph with it, without list mark or heading`,
      }),
    ),
  )
  return [...twice, ...indented]
}

/** Each requirement stands in the title of a test that runs. */
export function untestedIds(tree: Tree): readonly Finding[] {
  const tested = new Set(testTitles(tree).flatMap(({ title }) => [...title.matchAll(idPattern)].map(([id]) => id)))
  return definitions(tree)
    .filter(({ id }) => !tested.has(id))
    .map(({ id, file, line }) => ({
      file,
      line,
      advice: `no test title names ${id}: name it in the title of the test that fails without it`,
    }))
}

/** Each id that code, tests or documents mention is defined. */
export function undefinedIds(tree: Tree): readonly Finding[] {
  const known = new Set(definitions(tree).map(({ id }) => id))
  return pathsOf(tree, /^((packages|test|examples|docs)\/.*\.(ts|md)|[A-Z]+\.md)$/)
    .filter((path) => !path.startsWith('test/tidy'))
    .flatMap((file) =>
      matchesIn(textOf(tree, file), idPattern)
        .filter(({ match }) => !known.has(match[0]) && !otherPrefixes.has(match[1] ?? ''))
        .map(({ match, line }) => ({
          file,
          line,
          advice: `${match[0]} is not defined in docs/spec: define it there, or name the right id`,
        })),
    )
}
