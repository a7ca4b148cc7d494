import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawPace, runPlan } from '@haggle/simulator'
import { workspace } from './sources.ts'

// `npm run report:pace` measures how fast worlds run on one core, and writes docs/reports/pace.json.

/** How fast worlds of one size run on one core. */
interface Pace {
  readonly agents: number
  /** Calls of engines that changed something or were refused, for each second of processor time. */
  readonly eventsPerSecond: number
  /** Time that contracts lasted in the world, for each second of processor time. */
  readonly contractHoursPerSecond: number
  readonly contracts: number
  readonly settled: number
}

/** Real signatures: checks of a second in a world, and of a second that does nothing else. */
interface RealPace {
  readonly verificationsPerSecond: number
  readonly bare: number
  readonly ratio: number
}

const SIZES = [10, 50, 200, 1_000]
const SEED = 1n
const REAL_AGENTS = 10
const BARE_CHECKS = 5_000

/** Measures a world with signatures that cost nothing, every promise watched over. */
async function paceOf(agents: number): Promise<Pace> {
  const began = process.cpuUsage()
  const { tally, ledger, findings } = await runPlan(drawPace(SEED, agents))
  const seconds = secondsSince(began)
  if (findings.length > 0) throw new Error(`a world of ${agents} agents broke ${findings[0]?.invariant ?? '?'}`)
  return {
    agents,
    eventsPerSecond: Math.round(tally.events / seconds),
    contractHoursPerSecond: Number((ledger.contractMs / 3_600_000 / seconds).toFixed(4)),
    ...{ contracts: ledger.contracts, settled: ledger.settled },
  }
}

/** Measures one world with Ed25519, and the bare rate beside it. */
async function measureRealPace(): Promise<RealPace> {
  const began = process.cpuUsage()
  const { tally } = await runPlan(drawPace(SEED, REAL_AGENTS, 'ed25519'))
  const verificationsPerSecond = Math.round(tally.verifications / secondsSince(began))
  const bare = bareRate()
  return { verificationsPerSecond, bare, ratio: Number((verificationsPerSecond / bare).toFixed(3)) }
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

const paces: Pace[] = []
for (const agents of SIZES) {
  const pace = await paceOf(agents)
  process.stderr.write(`${agents} agents: ${pace.eventsPerSecond} events a second of processor time\n`)
  paces.push(pace)
}
const report = { paces, ed25519: await measureRealPace() }
writeFileSync(join(workspace, 'docs', 'reports', 'pace.json'), `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(`${JSON.stringify(report)}\n`)
