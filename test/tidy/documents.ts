import { posix } from 'node:path'
import { exists, ignoredNames, lineAt, matchesIn, pathsOf, textOf, type Finding, type Tree } from './tree.ts'

/** Documents whose every name is checked. */
const checkedPages: readonly string[] = ['README.md', 'docs/ARCHITECTURE.md']

export function missingPages(tree: Tree): readonly Finding[] {
  const wanted = [
    ...checkedPages,
    'docs/errors.md',
    'docs/events.md',
    'docs/commands.md',
    'docs/THREATS.md',
    'docs/GLOSSARY.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'LICENSE',
    '.ci/run',
  ]
  return wanted
    .filter((file) => !tree.has(file))
    .map((file) => ({ file, line: 1, advice: 'this file is promised to readers: write it' }))
}

interface Code {
  readonly text: string
  readonly line: number
}

/** Inline code and the lines of fenced blocks. */
function codeOf(markdown: string): readonly Code[] {
  const fences = matchesIn(markdown, /^( {0,3})(`{3,})[^\n]*\n([\s\S]*?)^ {0,3}\2/gm)
  const blocks = fences.flatMap(({ match, line }) =>
    (match[3] ?? '').split('\n').map((text, index) => ({ text, line: line + 1 + index })),
  )
  const prose = markdown.replaceAll(/^( {0,3})(`{3,})[^\n]*\n[\s\S]*?^ {0,3}\2[^\n]*/gm, (block) =>
    block.replaceAll(/[^\n]/g, ' '),
  )
  return [...matchesIn(prose, /(`+)([^`]+)\1/g).map(({ match, line }) => ({ text: match[2] ?? '', line })), ...blocks]
}

function check(
  tree: Tree,
  pages: readonly string[],
  rule: (code: Code, page: string) => readonly string[],
): readonly Finding[] {
  return pages
    .filter((page) => tree.has(page))
    .flatMap((page) =>
      codeOf(textOf(tree, page)).flatMap((code) =>
        rule(code, page).map((advice) => ({ file: page, line: code.line, advice })),
      ),
    )
}

/** A link to a file leads to one, and its anchor to a heading. */
export function deadLinks(tree: Tree): readonly Finding[] {
  return pathsOf(tree, /\.md$/).flatMap((page) => {
    const text = textOf(tree, page)
    return matchesIn(text, /\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)/g).flatMap(({ match, line }) => {
      const [path = '', anchor] = (match[1] ?? '').split('#')
      if (/^[a-z]+:/.test(path)) return []
      const target = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), path))
      if (!exists(tree, target))
        return [{ file: page, line, advice: `the link ${match[1]} leads nowhere: name a file that exists` }]
      if (anchor === undefined || !target.endsWith('.md') || anchorsOf(textOf(tree, target)).has(anchor)) return []
      return [{ file: page, line, advice: `${target} has no heading for #${anchor}: name one that it has` }]
    })
  })
}

