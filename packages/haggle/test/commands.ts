import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../bin/haggle.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** A command that goes on until it is told to stop. */
export interface Running {
  readonly pid: number
  /** The first line of stdout that has this text, from the beginning on. */
  line(text: string): Promise<string>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** Agents of one test: their directories in a home of their own, their network under a name of its own. */
export class Bench {
  readonly home: string
  readonly network: string
  readonly #running = new Set<ChildProcessWithoutNullStreams>()

  private constructor(home: string, network: string) {
    this.home = home
    this.network = network
  }

  static async open(): Promise<Bench> {
    const home = await mkdtemp(join(tmpdir(), 'haggle-test-'))
    return new Bench(home, `test-${process.pid}-${Date.now().toString(36)}`)
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#running].map(async (child) => {
        const gone = new Promise((resolve) => child.once('close', resolve))
        child.kill('SIGKILL')
        await gone
      }),
    )
    await rm(this.home, { recursive: true, force: true })
  }

  /** Runs a command to its end. */
  run(args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> {
    const started = this.start(args)
    started.child.stdin.end(input)
    return started.ended
  }

  start(args: readonly string[]): Running & { readonly child: ChildProcessWithoutNullStreams } {
    const env = { ...process.env, HAGGLE_HOME: this.home, XDG_RUNTIME_DIR: this.home, NO_COLOR: '1' }
    const child = spawn(process.execPath, [BIN, ...args], { env, cwd: this.home })
    this.#running.add(child)
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    const waiting = new Set<() => void>()
    const wake = (): void => {
      for (const look of waiting) look()
    }
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk)
      wake()
    })
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    // A command may leave without reading its input.
    child.stdin.on('error', () => undefined)
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => {
        this.#running.delete(child)
        resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() })
        wake()
      })
    })
    const line = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const whole = Buffer.concat(stdout).toString()
          const found = whole
            .slice(0, whole.lastIndexOf('\n') + 1)
            .split('\n')
            .find((each) => each.includes(text))
          if (found !== undefined) resolve(found)
          else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`ended without "${text}": ${Buffer.concat(stderr).toString()}`))
          } else return
          waiting.delete(look)
        }
        waiting.add(look)
        look()
      })
    return { child, ended, line, pid: child.pid ?? 0, kill: (signal) => void child.kill(signal) }
  }

  /** Starts a worker and resolves with the address to reach it at. */
  async worker(
    skill: string,
    command: readonly string[],
    flags: readonly string[] = [],
  ): Promise<Running & { readonly address: string }> {
    const running = this.start(['work', skill, '--json', ...this.net(), ...flags, '--', ...command])
    const { addresses } = JSON.parse(await running.line('"ready"')) as { readonly addresses: readonly string[] }
    return { ...running, address: addresses[0] ?? '' }
  }

  /** Flags that keep a test on its own network of this machine. */
  net(...peers: readonly string[]): readonly string[] {
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0']
    return ['--network', this.network, '--no-mdns', ...listen, ...peers.flatMap((peer) => ['--peer', peer])]
  }
}
