import { BIN } from '../../process/support/command.ts'
import type { Ended, Running } from '../../process/support/running.ts'
import type { Stage } from '../../process/support/stage.ts'

/** Why no small disk can be made here, or undefined. */
export const noSmallDisk: string | undefined =
  process.getuid?.() === 0 ? undefined : 'a disk of our own needs root: mount in a mount namespace'

/** A disk of a few MiB under the directory of one agent, seen only by what is started on it. */
export class SmallDisk {
  readonly #stage: Stage
  readonly #holder: Running
  readonly #folder: string

  private constructor(stage: Stage, holder: Running, folder: string) {
    this.#stage = stage
    this.#holder = holder
    this.#folder = folder
  }

  static async under(stage: Stage, name: string, mib: number): Promise<SmallDisk> {
    const folder = stage.path(name)
    const mount = `mkdir -p "${folder}" && mount -t tmpfs -o size=${mib}m,mode=700 none "${folder}" && echo '{"event":"mounted"}' && while [ -d "${stage.home}" ]; do sleep 1; done`
    const holder = stage.spawn('unshare', ['--mount', 'sh', '-c', mount])
    await holder.event('mounted')
    return new SmallDisk(stage, holder, folder)
  }

  /** Starts `haggle` where the disk is. */
  start(args: readonly string[], input = ''): Running {
    return this.#inside(process.execPath, [BIN, ...args], input)
  }

  async work(skill: string, flags: readonly string[], ...command: readonly string[]): Promise<Running> {
    const worker = this.start(['work', skill, '--json', ...flags, '--', ...command])
    await worker.event('ready')
    return worker
  }

  /** Writes until nothing more fits. */
  async fill(): Promise<void> {
    await this.sh(`cat /dev/zero > "${this.#folder}/filler" 2>/dev/null; true`)
  }

  async free(): Promise<void> {
    await this.sh(`rm "${this.#folder}/filler"`)
  }

  sh(script: string): Promise<Ended> {
    return this.#inside('sh', ['-c', script], '').ended()
  }

  #inside(program: string, args: readonly string[], input: string): Running {
    return this.#stage.spawn('nsenter', ['--target', String(this.#holder.pid), '--mount', program, ...args], input)
  }
}
