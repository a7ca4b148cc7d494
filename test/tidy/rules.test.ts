import { describe, expect, test } from 'vitest'
import * as bans from './bans.ts'
import * as codes from './codes.ts'
import * as commands from './commands.ts'
import { undocumentedExports } from './docblocks.ts'
import * as documents from './documents.ts'
import * as imports from './imports.ts'
import { leaks } from './public-types.ts'
import * as sizes from './sizes.ts'
import * as specIds from './spec-ids.ts'
import * as threats from './threats.ts'
import type { Finding, Tree } from './tree.ts'

/** A rule that finds nothing anywhere proves nothing: each one meets a planted defect, and the same tree without it. */
type Rule = (tree: Tree) => readonly Finding[]
type Files = Readonly<Record<string, string>>

function expectCaught(rule: Rule, good: Files, bad: Files, places: readonly string[]): void {
  expect(rule(new Map(Object.entries(good))), 'the good tree').toEqual([])
  const found = rule(new Map(Object.entries({ ...good, ...bad })))
  expect(found.map(({ file, line }) => `${file}:${line}`)).toEqual(places)
  for (const { advice } of found) expect(advice.length).toBeGreaterThan(20)
}

const coreFile = 'packages/core/src/a.ts'
const nodeFile = 'packages/node/src/a.ts'

describe('imports', () => {
  test('an upward workspace import is caught', () => {
    expectCaught(
      imports.workspaceImports,
      { [coreFile]: "import { limits } from '@haggle/protocol'\n" },
      { [coreFile]: "\nimport type { Agent } from '@haggle/node'\n" },
      [`${coreFile}:2`],
    )
  })
  test('a value import in ports is caught', () => {
    const file = 'packages/ports/src/a.ts'
    expectCaught(
      imports.workspaceImports,
      { [file]: "import type { AgentKey } from '@haggle/protocol'\n" },
      { [file]: "import { limits } from '@haggle/protocol'\n" },
      [`${file}:1`],
    )
  })
  test('an outside package that the row does not name is caught, as a type and dynamically too', () => {
    expectCaught(
      imports.outsideImports,
      { 'packages/protocol/src/a.ts': "import { sha256 } from '@noble/hashes/sha2.js'\n" },
      { [nodeFile]: "const a: import('zod').Z = await import('ajv')\n" },
      [`${nodeFile}:1`, `${nodeFile}:1`],
    )
  })
  test('ajv is allowed in node/pure only', () => {
    const source = "import { Ajv2020 } from 'ajv/dist/2020.js'\n"
    expectCaught(imports.outsideImports, { 'packages/node/src/pure/a.ts': source }, { [nodeFile]: source }, [
      `${nodeFile}:1`,
    ])
  })
  test('a platform import in core is caught', () => {
    const source = "import { join } from 'node:path'\n"
    expectCaught(imports.builtinImports, { [nodeFile]: source }, { [coreFile]: source }, [`${coreFile}:1`])
  })
  test('a relative import that leaves the package, reaches node/system, names an index or no file is caught', () => {
    const good = { [coreFile]: "import './b.ts'\n", 'packages/core/src/b.ts': '', 'packages/core/src/index.ts': '' }
    const system = {
      'packages/node/src/system/clock.ts': '',
      'packages/node/src/pure/b.ts': "import '../system/clock.ts'\n",
    }
    const bad = { [coreFile]: "import '../../node/src/a.ts'\nimport './index.ts'\nimport './c.ts'\n", ...system }
    const places = [`${coreFile}:1`, `${coreFile}:2`, `${coreFile}:3`, 'packages/node/src/pure/b.ts:1']
    expectCaught(imports.relativeImports, good, bad, places)
  })
  test('a loose version and a dependency outside the row are caught', () => {
    const file = 'packages/core/package.json'
    expectCaught(
      imports.manifests,
      { [file]: '{ "dependencies": { "@haggle/protocol": "0.1.0" } }' },
      { [file]: '{ "dependencies": {\n"@haggle/protocol": "^0.1.0",\n"zod": "4.6.7" } }' },
      [`${file}:2`, `${file}:3`],
    )
  })
  test('libp2p outside of its package is caught, in tests too', () => {
    const source = "import { createLibp2p } from 'libp2p'\n"
    const places = ['packages/node/test/a.test.ts:1', 'test/process/a.ts:1']
    expectCaught(
      imports.libp2pOnlyInItsPackage,
      { 'packages/libp2p/src/a.ts': source },
      { 'packages/node/test/a.test.ts': source, 'test/process/a.ts': source },
      places,
    )
  })
  test('an export by star is caught', () => {
    const file = 'packages/core/src/index.ts'
    expectCaught(bans.starExports, { [file]: "export { a } from './a.ts'\n" }, { [file]: "export * from './a.ts'\n" }, [
      `${file}:1`,
    ])
  })
})

