import { lineAt, pathsOf, textOf, type Finding, type Tree } from './tree.ts'

/** The largest source file; the function length is the linter's. They only ever go down. */
export const maxFileLines = 400
export const maxFunctionLines = 70
export const maxDepth = 4

export function largeFiles(tree: Tree): readonly Finding[] {
  return pathsOf(tree, /^packages\/[^/]+\/src\/.*\.ts$/).flatMap((file) => {
    const lines = textOf(tree, file).trimEnd().split('\n').length
    if (lines <= maxFileLines) return []
    return [{ file, line: maxFileLines + 1, advice: `${lines} lines, at most ${maxFileLines}: split it by its nouns` }]
  })
}

const config = '.oxlintrc.json'
const escapesForbidden = ['typescript/no-explicit-any', 'typescript/no-non-null-assertion', 'import/no-cycle'] as const

interface LintConfig {
  readonly rules: Readonly<Record<string, unknown>>
  readonly overrides: readonly {
    readonly files: readonly string[]
    readonly rules: Readonly<Record<string, unknown>>
  }[]
}

/** The rules that this test leaves to the linter are still switched on. */
export function lintRatchet(tree: Tree): readonly Finding[] {
  const text = textOf(tree, config)
  // The linter itself refuses a configuration of another shape.
  const { rules, overrides } = JSON.parse(text) as LintConfig
  const findings: Finding[] = []
  const add = (rule: string, advice: string): void => {
    findings.push({ file: config, line: lineAt(text, Math.max(0, text.indexOf(`"${rule}"`))), advice })
  }
  const expectLimit = (rule: string, found: unknown, limit: number): void => {
    if (JSON.stringify(found) !== JSON.stringify(['error', limit]))
      add(rule, `${rule} must be ["error", ${limit}] for the sources`)
  }
  const sources = overrides.find(({ files }) => files.includes('packages/*/src/**'))?.rules ?? {}
  expectLimit('max-lines', sources['max-lines'], maxFileLines)
  expectLimit('max-lines-per-function', sources['max-lines-per-function'], maxFunctionLines)
  expectLimit('max-depth', rules['max-depth'], maxDepth)
  for (const rule of escapesForbidden) if (rules[rule] !== 'error') add(rule, `${rule} must be "error"`)
  for (const { files, rules: lax } of overrides) {
    const covers = files.some((glob) => /src|^\*\*|^packages\/\*\*/.test(glob))
    for (const rule of ['max-lines', 'max-lines-per-function', 'max-depth', ...escapesForbidden]) {
      if (covers && lax[rule] === 'off') add(rule, `${rule} is switched off for sources: switch it on`)
    }
  }
  return findings
}
