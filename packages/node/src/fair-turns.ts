import type { AgentKey, Instant } from '@haggle/protocol'
import type { Clock } from '@haggle/ports'
import { Breaks } from './breaks.ts'

/** Looks at records in one go: some milliseconds, after which sockets, timers and contracts have their turn. */
const IN_ONE_GO = 32
/** NET-67: with no more waiting than this there is no rest: on a busy machine each rest costs more than it gives to others. */
const FEW = 64

export interface FairTurnsInit {
  readonly clock: Clock
  /** Resolves at once, or when the engine has caught up so far that it may be given one more of what comes then. */
  readonly room: () => Promise<void>
  readonly signal: AbortSignal
}

type Queues = Map<AgentKey, ((comes: boolean) => void)[]>

/**
 * NET-63: what peers send is looked at in turn, one record of each who waits: whoever sends much waits behind its own, and who sends
 * little waits for one record of each of the others at most. What goes first does not wait for anything of what comes then, which
 * has a part of the time (NET-67).
 */
export class FairTurns {
  readonly #init: FairTurnsInit
  readonly #breaks: Breaks
  readonly #first: Queues = new Map()
  readonly #then: Queues = new Map()
  #left = IN_ONE_GO
  #runs = false
  #endedAt: Instant = 0
  #restUntil: Instant = 0
  #thenWaiting = 0
  #endPause = (): void => {}
  #forRoom: Promise<void> | undefined
  #firstComes = (): void => {}

  constructor(init: FairTurnsInit) {
    this.#init = init
    this.#breaks = new Breaks(init.clock.mono())
    init.signal.addEventListener('abort', () => this.#dropAll())
  }

  /** Resolves when it is this peer's turn: what it then does before it waits again is the turn. False when the agent stops meanwhile. */
  take(peer: AgentKey, when: 'first' | 'then'): Promise<boolean> {
    if (this.#init.signal.aborted) return Promise.resolve(false)
    const queues = when === 'first' ? this.#first : this.#then
    const queue = queues.get(peer) ?? []
    queues.set(peer, queue)
    const turn = new Promise<boolean>((resolve) => queue.push(resolve))
    if (when === 'first') this.#firstComes()
    else this.#thenWaiting += 1
    if (!this.#runs) void this.#run()
    return turn
  }

  async #run(): Promise<void> {
    this.#runs = true
    const { clock } = this.#init
    // Everything else had its turn since.
    if (clock.mono() > this.#endedAt) this.#left = IN_ONE_GO
    while (this.#first.size + this.#then.size > 0) {
      if (this.#left === 0) await this.#pause(clock.mono())
      this.#left -= 1
      if (this.#mustRest()) await this.#rest()
      const from = clock.mono()
      if (this.#first.size === 0) await this.#room()
      const isFirst = this.#first.size > 0
      if (!isFirst) this.#thenWaiting -= 1
      next(isFirst ? this.#first : this.#then)
      // Whoever has the turn takes it in the microtasks that come before the next line.
      await Promise.resolve()
      if (!isFirst) this.#restUntil = this.#breaks.after(from, clock.mono())
    }
    this.#runs = false
    this.#endedAt = clock.mono()
  }

  #mustRest(): boolean {
    return this.#first.size === 0 && this.#thenWaiting > FEW && this.#restUntil > this.#init.clock.mono()
  }

  /** NET-67: resolves when what comes then may come again, or when something comes that goes first and needs no rest. */
  async #rest(): Promise<void> {
    await Promise.race([this.#pause(this.#restUntil), this.#untilFirst()])
    this.#endPause()
  }

  /** Resolves when there is room for one more of what comes then, or when something comes that goes first and needs none. */
  #room(): Promise<void> {
    this.#forRoom ??= this.#init.room().finally(() => (this.#forRoom = undefined))
    return Promise.race([this.#forRoom, this.#untilFirst()])
  }

  #untilFirst(): Promise<void> {
    return new Promise((resolve) => (this.#firstComes = resolve))
  }

  #pause(until: Instant): Promise<void> {
    const { clock } = this.#init
    return new Promise((resolve) => {
      const over = (): void => {
        this.#left = IN_ONE_GO
        resolve()
      }
      const cancel = clock.alarm(until, over)
      this.#endPause = () => {
        cancel()
        resolve()
      }
    })
  }

  #dropAll(): void {
    for (const queues of [this.#first, this.#then]) {
      for (const queue of queues.values()) for (const turn of queue.splice(0)) turn(false)
      queues.clear()
    }
    this.#thenWaiting = 0
    this.#endPause()
  }
}

/** The peer that waited longest since its last turn: it goes to the end of the row when it has more. */
function next(queues: Queues): void {
  const [first] = queues
  if (first === undefined) return
  const [peer, queue] = first
  queues.delete(peer)
  const turn = queue.shift()
  if (queue.length > 0) queues.set(peer, queue)
  turn?.(true)
}