describe('public types of an adapter', () => {
  const index = 'packages/libp2p/src/index.ts'
  const file = 'packages/libp2p/src/network.ts'
  const entry = { [index]: "export { libp2pNetwork } from './network.ts'\n" }
  const rule: Rule = (tree) => leaks(tree, index, /^libp2p$/)
  const inner =
    "import type { Libp2p } from 'libp2p'\nimport type { Network } from '@haggle/ports'\nclass Inner { constructor(own: Libp2p) { this.#a = own }\n#a: Libp2p }\n"
  const good = {
    ...entry,
    [file]: `${inner}export function libp2pNetwork(): Network { const a: Libp2p | null = null; return make(a) }\n`,
  }

  test('a type of the family in a signature is caught, behind an interface too', () => {
    expectCaught(
      rule,
      good,
      {
        [file]: `${inner}interface Init {\n  node: Libp2p\n}\nexport function libp2pNetwork(init: Init): Network {}\n`,
      },
      [`${file}:6`],
    )
  })
  test('a class of the family as parent, and a member that is not private, are caught', () => {
    expectCaught(
      rule,
      good,
      {
        [file]: `${inner}export class libp2pNetwork extends Base<Libp2p> {\n  private own: Libp2p\n  node: Libp2p\n}\n`,
      },
      [`${file}:5`, `${file}:7`],
    )
  })
  test('an inferred return type is caught', () => {
    expectCaught(rule, good, { [file]: 'export function libp2pNetwork() { return create() }\n' }, [`${file}:1`])
  })
  test('a re-export from the family is caught', () => {
    expectCaught(rule, good, { [index]: "export type { Libp2p } from 'libp2p'\n" }, [`${index}:1`])
  })
})

describe('purity and types', () => {
  const good = {
    [coreFile]:
      "export const kind = 'fetch'\nexport function f(a: { process: number }) { return { Date: a.process } }\n",
  }
  for (const name of [
    'Date.now()',
    'new Date()',
    'Math.random()',
    'setTimeout(f)',
    'process.pid',
    'console.log()',
    'Buffer.from(a)',
    'globalThis.x',
  ]) {
    test(`${name} in core is caught`, () => {
      expectCaught(bans.ambientNames, good, { [coreFile]: `\nexport const x = () => ${name}\n` }, [`${coreFile}:2`])
    })
  }
  test('async, await and Promise in core are caught', () => {
    expectCaught(bans.asynchrony, good, { [coreFile]: 'export async function f() {\n  await g()\n}\n' }, [
      `${coreFile}:1`,
      `${coreFile}:2`,
    ])
    expectCaught(bans.ambientNames, good, { [coreFile]: 'export type A = Promise<number>\n' }, [`${coreFile}:1`])
  })
  test('any, a double cast, ! and a @ts- comment are caught in sources and examples', () => {
    const file = 'examples/a/main.ts'
    const bad = 'let a: any\nconst b = a as unknown as string\nconst c = b!\nlet d!: string\n// @ts-expect-error\nd()\n'
    expectCaught(
      bans.typeEscapes,
      { [file]: 'const a = 1 as const\n' },
      { [file]: bad },
      [1, 2, 3, 4, 5].map((line) => `${file}:${line}`),
    )
  })
  test('a cast without a reason is caught', () => {
    const good2 = { [nodeFile]: '// Parsed above.\nconst a = b as string\nconst c = d as const\n' }
    expectCaught(bans.castsWithoutReason, good2, { [nodeFile]: 'const a = b as string\n' }, [`${nodeFile}:1`])
  })
  test('a lint rule silenced without a reason is caught, a size rule always', () => {
    const good2 = { [nodeFile]: '// oxlint-disable-next-line no-new -- it registers itself\nnew A()\n' }
    const bad = '// oxlint-disable-next-line no-new\nnew A()\n/* oxlint-disable max-lines -- it is long */\n'
    expectCaught(bans.silencedLint, good2, { [nodeFile]: bad }, [`${nodeFile}:1`, `${nodeFile}:3`])
  })
})

