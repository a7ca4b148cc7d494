import type { AgentKey, Instant } from '@haggle/protocol'
import type { Clock } from '@haggle/ports'

/** Looks at records in one go: some milliseconds, after which sockets, timers and contracts have their turn. */
const IN_ONE_GO = 32

export interface FairTurnsInit {
  readonly clock: Clock
  /** Resolves at once, or when the engine has caught up so far that it may be given one more of what comes then. */
  readonly room: () => Promise<void>
  readonly signal: AbortSignal
}

type Queues = Map<AgentKey, ((comes: boolean) => void)[]>

/**
 * NET-63: what peers send is looked at in turn, one record of each who waits: whoever sends much waits behind its own, and who sends
 * little waits for one record of each of the others at most. What goes first does not wait for anything of what comes then.
 */
export class FairTurns {
  readonly #init: FairTurnsInit
  readonly #first: Queues = new Map()
  readonly #then: Queues = new Map()
  #left = IN_ONE_GO
  #runs = false
  #endedAt: Instant = 0
  #endPause = (): void => {}
  #forRoom: Promise<void> | undefined
  #firstComes = (): void => {}

  constructor(init: FairTurnsInit) {
    this.#init = init
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
    if (!this.#runs) void this.#run()
    return turn
  }

  async #run(): Promise<void> {
    this.#runs = true
    const { clock } = this.#init
    // Everything else had its turn since.
    if (clock.mono() > this.#endedAt) this.#left = IN_ONE_GO
    while (this.#first.size + this.#then.size > 0) {
      if (this.#left === 0) await this.#pause()
      this.#left -= 1
      if (this.#first.size === 0) await this.#room()
      next(this.#first.size > 0 ? this.#first : this.#then)
      // Whoever has the turn takes it in the microtasks that come before the next line.
      await Promise.resolve()
    }
    this.#runs = false
    this.#endedAt = clock.mono()
  }

  /** Resolves when there is room for one more of what comes then, or when something comes that goes first and needs none. */
  #room(): Promise<void> {
    this.#forRoom ??= this.#init.room().finally(() => (this.#forRoom = undefined))
    return Promise.race([this.#forRoom, new Promise<void>((resolve) => (this.#firstComes = resolve))])
  }

  #pause(): Promise<void> {
    const { clock } = this.#init
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        this.#left = IN_ONE_GO
        resolve()
      }
      const cancel = clock.alarm(clock.mono(), end)
      this.#endPause = end
    })
  }

  #dropAll(): void {
    for (const queues of [this.#first, this.#then]) {
      for (const queue of queues.values()) for (const turn of queue.splice(0)) turn(false)
      queues.clear()
    }
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
