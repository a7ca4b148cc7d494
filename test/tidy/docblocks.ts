import { posix } from 'node:path'
import { childrenOf, isNode, nameOf, sourceOf, type Node, type Source } from './source.ts'
import { pathsOf, textOf, type Finding, type Tree } from './tree.ts'

/** Files that a package's manifest opens to the world. */
export function entryPoints(tree: Tree): readonly string[] {
  return pathsOf(tree, /^packages\/[^/]+\/package\.json$/).flatMap((manifest) =>
    [...textOf(tree, manifest).matchAll(/"@haggle\/source":\s*"([^"]+)"/g)].map(([, file = '']) =>
      posix.join(posix.dirname(manifest), file),
    ),
  )
}

/** Everything that a package exports says in a docblock what it is: units, errors and bounds where it has them. */
export function undocumentedExports(tree: Tree): readonly Finding[] {
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const entry of entryPoints(tree)) {
    for (const { name, path } of exportsOf(tree, entry)) {
      if (seen.has(`${path}#${name}`) || !tree.has(path)) continue
      seen.add(`${path}#${name}`)
      const source = sourceOf(tree, path)
      const statement = statementOf(source.program, name)
      if (statement === null || hasDocblock(source, statement)) continue
      findings.push({
        file: path,
        line: source.line(statement),
        advice: `${name} is exported by ${entry} and has no docblock: say what it is, with its units and errors`,
      })
    }
  }
  return findings
}

/** The names that an entry gives on, with the file of the package that declares each; those of other packages are theirs. */
function exportsOf(tree: Tree, entry: string): readonly { readonly name: string; readonly path: string }[] {
  return childrenOf(sourceOf(tree, entry).program).flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration') return []
    const from = isNode(statement['source']) ? String(statement['source']['value']) : null
    if (from === null) return declaredIn(statement).map((name) => ({ name, path: entry }))
    if (!from.startsWith('.')) return []
    const path = posix.normalize(posix.join(posix.dirname(entry), from))
    const specifiers = Array.isArray(statement['specifiers']) ? statement['specifiers'].filter(isNode) : []
    return specifiers.map((one) => ({ name: nameOf(one['local']) ?? '', path }))
  })
}

function declaredIn(statement: Node): readonly string[] {
  const declared = statement['declaration']
  if (!isNode(declared)) return []
  const name = nameOf(declared['id'])
  if (name !== null) return [name]
  return childrenOf(declared).flatMap((one) => nameOf(one['id']) ?? [])
}

/** The statement that declares a name; of a function with overloads the first. */
function statementOf(program: Node, name: string): Node | null {
  return (
    childrenOf(program).find((statement) => declaredIn(statement).includes(name) || nameOf(statement['id']) === name) ??
    null
  )
}

/** A docblock ends right before the statement. A type inferred from a schema is described where the schema is. */
function hasDocblock(source: Source, statement: Node): boolean {
  const comment = source.comments.findLast(({ end }) => end <= statement.start)
  const isBlock = comment !== undefined && source.text.startsWith('/**', comment.start)
  if (isBlock && source.text.slice(comment.end, statement.start).trim() === '') return true
  const schema = /^export type \w+ = Infer<typeof (\w+)>/.exec(source.text.slice(statement.start, statement.end))?.[1]
  const described = schema === undefined ? null : statementOf(source.program, schema)
  return described !== null && hasDocblock(source, described)
}
