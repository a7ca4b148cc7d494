import { bounds } from '@haggle/protocol'
import type { Input, Now } from '@haggle/core'
import type { NodeEvent } from './agent-types.ts'
import type { Handled } from '@haggle/core'

interface Callbacks {
  /** Called as soon as the engine has looked at the input, before anything is on disk. */
  readonly looked?: (handled: Handled) => void
  /** Called when what the input caused is on disk and carried out. */
  readonly done?: (handled: Handled) => void
  /** Called instead when the agent stops before that. */
  readonly dropped?: () => void
  /** It may wait for what comes together with it. */
  readonly hasTime?: boolean
}
/** One thing that waits for its turn: an input, or an event of the node itself. */
export type Pending = Callbacks &
  ({ readonly input: (now: Now) => Input; readonly note?: undefined } | { readonly note: NodeEvent })

/** Waiting inputs above which gossip is dropped and peers are no longer read. */
const ROOM = bounds.offersOnBoard

/** What happened and was not handled yet, in order. */
export class Inbox {
  readonly #batch: number
  #waiting: Pending[] = []
  #forRoom: { readonly below: number; readonly resolve: () => void }[] = []

  constructor(batch: number) {
    this.#batch = batch
  }

  get size(): number {
    return this.#waiting.length
  }

  get isFull(): boolean {
    return this.#waiting.length >= ROOM
  }

  push(pending: Pending): void {
    this.#waiting.push(pending)
  }

  /** The next batch; makes room. */
  take(): readonly Pending[] {
    const taken = this.#waiting.slice(0, this.#batch)
    this.#waiting = this.#waiting.slice(this.#batch)
    this.#release()
    return taken
  }

  /** Resolves at once, or when fewer inputs wait than `below`, or than the inbox may hold. */
  room(below: number = ROOM): Promise<void> {
    if (this.size < below) return Promise.resolve()
    return new Promise((resolve) => this.#forRoom.push({ below, resolve }))
  }

  dropAll(): void {
    for (const pending of this.#waiting.splice(0)) pending.dropped?.()
    this.#release()
  }

  #release(): void {
    for (const waiting of this.#forRoom.splice(0)) {
      if (this.size < waiting.below) waiting.resolve()
      else this.#forRoom.push(waiting)
    }
  }
}
