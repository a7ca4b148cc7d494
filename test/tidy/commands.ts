import { nameOf, sourceOf, walk, isNode } from './source.ts'
import { lineAt, matchesIn, textOf, type Finding, type Tree } from './tree.ts'

/** One command as it is typed, and what its --help prints. */
export interface CommandHelp {
  readonly path: string
  readonly help: string
}

export const commandsPage = 'docs/commands.md'
const codesSource = 'packages/haggle/src/cli/exit-code.ts'
const mark = { begin: '<!-- commands: begin -->', end: '<!-- commands: end -->' }
const regenerate = 'UPDATE_DOCS=1 npx vitest run test/tidy.test.ts'

/** The part of the page that is made of the program itself. */
function rendered(commands: readonly CommandHelp[]): string {
  const sections = commands.map(({ path, help }) => `### ${path}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\``)
  return `${mark.begin}\n\n${sections.join('\n\n')}\n\n${mark.end}`
}

/** The page with the part of the program brought up to date. */
export function withCommands(page: string, commands: readonly CommandHelp[]): string {
  const from = page.indexOf(mark.begin)
  const to = page.indexOf(mark.end)
  if (from < 0 || to < from) return `${page.trimEnd()}\n\n${rendered(commands)}\n`
  return page.slice(0, from) + rendered(commands) + page.slice(to + mark.end.length)
}

/** Every command with every flag stands on the page as its --help prints it, and nothing else does. */
export function commandReference(tree: Tree, commands: readonly CommandHelp[]): readonly Finding[] {
  const page = textOf(tree, commandsPage)
  const held = page.split('\n')
  const wanted = withCommands(page, commands).split('\n')
  const index = wanted.findIndex((line, at) => line !== held[at])
  if (index < 0 && wanted.length === held.length) return []
  const line = (index < 0 ? wanted.length : index) + 1
  return [{ file: commandsPage, line, advice: `this is not what --help prints any more: run ${regenerate}` }]
}

interface CodeAt {
  readonly code: number
  readonly file: string
  readonly line: number
}

/** The numbers of the exit-code table in the source. */
export function exitCodes(tree: Tree): readonly CodeAt[] {
  if (!tree.has(codesSource)) return []
  const source = sourceOf(tree, codesSource)
  const found: CodeAt[] = []
  walk(source.program, (node) => {
    const value = node.type === 'Property' && nameOf(node['key']) !== null ? node['value'] : null
    if (isNode(value) && typeof value['value'] === 'number')
      found.push({ code: value['value'], file: codesSource, line: source.line(node) })
  })
  return found
}

/** Rows of the page's table of exit codes: `| 3 | … |`. */
function documentedCodes(tree: Tree): readonly CodeAt[] {
  return matchesIn(textOf(tree, commandsPage), /^\|\s*(\d{1,3})\s*\|/gm).map(({ match, line }) => ({
    code: Number(match[1]),
    file: commandsPage,
    line,
  }))
}

/** The source and the page name the same exit codes, and no help names another. */
export function exitCodeTable(tree: Tree, commands: readonly CommandHelp[]): readonly Finding[] {
  const coded = exitCodes(tree)
  const rows = documentedCodes(tree)
  const known = new Set(coded.map(({ code }) => code))
  return [
    ...coded
      .filter(({ code }) => !rows.some((row) => row.code === code))
      .map(({ code, file, line }) => ({
        file,
        line,
        advice: `exit code ${code} has no row in ${commandsPage}: add "| ${code} | what it means |"`,
      })),
    ...rows.flatMap(({ code, file, line }, index) => {
      if (!known.has(code)) return [{ file, line, advice: `no command exits with ${code}: remove the row` }]
      const isAgain = rows.findIndex((row) => row.code === code) < index
      return isAgain ? [{ file, line, advice: `${code} has two rows: keep one` }] : []
    }),
    ...commands.flatMap((command) => strayCodes(tree, command, known)),
  ]
}

function strayCodes(tree: Tree, { path, help }: CommandHelp, known: ReadonlySet<number>): readonly Finding[] {
  const paragraph = /^Exit codes: ([\s\S]*?\.)(\n(?! )|$)/m.exec(help)?.[1] ?? ''
  const page = textOf(tree, commandsPage)
  return [...paragraph.matchAll(/\b\d{1,3}\b/g)]
    .filter(([code]) => !known.has(Number(code)))
    .map(([code]) => ({
      file: commandsPage,
      line: lineAt(page, Math.max(0, page.indexOf(`### ${path}\n`))),
      advice: `the help of "${path}" names exit code ${code}, which ${codesSource} does not have: name one that it has`,
    }))
}
