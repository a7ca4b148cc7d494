import { childrenOf, isNode, nameOf, sourceOf, stringOf, walk, type Node, type Source } from './source.ts'
import { matchesIn, pathsOf, textOf, type Finding, type Tree } from './tree.ts'

const sources = /^packages\/[^/]+\/src\/.*\.ts$/
const errorsPage = 'docs/errors.md'
const eventsPage = 'docs/events.md'
const code = /^[a-z][a-z0-9-]*(\/[a-z0-9-]+)+$/

interface Use {
  readonly code: string
  readonly file: string
  readonly line: number
}

function literalsIn(node: Node, source: Source): readonly Use[] {
  const found: Use[] = []
  walk(node, (one) => {
    const text = one.type === 'Literal' || one.type === 'TemplateLiteral' ? stringOf(one) : null
    if (text !== null && code.test(text)) found.push({ code: text, file: source.path, line: source.line(one) })
  })
  return found
}

/** Headings that are a code: `### \`lease/fenced\``. */
function headings(tree: Tree): readonly Use[] {
  return matchesIn(textOf(tree, errorsPage), /^#{2,}\s+`([^`]+)`/gm)
    .map(({ match, line }) => ({ code: match[1] ?? '', file: errorsPage, line }))
    .filter((one) => code.test(one.code))
}

function undocumented(tree: Tree, uses: readonly Use[], kind: string): readonly Finding[] {
  const known = new Set(headings(tree).map((one) => one.code))
  return uses
    .filter((one) => !known.has(one.code))
    .map(({ code: name, file, line }) => ({
      file,
      line,
      advice: `${kind} ${name} has no heading in ${errorsPage}: add "### \`${name}\`" with what happened, why, and the next step`,
    }))
}

/** Codes of operational failures: `new HaggleError('family/name', …)`. */
export function errorCodes(tree: Tree): readonly Use[] {
  return pathsOf(tree, sources).flatMap((path) => {
    const source = sourceOf(tree, path)
    const found: Use[] = []
    walk(source.program, (node) => {
      const isError = node.type === 'NewExpression' && nameOf(node['callee']) === 'HaggleError'
      const first: unknown = isError && Array.isArray(node['arguments']) ? node['arguments'][0] : null
      if (isNode(first)) found.push(...literalsIn(first, source))
    })
    return found
  })
}

function codesOfFiles(tree: Tree, pattern: RegExp): readonly Use[] {
  return pathsOf(tree, pattern).flatMap((path) => {
    const source = sourceOf(tree, path)
    return literalsIn(source.program, source)
  })
}

/** The closed list of refusals. */
export const refusalCodes = (tree: Tree): readonly Use[] => codesOfFiles(tree, /^packages\/core\/src\/refusal\.ts$/)
/** The closed table of violations. */
export const violationCodes = (tree: Tree): readonly Use[] =>
  codesOfFiles(tree, /^packages\/protocol\/src\/(.*\/)?violations?\.ts$/)

export const undocumentedErrors = (tree: Tree): readonly Finding[] => undocumented(tree, errorCodes(tree), 'the error')
export const undocumentedRefusals = (tree: Tree): readonly Finding[] =>
  undocumented(tree, refusalCodes(tree), 'the refusal')
export const undocumentedViolations = (tree: Tree): readonly Finding[] =>
  undocumented(tree, violationCodes(tree), 'the violation')

/** A page that explains a code nobody can meet has aged; one that explains it twice will contradict itself. */
export function staleHeadings(tree: Tree): readonly Finding[] {
  const used = new Set(codesOfFiles(tree, sources).map((one) => one.code))
  const seen = new Set<string>()
  return headings(tree).flatMap(({ code: name, file, line }) => {
    const again = seen.has(name)
    seen.add(name)
    if (again) return [{ file, line, advice: `${name} has two headings: keep one` }]
    return used.has(name) ? [] : [{ file, line, advice: `no source names ${name}: remove the heading` }]
  })
}

/** Events that the driver adds to those of the engine. */
export const driverEvents: readonly string[] = ['ready', 'peer', 'progress', 'lagging', 'stopping']

/** Where the unions of events are declared. */
const eventSources: readonly string[] = ['packages/core/src/event.ts', 'packages/node/src/agent-types.ts']

/** Every literal that a field `event` of these unions can hold. */
export function codedEvents(tree: Tree): readonly string[] {
  const present = eventSources.filter((path) => tree.has(path))
  return [...new Set(present.flatMap((path) => eventsOf(sourceOf(tree, path).program)))].toSorted()
}

function eventsOf(program: Node): readonly string[] {
  const aliases = new Map<string, Node>()
  walk(program, (node) => {
    const name = node.type === 'TSTypeAliasDeclaration' ? nameOf(node['id']) : null
    if (name !== null && isNode(node['typeAnnotation'])) aliases.set(name, node['typeAnnotation'])
  })
  const literalsOf = (type: Node): readonly string[] => {
    const literal = stringOf(type)
    if (literal !== null) return [literal]
    const alias = type.type === 'TSTypeReference' ? aliases.get(nameOf(type['typeName']) ?? '') : undefined
    return [...(alias === undefined ? [] : [alias]), ...childrenOf(type)].flatMap(literalsOf)
  }
  const names: string[] = []
  walk(program, (node) => {
    const isEvent = node.type === 'TSPropertySignature' && nameOf(node['key']) === 'event'
    if (isEvent && isNode(node['typeAnnotation'])) names.push(...literalsOf(node['typeAnnotation']))
  })
  return names
}

/** Rows of the tables whose first column is headed "event": the backticked names of the first cell. */
function documentedEvents(tree: Tree): readonly Use[] {
  const lines = textOf(tree, eventsPage).split('\n')
  let inTable = false
  return lines.flatMap((text, index) => {
    const first = text.startsWith('|') ? (text.split('|')[1] ?? '').trim() : null
    if (first === null) inTable = false
    else if (/^events?$/i.test(first)) inTable = true
    if (!inTable || first === null) return []
    return [...first.matchAll(/`([a-z-]+)`/g)].map((match) => ({
      code: match[1] ?? '',
      file: eventsPage,
      line: index + 1,
    }))
  })
}

/** `docs/events.md` and the code name the same events. */
export function eventTable(tree: Tree): readonly Finding[] {
  const wanted = new Set([...codedEvents(tree), ...driverEvents])
  const rows = documentedEvents(tree)
  const missing = [...wanted].filter((name) => !rows.some((row) => row.code === name))
  return [
    ...missing.map((name) => ({
      file: eventsPage,
      line: 1,
      advice: `the event ${name} has no row: add "| \`${name}\` | … |" to a table headed "| event |"`,
    })),
    ...rows.flatMap((row, index) => {
      const at = { file: row.file, line: row.line }
      if (!wanted.has(row.code)) return [{ ...at, advice: `no such event as ${row.code}: remove the row` }]
      return rows.findIndex((one) => one.code === row.code) < index
        ? [{ ...at, advice: `${row.code} has two rows: keep one` }]
        : []
    }),
  ]
}
