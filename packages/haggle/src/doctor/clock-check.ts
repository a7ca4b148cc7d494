import { profiles } from '@haggle/core'
import type { ProfileName } from '@haggle/node'
import { showOff } from '../view/clock-text.ts'
import { ok, toMend, warning, type Check } from './check.ts'

/** A connected peer, as far as the doctor looks at it. */
export interface PeerSeen {
  readonly peerId: string
  readonly clockSkewMs: number
  readonly rttMs: number
}

/** TIME-26: fewer do not outvote a machine. */
const QUORUM = 3

const SET_CLOCK = 'Set it by the network: sudo timedatectl set-ntp true (then see: timedatectl status)'

/** Whether anybody is met at all. */
export function checkPeers(peers: readonly PeerSeen[], network: string): Check {
  if (peers.length > 0) return ok('peers', `${peers.length} met on network ${network}`)
  return warning(
    'peers',
    `nobody was met on network ${network}`,
    'Start another agent (haggle up --as NAME), or name one that runs elsewhere: --peer MULTIADDR',
  )
}

/** This machine's clock against those of its peers, as their handshakes show them. */
export function checkClock(peers: readonly PeerSeen[], profile: ProfileName): Check {
  const boundMs = 2 * profiles[profile].epsilonMs
  const off = peers.filter(({ clockSkewMs, rttMs }) => Math.abs(clockSkewMs) - rttMs / 2 > boundMs)
  const [first] = off
  if (peers.length === 0) return ok('clock', 'no peer to compare it with')
  if (first === undefined) return ok('clock', `within ${boundMs} ms of ${peers.length} peer(s)`)
  const away = showOff(-first.clockSkewMs)
  if (peers.length >= QUORUM && off.length * 2 > peers.length)
    return toMend('clock', `this machine's clock is ${away} that of ${off.length} of ${peers.length} peers`, SET_CLOCK)
  const saw = `this machine's clock is ${away} that of …${first.peerId.slice(-8)}`
  if (off.length === peers.length)
    return toMend(
      'clock',
      `${saw}, and nobody else can tell who is wrong`,
      `Compare with a watch: date -u. If it is this one: ${SET_CLOCK}`,
    )
  return warning(
    'clock',
    `${saw}, but agrees with ${peers.length - off.length} other(s)`,
    'Set the clock of that machine.',
  )
}
