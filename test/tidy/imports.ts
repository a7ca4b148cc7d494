import { posix } from 'node:path'
import { sourceOf, type Import } from './source.ts'
import { lineAt, pathsOf, textOf, type Finding, type Tree } from './tree.ts'

/** What one part of the workspace may import. */
interface Row {
  /** Files of the part. */
  readonly part: RegExp
  readonly name: string
  /** Workspace packages, entries included, by the name they are imported by. */
  readonly workspace: readonly string[]
  /** Packages from outside; a name allows its sub-paths. */
  readonly outside: readonly string[]
  readonly builtins: 'none' | 'types' | 'all'
  /** Folders of its own package that it may not reach. */
  readonly notOwn: readonly string[]
  /** Everything that it imports from the workspace is erased by the compiler. */
  readonly typesOnly?: true
}

const protocol = '@haggle/protocol'
const core = '@haggle/core'
const ports = '@haggle/ports'

/** The libp2p family, which `packages/libp2p` alone may name. */
export const libp2pFamily: readonly string[] = [
  'libp2p',
  '@chainsafe/libp2p-gossipsub',
  '@libp2p/tcp',
  '@libp2p/noise',
  '@libp2p/yamux',
  '@libp2p/identify',
  '@libp2p/ping',
  '@libp2p/mdns',
  '@libp2p/crypto',
  '@libp2p/peer-id',
  '@libp2p/interface',
  '@libp2p/utils',
  '@libp2p/pnet',
  '@multiformats/multiaddr',
]
const libp2pLike = /^(libp2p|@libp2p\/[^/]+|@chainsafe\/libp2p-[^/]+|@multiformats\/multiaddr[^/]*)(\/|$)/

