import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { AUDITOR } from './cast.ts'
import { demoEntries } from './entries.ts'

/** Processes that run at the same time: one for each core of a small machine. */
const AT_ONCE = 2
const MOST_OUTPUT = 4_194_304

const part = z.object({ contract: z.string() })
/** What `haggle why --json` prints; the fields that the claims and the table read. */
const why = z.object({
  capacity: z.object({ total: z.number(), credits: z.array(part), debts: z.array(part) }),
  rank: z.object({ total: z.number(), of: z.number(), shares: z.array(z.object({ contracts: z.array(z.string()) })) }),
  quality: z.object({
    permille: z.number(),
    successes: z.array(part),
    faults: z.array(z.object({ contract: z.string(), fault: z.string(), grade: z.string() })),
  }),
  debt: z.object({ total: z.number(), parts: z.array(part) }),
})

const ownBid = z.object({ event: z.literal('bid'), own: z.literal(true), task: z.string(), price: z.number() })

/** An agent's numbers in the eyes of the auditor, and the contracts that every one of them comes from. */
export interface Reputation {
  readonly agent: string
  /** Credits. */
  readonly capacity: number
  /** Of all rank there is, in permille, rounded up: nothing is nothing. */
  readonly rank: number
  readonly quality: number
  /** Credits. */
  readonly debt: number
  readonly faults: readonly { readonly contract: string; readonly fault: string; readonly grade: string }[]
  readonly restsOn: readonly string[]
}

/** Asks for everybody's numbers, each by a `haggle why` process of its own on the directory that the auditor left. */
export async function askReputations(
  home: string,
  agents: readonly { readonly name: string; readonly peerId: string }[],
  signal: AbortSignal,
): Promise<readonly Reputation[]> {
  const found = new Map<string, Reputation>()
  const waiting = [...agents]
  const asker = async (): Promise<void> => {
    for (let agent = waiting.shift(); agent !== undefined; agent = waiting.shift())
      found.set(agent.name, reputationOf(agent.name, await runWhy(home, agent.peerId, signal)))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, asker))
  return agents.flatMap(({ name }) => found.get(name) ?? [])
}

/** A bid that its bidder still has in its store: the file of a task names only the bids that an award compared. */
export interface KeptBid {
  readonly worker: string
  readonly task: string
  /** Credits. */
  readonly price: number
}

/** The bids of these agents, each read by a `haggle events` process of its own from the directory that the bidder left. */
export async function askBids(
  home: string,
  bidders: readonly { readonly name: string }[],
  signal: AbortSignal,
): Promise<readonly KeptBid[]> {
  const kept: KeptBid[] = []
  for (const { name: worker } of bidders) {
    const lines = (await run(home, ['events', '--json', '--as', worker], signal)).trim().split('\n')
    for (const line of lines) {
      const bid = ownBid.safeParse(JSON.parse(line))
      if (bid.success) kept.push({ worker, task: bid.data.task, price: bid.data.price })
    }
  }
  return kept
}

function runWhy(home: string, peerId: string, signal: AbortSignal): Promise<string> {
  return run(home, ['why', '--json', '--as', AUDITOR, peerId], signal)
}

async function run(home: string, command: readonly string[], signal: AbortSignal): Promise<string> {
  const argv = [demoEntries().cli, ...command]
  const env = { ...process.env, HAGGLE_HOME: home }
  const { stdout } = await promisify(execFile)(process.execPath, argv, { signal, env, maxBuffer: MOST_OUTPUT })
  return stdout
}

function reputationOf(agent: string, printed: string): Reputation {
  const { capacity, rank, quality, debt } = why.parse(JSON.parse(printed))
  const parts = [...capacity.credits, ...capacity.debts, ...quality.successes, ...quality.faults, ...debt.parts]
  const contracts = [...parts.map(({ contract }) => contract), ...rank.shares.flatMap((share) => share.contracts)]
  return {
    agent,
    capacity: capacity.total,
    rank: Math.ceil((rank.total * 1_000) / rank.of),
    quality: quality.permille,
    debt: debt.total,
    faults: quality.faults,
    restsOn: [...new Set(contracts)],
  }
}
