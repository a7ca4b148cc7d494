import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { drawPace, runPlan } from '@haggle/simulator'

/** How fast worlds of one size run on one core. */
export interface Pace {
  readonly agents: number
  /** Calls of engines that changed something or were refused, for each second of processor time. */
  readonly eventsPerSecond: number
  /** Time that contracts lasted in the world, for each second of processor time. */
  readonly contractHoursPerSecond: number
  readonly contracts: number
  readonly settled: number
}

/** Real signatures: checks of a second in a world, and of a second that does nothing else. */
export interface RealPace {
  readonly verificationsPerSecond: number
  readonly bare: number
  readonly ratio: number
}

const SIZES = [10, 50, 200, 1_000]
const SEED = 1n
const REAL_AGENTS = 10
const BARE_CHECKS = 5_000

/** Measures worlds of growing size with signatures that cost nothing, every promise watched over. */
export async function measurePace(onPace: (pace: Pace) => void): Promise<readonly Pace[]> {
  const paces: Pace[] = []
  for (const agents of SIZES) {
    const began = process.cpuUsage()
    const { tally, ledger, findings } = await runPlan(drawPace(SEED, agents))
    const seconds = secondsSince(began)
    if (findings.length > 0) throw new Error(`a world of ${agents} agents broke ${findings[0]?.invariant ?? '?'}`)
    const pace = {
      agents,
      eventsPerSecond: Math.round(tally.events / seconds),
      contractHoursPerSecond: ledger.contractMs / 3_600_000 / seconds,
      ...{ contracts: ledger.contracts, settled: ledger.settled },
    }
    paces.push(pace)
    onPace(pace)
  }
  return paces
}

/** Measures one world with Ed25519, and the bare rate beside it. */
export async function measureRealPace(): Promise<RealPace> {
  const began = process.cpuUsage()
  const { tally } = await runPlan(drawPace(SEED, REAL_AGENTS, 'ed25519'))
  const verificationsPerSecond = Math.round(tally.verifications / secondsSince(began))
  const bare = bareRate()
  return { verificationsPerSecond, bare, ratio: verificationsPerSecond / bare }
}

function bareRate(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const message = new Uint8Array(300)
  const signature = sign(null, message, privateKey)
  const began = process.cpuUsage()
  for (let each = 0; each < BARE_CHECKS; each += 1) verify(null, message, publicKey, signature)
  return Math.round(BARE_CHECKS / secondsSince(began))
}

function secondsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1e6
}