/** Import directions. The first row whose part matches a file rules it. */
export const importTable: readonly Row[] = [
  {
    name: 'protocol',
    part: /^packages\/protocol\/src\//,
    workspace: [],
    outside: ['cborg', 'multiformats', '@noble/hashes', 'uint8arrays'],
    builtins: 'none',
    notOwn: [],
  },
  { name: 'core', part: /^packages\/core\/src\//, workspace: [protocol], outside: [], builtins: 'none', notOwn: [] },
  {
    name: 'ports',
    part: /^packages\/ports\/src\//,
    workspace: [protocol],
    outside: [],
    builtins: 'types',
    notOwn: [],
    typesOnly: true,
  },
  // Independent of the engine that it judges: every rule of `core` is written a second time there.
  {
    name: 'checker',
    part: /^packages\/checker\/src\//,
    workspace: [protocol],
    outside: [],
    builtins: 'none',
    notOwn: [],
  },
  {
    name: 'node/pure',
    part: /^packages\/node\/src\/pure\//,
    workspace: [protocol, core, ports],
    outside: ['ajv'],
    builtins: 'all',
    notOwn: ['packages/node/src/system/'],
  },
  {
    name: 'node/system',
    part: /^packages\/node\/src\/system\//,
    workspace: [protocol, core, ports],
    outside: [],
    builtins: 'all',
    notOwn: [],
  },
  {
    name: 'node',
    part: /^packages\/node\/src\//,
    workspace: [protocol, core, ports],
    outside: ['@standard-schema/spec'],
    builtins: 'all',
    notOwn: ['packages/node/src/system/'],
  },
  {
    name: 'libp2p',
    part: /^packages\/libp2p\/src\//,
    workspace: [protocol, ports],
    outside: libp2pFamily,
    builtins: 'all',
    notOwn: [],
  },
  {
    name: 'journal',
    part: /^packages\/journal\/src\//,
    workspace: [protocol, ports],
    outside: ['classic-level'],
    builtins: 'all',
    notOwn: [],
  },
  {
    name: 'simulator/oracle',
    part: /^packages\/simulator\/src\/oracle\//,
    workspace: [protocol],
    outside: [],
    builtins: 'none',
    notOwn: ['packages/simulator/src/world/', 'packages/simulator/src/agents/'],
  },
  {
    name: 'simulator',
    part: /^packages\/simulator\/src\//,
    workspace: [protocol, core, ports, '@haggle/node', '@haggle/node/pure'],
    outside: [],
    builtins: 'all',
    notOwn: [],
  },
  {
    name: 'haggle',
    part: /^packages\/haggle\/src\//,
    workspace: [
      protocol,
      core,
      ports,
      '@haggle/node',
      '@haggle/node/pure',
      '@haggle/node/system',
      '@haggle/libp2p',
      '@haggle/journal',
      '@haggle/checker',
      '@haggle/simulator',
    ],
    outside: ['commander', 'picocolors', 'prom-client', 'uint8arrays', 'zod'],
    builtins: 'all',
    notOwn: [],
  },
]

const isRelative = (from: string): boolean => from.startsWith('.')
const isBuiltin = (from: string): boolean => from.startsWith('node:')
const isWorkspace = (from: string): boolean => from === 'haggle' || from.startsWith('@haggle/')
const within = (from: string, allowed: readonly string[]): boolean =>
  allowed.some((name) => from === name || from.startsWith(`${name}/`))

function importRule(tree: Tree, check: (row: Row, one: Import, path: string) => string | null): readonly Finding[] {
  return pathsOf(tree, /^packages\/[^/]+\/src\/.*\.ts$/).flatMap((path) => {
    const row = importTable.find(({ part }) => part.test(path))
    if (row === undefined) {
      return [
        { file: path, line: 1, advice: 'this package has no row in the import table of test/tidy/imports.ts: add one' },
      ]
    }
    return sourceOf(tree, path).imports.flatMap((one) => {
      const advice = check(row, one, path)
      return advice === null ? [] : [{ file: path, line: one.line, advice }]
    })
  })
}

export function workspaceImports(tree: Tree): readonly Finding[] {
  return importRule(tree, (row, { from, typeOnly }) => {
    if (!isWorkspace(from)) return null
    if (!row.workspace.includes(from)) {
      return `${row.name} may not import ${from}, only ${row.workspace.join(', ') || 'nothing of the workspace'}: pass it in, or move the code`
    }
    return row.typesOnly && !typeOnly ? `${row.name} holds types only: write import type` : null
  })
}

export function outsideImports(tree: Tree): readonly Finding[] {
  return importRule(tree, (row, { from }) => {
    if (isRelative(from) || isBuiltin(from) || isWorkspace(from) || within(from, row.outside)) return null
    return `${row.name} may not import ${from}, only ${row.outside.join(', ') || 'nothing from outside'}: put it behind a port`
  })
}

export function builtinImports(tree: Tree): readonly Finding[] {
  return importRule(tree, (row, { from, typeOnly }) => {
    if (!isBuiltin(from) || row.builtins === 'all' || (row.builtins === 'types' && typeOnly)) return null
    return `${row.name} may not import ${from}: take what it gives through a port, or as an argument`
  })
}

/** Relative imports stay in their package, out of the folders that are closed to them, and name the file. */
export function relativeImports(tree: Tree): readonly Finding[] {
  return importRule(tree, (row, { from }, path) => {
    if (!isRelative(from)) return null
    const target = posix.normalize(posix.join(posix.dirname(path), from))
    const home = path.split('/').slice(0, 3).join('/')
    if (!target.startsWith(`${home}/`)) return `${from} leaves ${home}: import the package by its name`
    const closed = row.notOwn.find((folder) => target.startsWith(folder))
    if (closed !== undefined) return `${row.name} may not import from ${closed}: take it as an argument`
    if (!tree.has(target)) return `${from} names no file: write the whole name, .ts included`
    return target.endsWith('/index.ts') ? `inside a package import the file that defines it, not ${from}` : null
  })
}

/** Programs made of libp2p alone: the bench's floors, and what the regressions of the traps meet as somebody else's implementation. */
const bare: ReadonlySet<string> = new Set([
  'test/bench/children/bare.ts',
  'test/bench/children/dependencies.ts',
  'test/traps/support/stranger.ts',
])

export function libp2pOnlyInItsPackage(tree: Tree): readonly Finding[] {
  return pathsOf(tree, /^(packages|test|examples)\/.*\.[jt]s$/)
    .filter((path) => !path.startsWith('packages/libp2p/') && !path.startsWith('test/tidy/') && !bare.has(path))
    .flatMap((path) =>
      sourceOf(tree, path)
        .imports.filter(({ from }) => libp2pLike.test(from))
        .map(({ from, line }) => ({
          file: path,
          line,
          advice: `only packages/libp2p may import ${from}: use the Network port, or move this into packages/libp2p`,
        })),
    )
}

/** Manifests promise no more than the table allows, and one exact version each. */
export function manifests(tree: Tree): readonly Finding[] {
  return pathsOf(tree, /^packages\/[^/]+\/package\.json$/).flatMap((path) => {
    const text = textOf(tree, path)
    const folder = path.replace(/package\.json$/, 'src/')
    const rows = importTable.filter(
      ({ part }) => part.test(folder) || part.source.includes(folder.replaceAll('/', String.raw`\/`)),
    )
    const allowed = rows.flatMap((row) => [...row.workspace, ...row.outside])
    const block = /"dependencies":\s*\{([^}]*)\}/.exec(text)
    const offset = block?.index ?? 0
    return [...(block?.[0] ?? '').matchAll(/"([^"]+)":\s*"([^"]+)"/g)].flatMap((match) => {
      const [, name = '', version = ''] = match
      const at = { file: path, line: lineAt(text, offset + match.index) }
      if (!within(name, allowed))
        return [{ ...at, advice: `${name} is not in this package's row of the import table: remove it` }]
      if (/^(npm:.+@)?\d+\.\d+\.\d+$/.test(version)) return []
      return [{ ...at, advice: `${name} is "${version}": pin one exact version` }]
    })
  })
}
