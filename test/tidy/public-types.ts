import { posix } from 'node:path'
import { childrenOf, isNode, nameOf, sourceOf, walk, type Node, type Source } from './source.ts'
import type { Finding, Tree } from './tree.ts'

/** What a caller sees of a declaration: bodies, initial values and private members are not part of it. */
const hidden: ReadonlySet<string> = new Set(['body', 'init', 'value', 'right', 'source'])

function declarationsOf(program: Node): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>()
  for (const statement of childrenOf(program)) {
    const declared = isNode(statement['declaration']) ? statement['declaration'] : statement
    const id = nameOf(declared['id'])
    if (id !== null) found.set(id, declared)
    if (declared.type !== 'VariableDeclaration') continue
    for (const one of childrenOf(declared)) {
      const name = nameOf(one['id'])
      if (name !== null) found.set(name, one)
    }
  }
  return found
}

function isPrivate(member: Node): boolean {
  return member['accessibility'] === 'private' || (isNode(member['key']) && member['key'].type === 'PrivateIdentifier')
}

/** Type names that a signature mentions. */
function namesIn(node: Node, found: { readonly name: string; readonly node: Node }[]): void {
  if (isPrivate(node)) return
  const name =
    node.type === 'TSTypeReference'
      ? leftmost(node['typeName'])
      : node.type === 'TSTypeQuery'
        ? leftmost(node['exprName'])
        : node.type === 'TSInterfaceHeritage' || node.type === 'TSClassImplements'
          ? leftmost(node['expression'])
          : null
  if (name !== null) found.push({ name, node })
  if (node.type === 'ClassDeclaration' && isNode(node['superClass'])) {
    const parent = leftmost(node['superClass'])
    if (parent !== null) found.push({ name: parent, node })
  }
  for (const [field, value] of Object.entries(node)) {
    const isMembers =
      field === 'body' && /^(ClassBody|ClassDeclaration|TSInterfaceDeclaration|TSInterfaceBody)$/.test(node.type)
    const isSignature = field === 'value' && node.type === 'MethodDefinition'
    if (hidden.has(field) && !isMembers && !isSignature) continue
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) namesIn(child, found)
  }
}

function leftmost(node: unknown): string | null {
  if (!isNode(node)) return null
  return nameOf(node) ?? leftmost(node['left'] ?? node['object'])
}

/** A function or constant whose type is inferred hides what it leaks. */
function lacksType(declaration: Node): boolean {
  if (declaration.type === 'FunctionDeclaration') return !isNode(declaration['returnType'])
  if (declaration.type !== 'VariableDeclarator') return false
  const id = declaration['id']
  if (isNode(id) && isNode(id['typeAnnotation'])) return false
  const init = declaration['init']
  if (!isNode(init)) return true
  return /Function/.test(init.type)
    ? !isNode(init['returnType'])
    : !/^(Literal|TSAsExpression|TemplateLiteral)$/.test(init.type)
}

/** The public types of one package mention nothing of a family of outside packages, at any depth. */
export function leaks(tree: Tree, index: string, family: RegExp): readonly Finding[] {
  const findings: Finding[] = []
  const seen = new Set<string>()
  const follow = (path: string, name: string): void => {
    if (seen.has(`${path}#${name}`) || !tree.has(path)) return
    seen.add(`${path}#${name}`)
    const source = sourceOf(tree, path)
    const origin = importOf(source, name)
    if (origin !== null) {
      if (origin.from.startsWith('.'))
        follow(posix.normalize(posix.join(posix.dirname(path), origin.from)), origin.imported)
      return
    }
    const declaration = declarationsOf(source.program).get(name)
    if (declaration === undefined) return
    if (lacksType(declaration)) {
      findings.push({
        file: path,
        line: source.line(declaration),
        advice: `${name} is public: write its type, so that it leaks none`,
      })
    }
    const mentioned: { readonly name: string; readonly node: Node }[] = []
    namesIn(declaration, mentioned)
    for (const one of mentioned) {
      const from = importOf(source, one.name)?.from
      if (from !== undefined && family.test(from)) {
        const advice = `${name} is public and its type names ${one.name} of ${from}: take and return our own types`
        findings.push({ file: path, line: source.line(one.node), advice })
      } else follow(path, one.name)
    }
    walk(declaration, (node) => {
      const from = node.type === 'TSImportType' && isNode(node['source']) ? String(node['source']['value']) : ''
      if (family.test(from))
        findings.push({ file: path, line: source.line(node), advice: `${name} is public and names a type of ${from}` })
    })
  }
  const entry = sourceOf(tree, index)
  for (const one of entry.imports) {
    if (family.test(one.from))
      findings.push({ file: index, line: one.line, advice: `re-exports from ${one.from}: export our own types only` })
  }
  for (const name of exportedNames(entry.program)) follow(index, name)
  return findings
}

function importOf(source: Source, name: string): { readonly from: string; readonly imported: string } | null {
  for (const { from, locals } of source.imports) {
    const found = locals.find(({ local }) => local === name)
    if (found !== undefined) return { from, imported: found.imported === '*' ? name : found.imported }
  }
  return null
}

function exportedNames(program: Node): readonly string[] {
  return childrenOf(program).flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration') return []
    const declared = isNode(statement['declaration'])
      ? [...declarationsOf({ ...program, body: [statement] }).keys()]
      : []
    const specifiers = Array.isArray(statement['specifiers']) ? statement['specifiers'].filter(isNode) : []
    return [...declared, ...specifiers.map((one) => nameOf(one['local']) ?? '')]
  })
}