describe('sizes', () => {
  const config = (files: string, lines: number, any = 'error'): string =>
    JSON.stringify({
      rules: {
        'max-depth': ['error', 4],
        'typescript/no-explicit-any': any,
        'typescript/no-non-null-assertion': 'error',
        'import/no-cycle': 'error',
      },
      overrides: [
        { files: [files], rules: { 'max-lines': ['error', 400], 'max-lines-per-function': ['error', lines] } },
      ],
    })
  test('a source of 401 lines is caught, one of 400 is not', () => {
    expectCaught(sizes.largeFiles, { [coreFile]: 'f()\n'.repeat(400) }, { [coreFile]: 'f()\n'.repeat(401) }, [
      `${coreFile}:401`,
    ])
  })
  test('a lint limit that was raised, moved away or switched off is caught', () => {
    const good = { '.oxlintrc.json': config('packages/*/src/**', 70) }
    expectCaught(sizes.lintRatchet, good, { '.oxlintrc.json': config('packages/*/src/**', 71) }, ['.oxlintrc.json:1'])
    expectCaught(sizes.lintRatchet, good, { '.oxlintrc.json': config('packages/*/src/**', 70, 'warn') }, [
      '.oxlintrc.json:1',
    ])
    expectCaught(sizes.lintRatchet, good, { '.oxlintrc.json': config('test/**', 70) }, [
      '.oxlintrc.json:1',
      '.oxlintrc.json:1',
    ])
  })
})

describe('codes and events', () => {
  const page = 'docs/errors.md'
  const good = {
    [nodeFile]: "throw new HaggleError(late ? 'agent/busy' : 'agent/gone', 'x')\n",
    'packages/core/src/refusal.ts': "export const refusalCodes = ['lease/fenced'] as const\n",
    'packages/protocol/src/violations.ts': "export const violations = { 'record/size': 1 }\n",
    [page]: '# Errors\n## Codes\n### `agent/busy`\n### `agent/gone`\n### `lease/fenced`\n### `record/size`\n',
  }
  test('an error code without a heading is caught', () => {
    expectCaught(codes.undocumentedErrors, good, { [nodeFile]: "throw new HaggleError('agent/lost', 'x')\n" }, [
      `${nodeFile}:1`,
    ])
  })
  test('a refusal without a heading is caught', () => {
    const file = 'packages/core/src/refusal.ts'
    expectCaught(codes.undocumentedRefusals, good, { [file]: "\nexport const refusalCodes = ['task/closed']\n" }, [
      `${file}:2`,
    ])
  })
  test('a violation without a heading is caught', () => {
    const file = 'packages/protocol/src/violations.ts'
    expectCaught(codes.undocumentedViolations, good, { [file]: "export const violations = { 'record/shape': 1 }\n" }, [
      `${file}:1`,
    ])
  })
  test('a heading that no source names, and a second heading, are caught', () => {
    expectCaught(codes.staleHeadings, good, { [page]: '### `agent/busy`\n### `agent/never`\n### `agent/busy`\n' }, [
      `${page}:2`,
      `${page}:3`,
    ])
  })
  test('an event without a row, a row without an event and a second row are caught', () => {
    const union =
      "type Ending = 'settled'\nexport type EngineEvent = { readonly event: 'offered' | 'bid' } | { event: Ending }\n"
    const rows = ['offered', 'bid', 'settled', ...codes.driverEvents].map((name) => `| \`${name}\` | what |\n`)
    const table = (lines: readonly string[]): Files => ({
      'packages/core/src/event.ts': union,
      'docs/events.md': `| event | when |\n| --- | --- |\n${lines.join('')}\n| field |\n| --- |\n| \`seq\` |\n`,
    })
    const bad = ['| `lost` | never |\n', ...rows.slice(1), '| `bid` | again |\n']
    expectCaught(codes.eventTable, table(rows), table(bad), [
      'docs/events.md:1',
      'docs/events.md:3',
      'docs/events.md:11',
    ])
  })
})

