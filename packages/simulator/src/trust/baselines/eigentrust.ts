/** What the power iteration starts from. */
export interface EigenTrustInit {
  readonly peers: number
  /** Indices of the peers that are trusted before anything happened. */
  readonly preTrusted: readonly number[]
  /** s_ij by i, then j: how many contracts more were satisfactory than were not. */
  readonly localTrust: ReadonlyMap<number, ReadonlyMap<number, number>>
  /** a: how much of its trust everybody places in the pre-trusted peers at each step. */
  readonly restart: number
  /** The iteration ends when all changes together are smaller. */
  readonly epsilon: number
}

/** Far more than the iteration ever needs: each step shrinks the error by the factor 1 - a. */
const MOST_STEPS = 1_000

/**
 * Global trust of every peer: S. Kamvar, M. Schlosser, H. Garcia-Molina, "The EigenTrust Algorithm for Reputation Management in
 * P2P Networks", WWW 2003. c_ij = max(s_ij, 0) / sum over j of max(s_ij, 0), and c_i = p for who trusts nobody;
 * t(0) = p, t(k+1) = (1 - a) C^T t(k) + a p.
 */
export function eigenTrust(init: EigenTrustInit): readonly number[] {
  const start = Array.from({ length: init.peers }, () => 0)
  for (const peer of init.preTrusted) start[peer] = 1 / init.preTrusted.length
  const rows = normalised(init)
  let trust: readonly number[] = start
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const next = iterate(rows, trust, start, init.restart)
    const change = next.reduce((sum, value, peer) => sum + Math.abs(value - (trust[peer] ?? 0)), 0)
    trust = next
    if (change < init.epsilon) break
  }
  return trust
}

interface Row {
  readonly from: number
  readonly shares: readonly (readonly [to: number, share: number])[]
}

/** The rows of C that are not p. */
function normalised({ localTrust }: EigenTrustInit): readonly Row[] {
  return [...localTrust]
    .map(([from, row]): Row => {
      const positive = [...row].filter(([, value]) => value > 0)
      const sum = positive.reduce((total, [, value]) => total + value, 0)
      return { from, shares: positive.map(([to, value]) => [to, value / sum]) }
    })
    .filter(({ shares }) => shares.length > 0)
}

function iterate(rows: readonly Row[], trust: readonly number[], start: readonly number[], restart: number): number[] {
  const next = trust.map(() => 0)
  let placed = 0
  for (const { from, shares } of rows) {
    const mass = trust[from] ?? 0
    placed += mass
    for (const [to, share] of shares) next[to] = (next[to] ?? 0) + mass * share
  }
  // Who trusts nobody trusts the pre-trusted peers.
  const rest = trust.reduce((sum, value) => sum + value, 0) - placed
  return next.map((value, peer) => (1 - restart) * (value + rest * (start[peer] ?? 0)) + restart * (start[peer] ?? 0))
}
