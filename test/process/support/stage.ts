import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BIN } from './command.ts'
import { until } from './limit.ts'
import { Namespace } from './namespace.ts'
import { linesOf, Running, type Ended } from './running.ts'
import type { ContractShown, Verified } from './shown.ts'

/** What one scenario plays on: a directory for its agents and a network for its processes. Closing it ends them all. */
export class Stage {
  readonly home: string
  /** Whether agents that stay sit on panels, as they do by default: without any, all that two parties know is what the other one says. */
  witness = false
  readonly #namespace: Namespace
  readonly #started: Running[] = []

  private constructor(home: string, namespace: Namespace) {
    this.home = home
    this.#namespace = namespace
  }

  /** In a network of its own, or in the one that is given: it is closed with the stage. */
  static async open(opened?: Namespace): Promise<Stage> {
    const namespace = opened ?? (await Namespace.open())
    return new Stage(await mkdtemp(join(tmpdir(), 'haggle-process-')), namespace)
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((each) => each.kill()))
    await this.#namespace.close()
    // Commands of killed workers wait at a gate in here, and leave with it.
    await rm(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  /** Starts `haggle`; its standard input has this text and an end. */
  start(args: readonly string[], input: string | Uint8Array = ''): Running {
    return this.spawn(process.execPath, [BIN, ...args], input)
  }

  /** Starts any program in the network and the directory of this scenario. */
  spawn(program: string, args: readonly string[], input: string | Uint8Array = ''): Running {
    const [enter, entering] = this.#namespace.enter(program, args)
    const env = {
      ...process.env,
      HAGGLE_HOME: this.home,
      XDG_RUNTIME_DIR: this.home,
      TMPDIR: this.home,
      NO_COLOR: '1',
    }
    const child = spawn(enter, entering, { cwd: this.home, env })
    const running = new Running(child, args.slice(program === process.execPath ? 1 : 0).join(' '))
    this.#started.push(running)
    child.stdin.end(input)
    return running
  }

  /** Runs `haggle` to its end. */
  run(args: readonly string[], input: string | Uint8Array = '', limitMs?: number): Promise<Ended> {
    return this.start(args, input).ended(limitMs)
  }

  /** A worker that is ready. */
  async work(skill: string, flags: readonly string[], ...command: readonly string[]): Promise<Running> {
    const worker = this.start(['work', skill, '--json', ...this.#witnessing(), ...flags, '--', ...command])
    await worker.event('ready')
    return worker
  }

  /** An agent that runs without serving anything, and is ready. */
  async up(...flags: readonly string[]): Promise<Running> {
    const up = this.start(['up', '--json', ...this.#witnessing(), ...flags])
    await up.event('ready')
    return up
  }

  #witnessing(): readonly string[] {
    return this.witness ? [] : ['--no-witness']
  }

  /** Resolves when this process holds the directory of an agent. */
  async holds(name: string, { pid }: Running): Promise<void> {
    await until(`${name} to be held by ${pid}`, async () => {
      const text = await readFile(this.path(`${name}/holder.json`), 'utf8').catch(() => '')
      return text.includes(`"pid":${pid},`) ? true : undefined
    })
  }

  path(name: string): string {
    return join(this.home, name)
  }

  /** A command line for the shell that notes that it began, and goes on when the gate is open or the scenario over. */
  gated(gate: string, then = 'tr a-z A-Z'): readonly [string, string, string] {
    const wait = `while [ -d "${this.home}" ] && [ ! -e "${this.path(gate)}.open" ]; do sleep 0.1; done`
    return ['sh', '-c', `echo run >> "${this.path(gate)}.runs"; ${wait}; ${then}`]
  }

  async openGate(gate: string): Promise<void> {
    await writeFile(this.path(`${gate}.open`), '')
  }

  /** How often a command has come to its gate. */
  async runs(gate: string): Promise<number> {
    const text = await readFile(this.path(`${gate}.runs`), 'utf8').catch(() => '')
    return linesOf(Buffer.from(text)).length
  }

  /** Resolves when a command stands at the gate. */
  async atGate(gate: string): Promise<void> {
    await until(`a command at the gate ${gate}`, async () => ((await this.runs(gate)) > 0 ? true : undefined))
  }

  /** What `contracts --json` lists, by an agent of this name. */
  async contracts(name: string, ...flags: readonly string[]): Promise<readonly ContractShown[]> {
    const { code, stdout, stderr } = await this.run(['contracts', '--json', '--as', name, ...flags])
    if (code !== 0) throw new Error(`contracts --as ${name} left with ${code}: ${stderr}`)
    // The command under test prints these; the tests look at their fields.
    return linesOf(stdout).map((line) => JSON.parse(line) as ContractShown)
  }

  /** What `contract show --json` says of a contract, by its id or key. */
  async show(name: string, id: string): Promise<ContractShown> {
    const { code, stdout, stderr } = await this.run(['contract', 'show', id, '--json', '--as', name])
    if (code !== 0) throw new Error(`contract show --as ${name} left with ${code}: ${stderr}`)
    return JSON.parse(stdout.toString()) as ContractShown
  }

  /** What `verify --json` says of the file that an agent exports. */
  async verify(name: string, id: string): Promise<Verified> {
    const exported = await this.run(['contract', 'export', id, '--as', name])
    if (exported.code !== 0)
      throw new Error(`contract export --as ${name} left with ${exported.code}: ${exported.stderr}`)
    return this.verdicts(exported.stdout)
  }

  /** What `verify --json` says of a file's bytes. */
  async verdicts(file: Uint8Array): Promise<Verified> {
    const { code, stdout, stderr } = await this.run(['verify', '-', '--json'], file)
    if (code !== 0) throw new Error(`verify left with ${code}: ${stderr}${stdout.toString()}`)
    return JSON.parse(stdout.toString()) as Verified
  }
}