describe('the specification', () => {
  const page = 'docs/spec/lease.md'
  const tests = 'packages/core/test/lease.test.ts'
  const good = {
    [page]: 'Text.\n\n**LEASE-01** A lease ends.\n',
    [tests]: "test.prop([x])('LEASE-01: a lease ends', f)\n",
  }
  test('a requirement that no test title names is caught, also when only a skipped one does', () => {
    expectCaught(specIds.untestedIds, good, { [tests]: "// LEASE-01\ntest('a lease ends', f)\n" }, [`${page}:3`])
    expectCaught(specIds.untestedIds, good, { [tests]: "test.skip('LEASE-01: a lease ends', f)\n" }, [`${page}:3`])
  })
  test('a suite proves something only where a test runs it', () => {
    const suite = 'test/conformance/clock.ts'
    const run = { [tests]: "import { suite } from '../../../test/conformance/clock.ts'\n" }
    const title = { [page]: good[page] ?? '', [suite]: "test('LEASE-01: a lease ends', f)\n" }
    expectCaught(specIds.untestedIds, { ...title, ...run }, { [tests]: '' }, [`${page}:3`])
  })
  test('an id that is not defined is caught, and UTF-16 is none', () => {
    expectCaught(
      specIds.undefinedIds,
      { ...good, [coreFile]: '// UTF-16, LEASE-01\n' },
      { [coreFile]: '\n// LEASE-02: why.\n' },
      [`${coreFile}:2`],
    )
  })
  test('an id that is defined twice or within a list is caught', () => {
    expectCaught(
      specIds.malformedDefinitions,
      good,
      { [page]: '**LEASE-01** A.\n**LEASE-01** B.\n- **LEASE-02** C.\n' },
      [`${page}:2`, `${page}:3`],
    )
  })
})

describe('the threats', () => {
  const page = 'docs/THREATS.md'
  const [tests, others] = ['packages/core/test/a.test.ts', 'test/process/b.test.ts']
  const good = {
    [page]: `# Threats\n\n| T-01 | a forgery | [a](../${tests}) |\n| T-02 | a flood | [b](../${others}) |\n`,
    [tests]: "test('T-01 CON-01: a forgery', f)\n",
    [others]: "test.each(rows)('T-02: a flood of %s', f)\n",
  }
  test('a threat without a test, with two, or with one that is skipped is caught', () => {
    expectCaught(threats.unprovenThreats, good, { [others]: '' }, [`${page}:4`])
    expectCaught(threats.unprovenThreats, good, { [others]: "test.skip('T-02: a flood', f)\n" }, [`${page}:4`])
    const twice = { [tests]: "test('T-01: a forgery', f)\ntest('T-02: a flood', f)\n" }
    expectCaught(threats.unprovenThreats, good, twice, [`${page}:4`])
  })
  test('a threat whose row links to another file, or that has two rows, is caught', () => {
    const astray = { [page]: good[page]?.replace(`../${others}`, `../${tests}`) ?? '' }
    expectCaught(threats.unprovenThreats, good, astray, [`${page}:4`])
    expectCaught(
      threats.unprovenThreats,
      good,
      { [page]: `${good[page] ?? ''}| T-02 | again | [b](../${others}) |\n` },
      [`${page}:5`],
    )
  })
  test('a threat that only a test names is caught, and MKT-21 is none', () => {
    const more = { [tests]: "test('T-01: a forgery', f)\ntest('T-03 MKT-21: a lie', f)\n" }
    expectCaught(threats.unlistedThreats, good, more, [`${tests}:2`])
  })
})

