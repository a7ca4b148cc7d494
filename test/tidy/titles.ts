import { posix } from 'node:path'
import { isNode, nameOf, sourceOf, stringOf, walk, type Source } from './source.ts'
import { pathsOf, type Tree } from './tree.ts'

/** The title of a test that runs, and where it stands. */
export interface Title {
  readonly title: string
  readonly file: string
  readonly line: number
}

/** `test(title)`, `it.each(…)(title)`, `test.prop(…)(title)`, `describe(title)`, `scenario(title)` over processes, `prop.prop(…)(title)`; a skipped one proves nothing. */
function isRunTest(callee: unknown): boolean {
  if (!isNode(callee)) return false
  const name = nameOf(callee)
  if (name !== null) return ['test', 'it', 'describe', 'scenario', 'prop'].includes(name)
  if (callee.type === 'CallExpression') return isRunTest(callee['callee'])
  if (callee.type !== 'MemberExpression') return false
  return !['skip', 'todo', 'only'].includes(nameOf(callee['property']) ?? '') && isRunTest(callee['object'])
}

function titlesIn(source: Source): readonly Title[] {
  const titles: Title[] = []
  walk(source.program, (node) => {
    if (node.type !== 'CallExpression' || !isRunTest(node['callee']) || !Array.isArray(node['arguments'])) return
    const title = stringOf(node['arguments'][0])
    if (title !== null) titles.push({ title, file: source.path, line: source.line(node) })
  })
  return titles
}

const testFiles = /^(packages\/[^/]+\/test|test)\/.*\.test\.ts$/

/** Test files, and the conformance suites that at least one of them runs. */
function filesOfTests(tree: Tree): readonly string[] {
  const tests = pathsOf(tree, testFiles)
  const imported = new Set(
    tests.flatMap((path) =>
      sourceOf(tree, path).imports.map(({ from }) => posix.normalize(posix.join(posix.dirname(path), from))),
    ),
  )
  return [...tests, ...pathsOf(tree, /^test\/conformance\//).filter((path) => imported.has(path))]
}

/** Titles of all tests that prove something about the product; the rules of this folder speak of planted trees. */
export function testTitles(tree: Tree): readonly Title[] {
  return filesOfTests(tree)
    .filter((path) => !path.startsWith('test/tidy'))
    .flatMap((path) => titlesIn(sourceOf(tree, path)))
}
