import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import * as bans from './tidy/bans.ts'
import * as codes from './tidy/codes.ts'
import * as commands from './tidy/commands.ts'
import { undocumentedExports } from './tidy/docblocks.ts'
import * as documents from './tidy/documents.ts'
import * as imports from './tidy/imports.ts'
import { leaks } from './tidy/public-types.ts'
import * as sizes from './tidy/sizes.ts'
import * as specIds from './tidy/spec-ids.ts'
import * as threats from './tidy/threats.ts'
import { readTree, report, type Finding } from './tidy/tree.ts'

const tree = readTree()
const libp2p = new RegExp(`^(${imports.libp2pFamily.join('|')})(/|$)`)

/** The message of a failure is the list of places and what to do at each. */
function expectTidy(findings: readonly Finding[]): void {
  expect(report(findings)).toEqual([])
}

interface CommandTree {
  readonly commands: readonly CommandTree[]
  name(): string
  configureOutput(output: {
    readonly writeOut: (text: string) => void
    readonly getOutHelpWidth: () => number
    readonly getOutHasColors: () => boolean
  }): unknown
  outputHelp(): void
}

/** Every command of a program as it is typed, the program first, with its help. */
function helpsOf(command: CommandTree, path = command.name()): readonly commands.CommandHelp[] {
  let help = ''
  // One width everywhere: the page must not depend on a terminal.
  command.configureOutput({
    writeOut: (text) => (help += text),
    getOutHelpWidth: () => 120,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return [{ path, help }, ...command.commands.flatMap((one) => helpsOf(one, `${path} ${one.name()}`))]
}

describe('imports', () => {
  test('a package imports only the workspace packages that its row allows', () =>
    expectTidy(imports.workspaceImports(tree)))
  test('a package imports only the outside packages that its row allows', () =>
    expectTidy(imports.outsideImports(tree)))
  test('protocol, core and ports import nothing of the platform', () => expectTidy(imports.builtinImports(tree)))
  test('relative imports name a file of the same package, and the simulator never reaches the system', () =>
    expectTidy(imports.relativeImports(tree)))
  test('manifests depend on exact versions of what the table allows', () => expectTidy(imports.manifests(tree)))
  test('the libp2p family is imported in packages/libp2p only', () => expectTidy(imports.libp2pOnlyInItsPackage(tree)))
  test('the public types of packages/libp2p name no type of the family', () =>
    expectTidy(tree.has('packages/libp2p/src/index.ts') ? leaks(tree, 'packages/libp2p/src/index.ts', libp2p) : []))
  test('exports are listed by name', () => expectTidy(bans.starExports(tree)))
})

describe('purity and types', () => {
  test('protocol and core name no clock, dice, timer, process, console or Buffer', () =>
    expectTidy(bans.ambientNames(tree)))
  test('protocol and core are synchronous', () => expectTidy(bans.asynchrony(tree)))
  test('sources and examples do not overrule the compiler', () => expectTidy(bans.typeEscapes(tree)))
  test('a cast says why it is right', () => expectTidy(bans.castsWithoutReason(tree)))
  test('a silenced lint rule says why, and the size rules are never silenced', () =>
    expectTidy(bans.silencedLint(tree)))
})

describe('sizes', () => {
  test(`no source file is longer than ${sizes.maxFileLines} lines`, () => expectTidy(sizes.largeFiles(tree)))
  test('the linter still checks function length, depth, any, ! and cycles', () => expectTidy(sizes.lintRatchet(tree)))
})

describe('codes and events', () => {
  test('every error code has a heading in docs/errors.md', () => {
    expect(codes.errorCodes(tree)).not.toEqual([])
    expectTidy(codes.undocumentedErrors(tree))
  })
  test('every refusal has a heading in docs/errors.md', () => {
    expect(codes.refusalCodes(tree)).not.toEqual([])
    expectTidy(codes.undocumentedRefusals(tree))
  })
  test('every violation has a heading in docs/errors.md', () => {
    expect(codes.violationCodes(tree)).not.toEqual([])
    expectTidy(codes.undocumentedViolations(tree))
  })
  test('every heading of docs/errors.md is a code that a source names', () => expectTidy(codes.staleHeadings(tree)))
  test('docs/events.md lists the events of the engine and of the driver, each once', () => {
    expect(codes.codedEvents(tree)).not.toEqual([])
    expectTidy(codes.eventTable(tree))
  })
})

describe('the specification', () => {
  test('every requirement begins its line and has an id of its own', () => {
    expect(specIds.definitions(tree)).not.toEqual([])
    expectTidy(specIds.malformedDefinitions(tree))
  })
  test('every requirement stands in the title of a test', () => expectTidy(specIds.untestedIds(tree)))
  test('every id that is mentioned is defined', () => expectTidy(specIds.undefinedIds(tree)))
})

describe('the threats', () => {
  test('every row of docs/THREATS.md stands in exactly one test title, in the file that it links to', () => {
    expect(tree.get(threats.threatsPage)).toMatch(/^\| T-01 /m)
    expectTidy(threats.unprovenThreats(tree))
  })
  test('every threat that a test title names has its row', () => expectTidy(threats.unlistedThreats(tree)))
})

describe('documents', () => {
  test('the promised documents exist', () => expectTidy(documents.missingPages(tree)))
  test('links lead somewhere', () => expectTidy(documents.deadLinks(tree)))
  test('paths named in README and ARCHITECTURE exist', () => expectTidy(documents.deadPaths(tree)))
  test('npm scripts named in README, ARCHITECTURE and CONTRIBUTING exist', () =>
    expectTidy(documents.unknownScripts(tree)))
  test('packages named in README and ARCHITECTURE exist', () => expectTidy(documents.unknownPackages(tree)))
  test('README and CI run the same test command', () => expectTidy(documents.testCommand(tree)))
  test('nothing names a registry or a path of one machine', () => expectTidy(documents.machineNames(tree)))
})

describe('the command line', () => {
  let helps: readonly commands.CommandHelp[] = []
  beforeAll(async () => {
    // Imported here, so that a command line that does not compile fails these sentences only.
    const { buildProgram } = await import('../packages/haggle/src/cli/program.ts')
    helps = helpsOf(buildProgram(() => Promise.resolve(), undefined))
  })

  test('commands named in README and ARCHITECTURE exist', () => {
    expect(helps.length).toBeGreaterThan(1)
    const names = helps.slice(1).map(({ path }) => path.replace(/^haggle /, ''))
    expectTidy(documents.unknownSubcommands(tree, new Set(names)))
  })
  test('every command and flag stands in docs/commands.md as --help prints it', () => {
    // After a change of the command line: `UPDATE_DOCS=1 npx vitest run test/tidy.test.ts`.
    if (process.env['UPDATE_DOCS'] === '1') {
      const page = commands.withCommands(tree.get(commands.commandsPage) ?? '', helps)
      writeFileSync(new URL(`../${commands.commandsPage}`, import.meta.url), page)
      return
    }
    expectTidy(commands.commandReference(tree, helps))
  })
  test('docs/commands.md has the exit codes of the source, and no help names another', () => {
    expect(commands.exitCodes(tree)).not.toEqual([])
    expectTidy(commands.exitCodeTable(tree, helps))
  })
})

describe('the packages', () => {
  test('everything that an entry point exports has a docblock', () => expectTidy(undocumentedExports(tree)))
})