describe('documents', () => {
  const page = 'README.md'
  const base = {
    'package.json': '{ "scripts": { "test": "vitest" } }',
    'packages/core/package.json': '{ "name": "@haggle/core", "exports": {\n".": {},\n"./pure": {} } }',
  }
  const expectCaughtInPage = (rule: Rule, good: string, bad: string, line = 1): void => {
    expectCaught(rule, { ...base, [page]: good }, { [page]: bad }, [`${page}:${line}`])
  }
  test('a promised document that is missing is caught', () => {
    expect(documents.missingPages(new Map([[page, '']])).map(({ file }) => file)).toContain('docs/errors.md')
    expect(documents.missingPages(new Map([[page, '']])).map(({ file }) => file)).not.toContain(page)
  })
  test('a dead link and a dead anchor are caught', () => {
    expectCaughtInPage(
      documents.deadLinks,
      '[a](packages/core) [b](https://x.org/y) [c](#top-of-it)\n# Top of it\n',
      '\n[a](packages/gone)\n',
      2,
    )
    expectCaughtInPage(documents.deadLinks, '[c](#top)\n# Top\n', '[c](#bottom)\n# Top\n')
  })
  test('a path that does not exist is caught, in backticks and in a block', () => {
    expectCaughtInPage(
      documents.deadPaths,
      'see `packages/core`, `packages/*/package.json`, `lease/fenced`, `~/.haggle/me`\n',
      'see `packages/cor`\n',
    )
    expectCaughtInPage(documents.deadPaths, '```\ncat package.json\n```\n', '```sh\ncat packages/core/x.ts\n```\n', 2)
  })
  test('a command that does not exist is caught, a sub-command too', () => {
    const rule: Rule = (tree) => documents.unknownSubcommands(tree, new Set(['hire', 'contract', 'contract show']))
    expectCaughtInPage(rule, '```\n$ echo hi | npx haggle hire shout\n```\n', '```\n$ npx haggle fire shout\n```\n', 2)
    expectCaughtInPage(rule, '`haggle contract show ID`\n', '`haggle contract burn ID`\n')
  })
  test('a script that does not exist is caught', () => {
    expectCaughtInPage(documents.unknownScripts, '`npm ci && npm test`\n', '`npm run bazar`\n')
  })
  test('a package that does not exist is caught', () => {
    expectCaughtInPage(documents.unknownPackages, '@haggle/core and `@haggle/core/pure`\n', '\n@haggle/kore\n', 2)
  })
  test('a README and a CI script with different commands are caught', () => {
    const run = { '.ci/run': 'npm ci && npm test\n' }
    expectCaught(
      documents.testCommand,
      { ...run, [page]: 'run `npm ci && npm test`\n' },
      { [page]: 'run `npm test`\n' },
      [`${page}:1`],
    )
  })
  test('the host of a registry and a path of one machine are caught', () => {
    const good = '`a/work/b`, ~/.haggle, $HOME/work/x, https://example.org/home/x\n'
    expectCaughtInPage(documents.machineNames, good, `\n${['registry', 'npmjs', 'org'].join('.')}\n`, 2)
    for (const folder of ['work/main', 'home/ada', 'root', 'tmp/x'])
      expectCaughtInPage(documents.machineNames, good, `cd /${folder}\n`)
  })
})

