import { isIPv6 } from 'node:net'
import type { AgentKey } from '@haggle/protocol'
import { Leaks } from './leak.ts'

/** NET-60: ten times what the quota of a peer gives it back in a second. */
const WASTE_OF_PEER = { most: 2_000, perSecond: 500 }
/** NET-61: of all peers of one address together: half a board of refused offers, and as many a second as a busy market has. */
const WASTE_OF_ADDRESS = { most: 2_048, perSecond: 500 }
/** NET-61: a peer of such an address that has less than this to answer for is left alone. */
const SHARE_OF_PEER = { most: 64, perSecond: 8 }
/** NET-62: an address may have so many connections that lead to nothing; two more a second are borne for ever. */
const VAIN_OF_ADDRESS = { most: 64, perSecond: 2, highest: 128 }
/** NET-62: a peer that was let go has cost as much as so many of them. */
const LET_GO_COSTS = 16
/** NET-60: how long a peer that was let go stays out, the first time and at most. */
const OUT_MS = { first: 10_000, longest: 600_000 }
const KEYS = 1_024
const ADDRESSES = 1_024

/** Who wasted our time, by key and by address, and who is not let in for that. Being there, or many of one address, is no misuse. */
export class Misuse {
  readonly #peers = new Leaks<AgentKey>({ ...WASTE_OF_PEER, highest: WASTE_OF_PEER.most, most: KEYS })
  readonly #shares = new Leaks<AgentKey>({ ...SHARE_OF_PEER, highest: WASTE_OF_PEER.most, most: KEYS })
  readonly #addresses = new Leaks<string>({
    ...WASTE_OF_ADDRESS,
    highest: 2 * WASTE_OF_ADDRESS.most,
    most: ADDRESSES,
  })
  readonly #vain = new Leaks<string>({ ...VAIN_OF_ADDRESS, most: ADDRESSES })
  readonly #out = new Map<AgentKey, { readonly until: number; readonly spanMs: number }>()

  /** NET-60 NET-61: one message of a peer that was of no use to anybody; true when the peer is not worth keeping. */
  wasted(key: AgentKey, ip: string | undefined, now: number): boolean {
    const own = this.#peers.add(key, 1, now)
    const share = this.#shares.add(key, 1, now)
    const all = ip === undefined ? 0 : this.#addresses.add(networkOf(ip), 1, now)
    return own >= WASTE_OF_PEER.most || (all >= WASTE_OF_ADDRESS.most && share >= SHARE_OF_PEER.most)
  }

  /** A peer is let go: for how long it stays out, twice as long as the last time. */
  letGo(key: AgentKey, ip: string | undefined, now: number): number {
    const before = this.#out.get(key)
    const spanMs = before === undefined ? OUT_MS.first : Math.min(OUT_MS.longest, before.spanMs * 2)
    this.#out.delete(key)
    this.#out.set(key, { until: now + spanMs, spanMs })
    if (this.#out.size > KEYS) {
      const [oldest] = this.#out.keys()
      if (oldest !== undefined) this.#out.delete(oldest)
    }
    if (ip !== undefined) this.#vain.add(networkOf(ip), LET_GO_COSTS, now)
    return spanMs
  }

  isOut(key: AgentKey, now: number): boolean {
    return (this.#out.get(key)?.until ?? 0) > now
  }

  /** NET-62: a connection that came from this address led to nothing. */
  cameInVain(ip: string | undefined, now: number): void {
    if (ip !== undefined) this.#vain.add(networkOf(ip), 1, now)
  }

  /** NET-62: too many connections of this address led to nothing: no more for a while. */
  isOverdrawn(ip: string | undefined, now: number): boolean {
    return ip !== undefined && this.#vain.level(networkOf(ip), now) >= VAIN_OF_ADDRESS.most
  }
}

/** Whose address it is: an IPv6 host chooses the last 64 bits of its own as it likes. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip
  const [before = '', after] = ip.toLowerCase().split('::')
  const head = before.split(':').filter((group) => group !== '')
  const tail = after?.split(':').filter((group) => group !== '') ?? []
  // An IPv4 address written as an IPv6 one is as good as the IPv4 address.
  const last = tail.at(-1)
  if (last?.includes('.') === true) return last
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail].slice(0, 4).join(':')
}
