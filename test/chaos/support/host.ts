import { execFileSync } from 'node:child_process'
import { Namespace } from '../../process/support/namespace.ts'
import { Stage } from '../../process/support/stage.ts'

/** The port at which the agent of each host listens, and the first of those at which its ways to others begin. */
export const PORT = 4001
const FIRST_WAY = 5001

/**
 * A machine that hears nobody directly: its one cable ends at this process, which forwards nothing by itself. What its agent
 * says to another goes through a proxy here, or nowhere.
 */
export class Host {
  readonly number: number
  readonly stage: Stage

  private constructor(number: number, stage: Stage) {
    this.number = number
    this.stage = stage
  }

  static async open(number: number): Promise<Host> {
    const own = await Namespace.open()
    try {
      const [here, there] = [`10.78.${number}.1/24`, `10.78.${number}.2/24`]
      ip(`link add plug${number} type veth peer name eth0 netns ${own.pid}`)
      ip(`addr add ${here} dev plug${number}`)
      ip(`link set plug${number} up`)
      const [enter, entering] = own.enter('ip', ['addr', 'add', there, 'dev', 'eth0'])
      execFileSync(enter, entering)
      const [enterAgain, up] = own.enter('ip', ['link', 'set', 'eth0', 'up'])
      execFileSync(enterAgain, up)
      return new Host(number, await Stage.open(own))
    } catch (error) {
      await own.close()
      throw error
    }
  }

  /** Where its agent listens. */
  get listen(): string {
    return `/ip4/10.78.${this.number}.2/tcp/${PORT}`
  }

  /** Its agent, as a proxy reaches it. */
  get target(): { readonly host: string; readonly port: number } {
    return { host: `10.78.${this.number}.2`, port: PORT }
  }

  /** Where a proxy stands that leads from this host to another one. */
  wayTo(other: Host): { readonly host: string; readonly port: number } {
    return { host: `10.78.${this.number}.1`, port: FIRST_WAY + other.number }
  }

  close(): Promise<void> {
    return this.stage.close()
  }
}

function ip(words: string): void {
  execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] })
}
