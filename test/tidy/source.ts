import { parseSync } from 'vite'
import { lineAt, textOf, type Tree } from './tree.ts'

/** A node of the syntax tree as ESTree names it; the rules look only at what they name. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface Import {
  readonly from: string
  readonly line: number
  /** Erased by the compiler. */
  readonly typeOnly: boolean
  readonly locals: readonly { readonly local: string; readonly imported: string }[]
}

export interface Source {
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[]
  /** Static, dynamic and type imports, and re-exports. */
  readonly imports: readonly Import[]
  line(node: { readonly start: number }): number
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

export function childrenOf(node: Node): readonly Node[] {
  return Object.values(node)
    .flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
}

/** Visits a node and all below it, parents first. `visit` returns false to leave a subtree out. */
export function walk(
  node: Node,
  visit: (node: Node, parent: Node | null) => boolean | void,
  parent: Node | null = null,
): void {
  if (visit(node, parent) === false) return
  for (const child of childrenOf(node)) walk(child, visit, node)
}

/** The name of an identifier node. */
export function nameOf(node: unknown): string | null {
  return isNode(node) && node.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : null
}

/** The text of a string literal, or of a template without expressions left out. */
export function stringOf(node: unknown): string | null {
  if (!isNode(node)) return null
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value']
  if (node.type === 'TSLiteralType') return stringOf(node['literal'])
  if (node.type !== 'TemplateLiteral' || !Array.isArray(node['quasis'])) return null
  return node['quasis']
    .filter(isNode)
    .map((quasi) => String(asRecord(quasi['value'])['cooked']))
    .join('…')
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

const importers = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

function importsOf(program: Node, text: string): readonly Import[] {
  const found: Import[] = []
  walk(program, (node) => {
    const from = importers.has(node.type) ? stringOf(node['source']) : null
    if (from === null) return
    const specifiers = Array.isArray(node['specifiers']) ? node['specifiers'].filter(isNode) : []
    const allTypes =
      specifiers.length > 0 && specifiers.every((one) => one['importKind'] === 'type' || one['exportKind'] === 'type')
    found.push({
      from,
      line: lineAt(text, node.start),
      typeOnly:
        node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type' || allTypes,
      locals: specifiers.map((one) => ({
        local: nameOf(one['local']) ?? '',
        imported: nameOf(one['imported']) ?? (one.type === 'ImportSpecifier' ? '' : '*'),
      })),
    })
  })
  return found
}

const parsed = new Map<string, Source>()

/** Parses one TypeScript file; a text that was parsed before is not parsed again. */
export function sourceOf(tree: Tree, path: string): Source {
  const text = textOf(tree, path)
  const key = `${path}\0${text}`
  const known = parsed.get(key)
  if (known !== undefined) return known
  const result = parseSync(path, text)
  const first = result.errors[0]
  if (first !== undefined) throw new Error(`${path} does not parse: ${first.message}`)
  if (!isNode(result.program)) throw new Error(`${path} has no program`)
  const program: Node = result.program
  const source: Source = {
    path,
    text,
    program,
    comments: result.comments,
    imports: importsOf(program, text),
    line: (node) => lineAt(text, node.start),
  }
  parsed.set(key, source)
  return source
}
