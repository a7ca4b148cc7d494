import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import type { Agent } from '@haggle/node'
import { HaggleError } from '@haggle/protocol'
import type { ControlChannel } from '@haggle/node/system'
import { checkRoot } from '../genesis/genesis-setting.ts'
import { checkSecret } from '../network-secret.ts'
import { carry } from './carry.ts'
import { remoteSession, type RemoteSession } from './remote-session.ts'
import { renderError } from './render-error.ts'
import { parseCall, type Call } from './request.ts'

/** NET-46: a command calls at once; who connects and says nothing must not keep commands out for longer than they wait. */
const CALL_MS = 1_000

/** What tells the network that an agent was started for from others of its name. */
export interface NetworkMarks {
  readonly secret: string | null
  readonly genesis: string | null
}

/** The commands that other processes have this agent carry out. */
export class AttachedCommands {
  readonly #agent: Promise<Agent>
  readonly #marks: NetworkMarks
  readonly #sessions = new Set<RemoteSession>()
  #idle: (() => void)[] = []

  /** `agent` resolves when it has started: commands are accepted before, and wait for it. */
  constructor(agent: Promise<Agent>, marks: NetworkMarks) {
    this.#agent = agent
    this.#marks = marks
  }

  get running(): number {
    return this.#sessions.size
  }

  /** Resolves when no command is being carried out, or when the signal aborts. */
  async idle(signal: AbortSignal): Promise<void> {
    while (this.running > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  /** Serves one connection: one command. */
  async serve(channel: ControlChannel): Promise<void> {
    const messages = channel.messages()[Symbol.asyncIterator]()
    const first = await Promise.race([messages.next(), late(channel.signal)])
    if (first === 'late' || first.done === true) return
    const call = first.value.message['kind'] === 'call' ? parseCall(first.value.message['call']) : undefined
    if (call === undefined) {
      // Whoever asked is told, or it would take the closed channel for an agent that just left.
      await channel.send({ kind: 'foreign' })
      throw new HaggleError('control/malformed', 'an attached command sent no call of this version', {
        next: 'Use the same version of haggle for the agent and for the command.',
      })
    }
    const session = remoteSession(channel, call.session)
    this.#sessions.add(session)
    try {
      await channel.send({ kind: 'accepted' })
      void this.#listen({ [Symbol.asyncIterator]: () => messages }, session)
      const code = await this.#run(call, session)
      await channel.send({ kind: 'exit', code })
    } finally {
      this.#sessions.delete(session)
      if (this.running === 0) for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  async #run(call: Call, session: RemoteSession): Promise<number> {
    try {
      const agent = await this.#agent
      if (call.network !== null && call.network !== agent.network) {
        throw new HaggleError(
          'config/network',
          `agent ${agent.name} runs on network ${agent.network}, not on ${call.network}`,
          {
            next: 'Use another agent for that network: --as NAME.',
          },
        )
      }
      checkSecret(agent.name, this.#marks.secret, call.secret)
      checkRoot(agent.name, this.#marks.genesis, call.genesis)
      return await carry(agent, call.request, call.json, session)
    } catch (error) {
      const { text, code } = renderError(error, call.debug)
      session.note(text.trimEnd())
      return code
    }
  }

  async #listen(
    messages: AsyncIterable<{ readonly message: object; readonly chunk?: Uint8Array }>,
    session: RemoteSession,
  ): Promise<void> {
    try {
      for await (const { message, chunk } of messages) session.take({ ...message }, chunk)
    } catch {
      // A connection that breaks is a process that is gone; one that sends nonsense is treated alike.
    }
    session.leave()
  }
}

/** Resolves when a call is too late; a connection that ends before leaves no timer. */
function late(gone: AbortSignal): Promise<'late'> {
  const passed = pause(CALL_MS, undefined, { signal: gone, ref: false })
  // After a pause of the whole process the clock is heard before the socket: what has come by then still counts.
  return passed
    .then(() => turn())
    .then(
      () => 'late',
      () => 'late',
    )
}
