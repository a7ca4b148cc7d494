import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository as the rules see it: text by path, `/` separated, relative to the root. Rules take it as data, so that a test can plant a defect. */
export type Tree = ReadonlyMap<string, string>

/** One thing to mend. */
export interface Finding {
  readonly file: string
  readonly line: number
  /** What is wrong and what to do instead. */
  readonly advice: string
}

/** What git ignores, and git itself: not part of the tree. */
export const ignoredNames: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage', '.git'])
const textual =
  /(\.(ts|js|json|md|sh|html|css|svg|yml|yaml|txt|py)|\/run|\/LICENSE|\/\.[a-z]+rc|\/\.gitignore|\/\.prettierignore)$/

/** Reads every text file of the repository. */
export function readTree(): Tree {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const files = new Map<string, string>()
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (ignoredNames.has(entry.name)) continue
      if (entry.isDirectory()) visit(path)
      else if (textual.test(`/${path}`)) files.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  visit('')
  return files
}

/** Paths that match, sorted, so that findings always come in one order. */
export function pathsOf(tree: Tree, pattern: RegExp): readonly string[] {
  return [...tree.keys()].filter((path) => pattern.test(path)).toSorted()
}

export function textOf(tree: Tree, path: string): string {
  return tree.get(path) ?? ''
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

/** Whether a file or a folder of that path exists; `*` in a segment matches any run of characters within it. */
export function exists(tree: Tree, path: string): boolean {
  const wanted = path.replace(/^\.\//, '').replace(/\/+$/, '')
  if (wanted === '' || wanted === '.') return true
  const escaped = wanted.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\*+/g, '[^/]*')
  const pattern = new RegExp(`^${escaped}(/|$)`)
  return [...tree.keys()].some((file) => pattern.test(file))
}

/** Every match of a global pattern with its line. */
export function matchesIn(
  text: string,
  pattern: RegExp,
): readonly { readonly match: RegExpExecArray; readonly line: number }[] {
  return [...text.matchAll(pattern)].map((match) => ({ match, line: lineAt(text, match.index) }))
}

/** Findings as people read them: file:line, then what to do. */
export function report(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ file, line, advice }) => `${file}:${line}: ${advice}`)
}
