import { isNode, nameOf, sourceOf, walk, type Node, type Source } from './source.ts'
import { pathsOf, type Finding, type Tree } from './tree.ts'

const pureSources = /^packages\/(protocol|core)\/src\/.*\.ts$/
const strictSources = /^(packages\/[^/]+\/src|examples)\/.*\.ts$/

/** What the pure packages may not name, and what to write instead. */
const banned: ReadonlyMap<string, string> = new Map([
  ['Date', 'take a Timestamp as an argument'],
  ['performance', 'take an Instant as an argument'],
  ['setTimeout', 'derive the deadline from state and let nextWakeup() offer it'],
  ['setInterval', 'derive the deadline from state and let nextWakeup() offer it'],
  ['setImmediate', 'return an effect'],
  ['queueMicrotask', 'return an effect'],
  ['process', 'take the value as an argument'],
  ['globalThis', 'take the value as an argument'],
  ['require', 'import by name'],
  ['Buffer', 'use Uint8Array and uint8arrays'],
  ['console', 'return a notify or report effect'],
  ['fetch', 'return a fetch effect'],
  ['crypto', 'take random bytes as an argument'],
  ['Promise', 'return an effect: nothing here waits'],
])

const bindings = new Set(['VariableDeclarator', 'FunctionDeclaration', 'ImportSpecifier', 'ClassDeclaration'])

/** Names that the file itself gives a meaning to. */
function declaredIn(program: Node): ReadonlySet<string> {
  const names = new Set<string>()
  walk(program, (node) => {
    const name = bindings.has(node.type) ? nameOf(node['id'] ?? node['local']) : null
    if (name !== null) names.add(name)
    if (!Array.isArray(node['params'])) return
    for (const param of node['params']) names.add(nameOf(param) ?? '')
  })
  return names
}

/** A key or a member names a field, not the global. */
function isField(node: Node, parent: Node | null): boolean {
  if (parent === null || parent['computed'] === true) return false
  return (
    (parent['key'] === node && parent['value'] !== node) ||
    parent['property'] === node ||
    parent.type === 'TSQualifiedName'
  )
}

function eachSource(
  tree: Tree,
  pattern: RegExp,
  check: (source: Source, add: (at: { readonly start: number }, advice: string) => void) => void,
): readonly Finding[] {
  return pathsOf(tree, pattern).flatMap((path) => {
    const found: Finding[] = []
    const source = sourceOf(tree, path)
    check(source, (at, advice) => found.push({ file: path, line: source.line(at), advice }))
    return found
  })
}

/** No clock, dice, timer, process or console in the packages that decide. */
export function ambientNames(tree: Tree): readonly Finding[] {
  return eachSource(tree, pureSources, (source, add) => {
    const own = declaredIn(source.program)
    walk(source.program, (node, parent) => {
      const name = nameOf(node)
      const instead = name === null || own.has(name) || isField(node, parent) ? undefined : banned.get(name)
      if (instead !== undefined) add(node, `no ${name} in protocol and core: ${instead}`)
      if (node.type === 'MemberExpression' && nameOf(node['object']) === 'Math' && memberName(node) === 'random') {
        add(node, 'no Math.random in protocol and core: take random bytes as an argument')
      }
    })
  })
}

function memberName(node: Node): string | null {
  const property = node['property']
  return nameOf(property) ?? (isNode(property) && typeof property['value'] === 'string' ? property['value'] : null)
}

/** The pure packages are synchronous. */
export function asynchrony(tree: Tree): readonly Finding[] {
  return eachSource(tree, pureSources, (source, add) => {
    walk(source.program, (node) => {
      if (node['async'] === true) add(node, 'no async in protocol and core: return an effect, the driver waits')
      if (node.type === 'AwaitExpression' || node['await'] === true)
        add(node, 'no await in protocol and core: return an effect, the driver waits')
      if (node.type === 'ImportExpression') add(node, 'no import() in protocol and core: import at the top')
    })
  })
}

/** The compiler's word is not overruled. */
export function typeEscapes(tree: Tree): readonly Finding[] {
  return eachSource(tree, strictSources, (source, add) => {
    walk(source.program, (node) => {
      if (node.type === 'TSAnyKeyword') add(node, 'no any: write the type, or unknown and parse it')
      if (node.type === 'TSNonNullExpression' || node['definite'] === true)
        add(node, 'no !: check for undefined and say what then')
      const inner = node.type === 'TSAsExpression' ? node['expression'] : null
      if (
        isNode(inner) &&
        inner.type === 'TSAsExpression' &&
        isNode(inner['typeAnnotation']) &&
        inner['typeAnnotation'].type === 'TSUnknownKeyword'
      ) {
        add(node, 'no "as unknown as": parse the value, or give the function the type it needs')
      }
    })
    for (const comment of source.comments) {
      if (/@ts-(ignore|expect-error|nocheck)/.test(comment.value)) add(comment, 'no @ts- comment: mend the type')
    }
  })
}

/** A cast says why it is right: a comment on its line, or in the three lines above it. */
export function castsWithoutReason(tree: Tree): readonly Finding[] {
  return eachSource(tree, strictSources, (source, add) => {
    const commented = new Set(
      source.comments.flatMap(({ start, end }) => {
        const last = source.line({ start: end })
        return [...Array(last - source.line({ start }) + 1).keys()].map((back) => last - back)
      }),
    )
    walk(source.program, (node) => {
      if (node.type !== 'TSAsExpression') return
      const target = node['typeAnnotation']
      if (isNode(target) && target.type === 'TSTypeReference' && nameOf(target['typeName']) === 'const') return
      const line = source.line({ start: node.end })
      if (![0, 1, 2, 3].some((back) => commented.has(line - back)))
        add(
          { start: node.end },
          'a cast without a reason: say in a comment above it why it is right, or parse the value',
        )
    })
  })
}

/** A lint rule is silenced with its reason, and the size rules never. */
export function silencedLint(tree: Tree): readonly Finding[] {
  return eachSource(tree, /^(packages|examples|test)\/.*\.ts$/, (source, add) => {
    for (const comment of source.comments) {
      if (!/^\s*(ox|es)lint-disable/.test(comment.value)) continue
      if (/max-(lines|depth)/.test(comment.value))
        add(comment, 'the size rules are not silenced: split the file or the function')
      else if (!/ -- \S+ \S+/.test(comment.value))
        add(comment, 'a silenced lint rule says why: oxlint-disable-next-line RULE -- the reason')
    }
  })
}

/** An index lists what it exports, one name at a time. */
export function starExports(tree: Tree): readonly Finding[] {
  return eachSource(tree, /^packages\/[^/]+\/src\/.*\.ts$/, (source, add) => {
    walk(source.program, (node) => {
      if (node.type === 'ExportAllDeclaration')
        add(node, 'no export *: list the names, so that a new export is a decision')
    })
  })
}
