import type { PeerId } from '@libp2p/interface'
import { timings } from './timings.ts'

const REMEMBERED = 512

/** A packet of multicast DNS, as far as it matters here. */
export interface Packet {
  readonly type: string
  readonly questions?: readonly { readonly name?: unknown }[]
  readonly answers?: readonly Answer[]
  readonly additionals?: readonly Answer[]
}

interface Answer {
  readonly name?: unknown
  readonly type?: unknown
  readonly data?: unknown
}

/** What somebody says of itself on the LAN: the name that it has there, and its addresses as they were sent. */
export interface Announcement {
  readonly name: string
  readonly text: string
}

interface Announced {
  readonly text: string
  readonly peer: PeerId
  readonly readAt: number
  readonly heardAt: number
}

/** The announcement of a service in a packet, if there is one. */
export function announcementIn({ answers = [], additionals = [] }: Packet, tag: string): Announcement | undefined {
  const pointer = answers.find(({ type }) => type === 'PTR')
  if (pointer?.name !== tag || typeof pointer.data !== 'string') return undefined
  const texts = [...answers, ...additionals].filter(({ type }) => type === 'TXT')
  return { name: pointer.data, text: texts.map(({ data }) => String(data)).join('\n') }
}

/** Who announces itself on the LAN: everybody hears every answer to every query, and nearly all of them say what was said before. */
export class Announcers {
  readonly #now: () => number
  /** By name; who was heard last stands last. */
  readonly #announced = new Map<string, Announced>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** NET-52: how many were heard of late, ourselves left out. */
  get count(): number {
    return this.#announced.size
  }

  /** NET-76: whose announcement this is, when nothing in it is new. Undefined: it is to be read. */
  repeats({ name, text }: Announcement): PeerId | undefined {
    const known = this.#announced.get(name)
    if (known?.text !== text || this.#now() - known.readAt > timings.rereadMs) return undefined
    this.#keep(name, { ...known, heardAt: this.#now() })
    return known.peer
  }

  /** An announcement was read, and told of this peer. */
  read({ name, text }: Announcement, peer: PeerId): void {
    const now = this.#now()
    this.#keep(name, { text, peer, readAt: now, heardAt: now })
  }

  #keep(name: string, announced: Announced): void {
    this.#announced.delete(name)
    this.#announced.set(name, announced)
    for (const [oldest, { heardAt }] of this.#announced) {
      if (this.#announced.size <= REMEMBERED && this.#now() - heardAt <= timings.crowdMemoryMs) return
      this.#announced.delete(oldest)
    }
  }
}
