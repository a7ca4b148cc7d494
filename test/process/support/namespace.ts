import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { COMMAND } from './command.ts'
import { within } from './limit.ts'

/** How this machine lets us make a network: as root, or as anybody by a user namespace of our own. */
const ways = [
  { make: ['unshare', '--net'], join: ['--net'] },
  {
    make: ['unshare', '--user', '--map-root-user', '--net'],
    join: ['--user', '--preserve-credentials', '--net'],
  },
] as const

/** `cat` ends with its standard input: no namespace outlives the process that made it. */
const HOLD = 'ip link set lo up && echo up && exec cat'

const way = ways.find(({ make: [program, ...args] }) => {
  return spawnSync(program, [...args, 'sh', '-c', HOLD], { input: '', timeout: 10_000 }).stdout?.toString() === 'up\n'
})

/** Why these tests cannot run here, or undefined when they can. */
export const hindrance: string | undefined =
  way === undefined
    ? 'no network namespaces: they need Linux with unshare, nsenter and ip, and either root or user namespaces'
    : existsSync(COMMAND)
      ? undefined
      : `${COMMAND} is not built: run npm run build`

/** A network with nothing but a loopback interface: nobody outside hears its multicast, and it hears nobody. */
export class Namespace {
  readonly #holder: ChildProcess
  readonly #join: readonly string[]

  private constructor(holder: ChildProcess, join: readonly string[]) {
    this.#holder = holder
    this.#join = join
  }

  /** A network of its own, or one made in another: then whoever owns the outer one may join both by a cable. */
  static async open(outer?: Namespace): Promise<Namespace> {
    if (way === undefined) throw new Error(hindrance)
    const [program, args] = outer === undefined ? [way.make[0], way.make.slice(1)] : outer.enter('unshare', ['--net'])
    const holder = spawn(program, [...args, 'sh', '-c', HOLD], { stdio: ['pipe', 'pipe', 'inherit'] })
    const up = new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve())
      holder.once('error', reject)
      holder.once('exit', () => reject(new Error('the process that holds the network ended')))
    })
    await within(up, 'the network to be up')
    return new Namespace(holder, way.join)
  }

  /** The process that holds this network: by it an interface is moved here. */
  get pid(): number {
    return this.#holder.pid ?? 0
  }

  /** The program and arguments by which a command runs in this network, under the pid that the caller gets. */
  enter(program: string, args: readonly string[]): readonly [string, readonly string[]] {
    return ['nsenter', ['--target', String(this.#holder.pid), ...this.#join, '--', program, ...args]]
  }

  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return
    const gone = new Promise((resolve) => {
      this.#holder.once('exit', resolve)
    })
    this.#holder.kill('SIGKILL')
    await within(gone, 'the network to be gone')
  }
}