/** Heading anchors as code hosts make them. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  return new Set(
    matchesIn(markdown, /^#+\s+(.+)$/gm).map(({ match }) =>
      (match[1] ?? '')
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** Words that are a path of the repository: below a top-level name, or with the ending of a source file. */
function isRepositoryPath(tree: Tree, word: string): boolean {
  if (/^[@~$/-]|[<>{}:…]|\.\.\.|^https?/.test(word) || word.includes('//')) return false
  const [first = '', ...rest] = word.replace(/^\.\//, '').split('/')
  if (rest.length === 0) return word.endsWith('.md') || /^(package|tsconfig|tsconfig\.base)\.json$/.test(word)
  return first !== '' && (exists(tree, first) || /\.(ts|js|md|json)$/.test(word))
}

/** Paths in backticks exist, from the root or beside the page. */
export function deadPaths(tree: Tree): readonly Finding[] {
  return check(tree, checkedPages, ({ text }, page) =>
    text
      .split(/[\s,;()'"]+/)
      .map((word) => word.replace(/[.,:;]+$/, ''))
      .filter((word) => isRepositoryPath(tree, word) && !word.split('/').some((part) => ignoredNames.has(part)))
      .filter((word) => !exists(tree, word) && !exists(tree, posix.join(posix.dirname(page), word)))
      .map((word) => `${word} does not exist: name a path of the repository`),
  )
}

/** Commands are named as they are typed: "hire", "contract show". */
export function unknownSubcommands(tree: Tree, commands: ReadonlySet<string>): readonly Finding[] {
  const isGroup = (name: string): boolean => [...commands].some((one) => one.startsWith(`${name} `))
  const advice = (name: string): string =>
    `there is no command "haggle ${name}": name one that packages/haggle/src/cli/program.ts defines`
  return check(tree, checkedPages, ({ text }) =>
    [
      ...text.matchAll(/(?:^\s*|[|;&(]\s*|[$>]\s+|npx\s+|time\s+)haggle\s+([a-z][a-z-]*)(?:\s+([a-z][a-z|-]*))?/g),
    ].flatMap(([, name = '', next]) => {
      if (!commands.has(name)) return [advice(name)]
      if (next === undefined || !isGroup(name)) return []
      return next
        .split('|')
        .map((one) => `${name} ${one}`)
        .filter((one) => !commands.has(one))
        .map(advice)
    }),
  )
}

export function unknownScripts(tree: Tree): readonly Finding[] {
  const scripts = /"scripts":\s*\{([^}]*)\}/.exec(textOf(tree, 'package.json'))?.[1] ?? ''
  const known = new Set([...scripts.matchAll(/"([^"]+)":/g)].map(([, name]) => name))
  return check(tree, [...checkedPages, 'CONTRIBUTING.md'], ({ text }) =>
    [...text.matchAll(/\bnpm (?:run(?:-script)? ([\w:-]+)|(test|start)\b)/g)]
      .map(([, run, short]) => run ?? short ?? '')
      .filter((name) => !known.has(name))
      .map((name) => `package.json has no script "${name}": name one that it has`),
  )
}

export function unknownPackages(tree: Tree): readonly Finding[] {
  const entries = new Set(
    pathsOf(tree, /^packages\/[^/]+\/package\.json$/).flatMap((path) => {
      const text = textOf(tree, path)
      const name = /"name":\s*"([^"]+)"/.exec(text)?.[1] ?? ''
      return [...text.matchAll(/^\s*"\.(\/[\w/-]+)?":/gm)].map(([, entry]) => `${name}${entry ?? ''}`)
    }),
  )
  return checkedPages.flatMap((page) =>
    matchesIn(textOf(tree, page), /@haggle\/[a-z0-9-]+(?:\/[a-z0-9-]+)*/g)
      .filter(({ match }) => !entries.has(match[0]) && match[0] !== '@haggle/source')
      .map(({ match, line }) => ({
        file: page,
        line,
        advice: `there is no package ${match[0]}: name one under packages/`,
      })),
  )
}

/** README and CI run one command. */
export function testCommand(tree: Tree): readonly Finding[] {
  return ['README.md', '.ci/run']
    .filter((file) => !textOf(tree, file).includes('npm ci && npm test'))
    .map((file) => ({
      file,
      line: 1,
      advice: 'does not run the test command "npm ci && npm test" that README and CI share: write it',
    }))
}

const registries =
  /\b(registry\.(npmjs\.org|yarnpkg\.com|npmmirror\.com)|npm\.pkg\.github\.com|repo\.maven\.apache\.org|(files\.)?pypi\.org|proxy\.golang\.org)\b/g
const machinePaths = /(?<![\w.~$}/-])\/(work|home|root)(?=\/|\b(?![\w.-]))/g
const temporaryPaths = /(?<![\w.~$}/-])\/tmp\b/g

/** Nothing in the tree depends on where it was written. */
export function machineNames(tree: Tree): readonly Finding[] {
  return pathsOf(tree, /./)
    .filter((path) => !path.startsWith('test/tidy'))
    .flatMap((file) => {
      const text = textOf(tree, file)
      const paths = file.endsWith('.md') ? [machinePaths, temporaryPaths] : [machinePaths]
      return [
        ...[...text.matchAll(registries)].map((match) => ({
          file,
          line: lineAt(text, match.index),
          advice: `${match[0]} is one registry's host: leave it to the reader's npm`,
        })),
        ...paths.flatMap((pattern) =>
          [...text.matchAll(pattern)].map((match) => ({
            file,
            line: lineAt(text, match.index),
            advice: `${match[0]} is a path of one machine: name a path of the repository`,
          })),
        ),
      ]
    })
}