describe('the command line', () => {
  const page = 'docs/commands.md'
  const source = 'packages/haggle/src/cli/exit-code.ts'
  const helps = [
    { path: 'haggle', help: 'Usage: haggle\n' },
    { path: 'haggle go', help: 'Options:\n  --far\n\nExit codes: 0 done, 3 lost,\n            75 busy.\nMore of 9.\n' },
  ]
  const table = '# Commands\n\n| code | meaning |\n| ---- | ------- |\n| 0 | done |\n| 3 | lost |\n| 75 | busy |\n'
  const good = {
    [source]: 'export const exitCode = {\n  ok: 0,\n  lost: 3,\n  none: 3,\n  busy: 75,\n} as const\n',
    [page]: commands.withCommands(table, helps),
  }
  const reference: Rule = (tree) => commands.commandReference(tree, helps)
  const exits: Rule = (tree) => commands.exitCodeTable(tree, helps)
  const lineOf = (text: string): string =>
    `${page}:${good[page]?.slice(0, good[page].indexOf(text)).split('\n').length ?? 0}`

  test('a flag that the page does not list, and a command that is gone, are caught at their line', () => {
    expectCaught(reference, good, { [page]: good[page]?.replace('  --far\n', '') ?? '' }, [lineOf('  --far')])
    const gone = commands.withCommands(table, [...helps, { path: 'haggle gone', help: 'Usage\n' }])
    expectCaught(reference, good, { [page]: gone }, [lineOf('<!-- commands: end')])
    expectCaught(reference, good, { [page]: table }, [`${page}:9`])
  })
  test('bringing the page up to date changes nothing else and nothing twice', () => {
    const aged = commands.withCommands(`${table}\n## Reference\n`, helps.slice(0, 1))
    const once = commands.withCommands(aged, helps)
    expect(once.startsWith(`${table}\n## Reference\n`)).toBe(true)
    expect(commands.withCommands(once, helps)).toBe(once)
  })
  test('an exit code without a row, a row without a code, and a row too many are caught', () => {
    const more = { [source]: good[source]?.replace('busy: 75', 'busy: 75,\n  other: 78') ?? '' }
    expectCaught(exits, good, more, [`${source}:6`])
    const rows = { [page]: good[page]?.replace('| 75 |', '| 5 | gone |\n| 3 | lost |\n| 75 |') ?? '' }
    expectCaught(exits, good, rows, [`${page}:7`, `${page}:8`])
  })
  test('an exit code that only a help names is caught', () => {
    const stray = { path: 'haggle go', help: 'Exit codes: 0 done,\n            4 late.\n' }
    const rule: Rule = (tree) => commands.exitCodeTable(tree, tree.has('bad') ? [stray] : helps)
    expectCaught(rule, good, { bad: '' }, [lineOf('### haggle go')])
  })
})

describe('the packages', () => {
  const manifest = { 'packages/core/package.json': '{ "exports": { ".": { "@haggle/source": "./src/index.ts" } } }' }
  const index = 'packages/core/src/index.ts'
  const good = {
    ...manifest,
    [index]:
      "export { a, Thing } from './a.ts'\nexport type { Made } from './a.ts'\nexport { limits } from '@haggle/protocol'\n/** Here. */\nexport const here = 1\n",
    [coreFile]: [
      '/** What a does. */',
      'export function a(): void',
      'export function a(n?: number): void {}',
      '/** A thing. */',
      'export class Thing {}',
      '/** What it is made of. */',
      'export const made = struct({})',
      'export type Made = Infer<typeof made>',
      'export const inner = 2',
    ].join('\n'),
  }
  test('an export without a docblock is caught, of every kind, and at the entry itself', () => {
    const bare = good[coreFile].replaceAll(/^\/\*\*.*$/gm, '')
    const bad = { [coreFile]: bare, [index]: good[index].replace('/** Here. */', '// Here.') }
    expectCaught(undocumentedExports, good, bad, [`${coreFile}:2`, `${coreFile}:5`, `${coreFile}:8`, `${index}:5`])
  })
  test('a docblock of something else, or a plain comment between, does not count', () => {
    const bad = good[coreFile]
      .replace('/** A thing. */', '/** Another. */\nconst another = 1\n')
      .replace('/** What a does. */', '/** What a does. */\n// And why.')
    expectCaught(undocumentedExports, good, { [coreFile]: bad }, [`${coreFile}:3`, `${coreFile}:8`])
  })
})
