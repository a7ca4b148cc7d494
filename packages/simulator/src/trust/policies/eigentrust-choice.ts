import type { Random } from '../../random.ts'
import { eigenTrust } from '../baselines/eigentrust.ts'
import type { Bid } from '../market/deal.ts'
import type { NamedPolicy } from './policy.ts'

/** The paper leaves a open; this is the share of our own rank (85/100), so that neither gains by it. */
const RESTART = 0.15
const EPSILON = 1e-9
/** How often somebody without any trust is chosen, so that newcomers have a chance: 10 %, as in the paper. */
const UNTRUSTED_PERMILLE = 100

/** EigenTrust with the choice of its paper: in proportion to trust, and now and then somebody without any. */
export const eigenTrustChoice: NamedPolicy = {
  name: 'EigenTrust',
  create: ({ anchors, random }) => {
    const localTrust = new Map<number, Map<number, number>>()
    let peers = anchors.length
    let trust: readonly number[] = []
    const update = (): void => {
      trust = eigenTrust({ peers, preTrusted: anchors, localTrust, restart: RESTART, epsilon: EPSILON })
    }
    update()
    return {
      learn: (_round, deals) => {
        for (const { requester, worker, success } of deals) {
          const row = localTrust.get(requester) ?? new Map<number, number>()
          row.set(worker, (row.get(worker) ?? 0) + (success ? 1 : -1))
          localTrust.set(requester, row)
          peers = Math.max(peers, requester + 1, worker + 1)
        }
        update()
      },
      choose: (_task, bids) => {
        const trusted = bids.filter(({ worker }) => (trust[worker] ?? 0) > 0)
        const untrusted = bids.filter(({ worker }) => (trust[worker] ?? 0) === 0)
        const tryAnother = random.permille(UNTRUSTED_PERMILLE)
        if (untrusted.length > 0 && (trusted.length === 0 || tryAnother)) return random.pick(untrusted).worker
        return pickByTrust(trusted, trust, random)
      },
    }
  },
}

function pickByTrust(bids: readonly Bid[], trust: readonly number[], random: Random): number {
  const sum = bids.reduce((total, { worker }) => total + (trust[worker] ?? 0), 0)
  let left = (random.u32() / 4_294_967_296) * sum
  for (const { worker } of bids) {
    left -= trust[worker] ?? 0
    if (left < 0) return worker
  }
  // Rounding may leave a crumb: it belongs to the last one.
  return bids.at(-1)?.worker ?? 0
}
