import { HaggleError } from '@haggle/protocol'
import {
  byzantineKinds,
  partitionShapes,
  PLAN_FORMAT,
  PLAN_VERSION,
  tails,
  type AgentPlan,
  type Deed,
  type Fault,
  type LinkPlan,
  type NamedLink,
  type Phases,
  type Plan,
  type Temper,
} from './plan.ts'
import { parseSeed } from '../seed.ts'
import { flag, int, kinds, list, Misread, orNull, struct, text, word, type Reader } from './reader.ts'

/** Characters of a Plan file at most. */
const MOST_TEXT = 64 * 1_048_576
const MOST_AGENTS = 10_000
const MOST_FAULTS = 10_000
const MOST_WORK = 100_000

const atMs = int(0, 1_000_000_000)
const spanMs = atMs
const agent = int(0, MOST_AGENTS - 1)
const permille = int(0, 1_000)
const spanUs = int(0, 60_000_000)
const name = text(/^[a-z0-9][a-z0-9._-]{0,62}$/)

const temper = struct<Temper>(
  {
    ...{ silent: permille, fails: permille, withdraws: permille, hangs: permille, botches: permille },
    ...{ rejects: permille, ignores: permille, concedes: permille, brink: permille, slowMs: spanMs },
  },
  { brink: 0 },
)
const agentPlan = struct<AgentPlan>(
  {
    id: int(0, MOST_AGENTS - 1),
    profile: word('test', 'lan', 'wan'),
    skills: list(name, 32),
    slots: int(0, 4_096),
    startMs: atMs,
    clock: struct({ aheadMs: int(-1e9, 1e9), driftPpm: int(-100_000, 100_000) }),
    syncUs: spanUs,
    temper,
    witnesses: flag,
    byzantine: orNull(word(...byzantineKinds)),
  },
  // Plans from before there were panels: nobody sees their contracts.
  { witnesses: false },
)
const linkFields = {
  ...{ delayUs: spanUs, jitterUs: spanUs, lossPpm: int(0, 1_000_000) },
  ...{ gossipLoss: permille, duplicate: permille, reorder: permille },
} as const
const tail = word(...tails)
const fault = kinds<Fault>({
  crash: struct({
    ...{ kind: word('crash'), atMs, agent, afterOps: int(1, 1_000_000), downMs: spanMs, tail, quiet: flag },
  }),
  stop: struct({ kind: word('stop'), atMs, agent, downMs: spanMs }),
  'sync-fails': struct({ kind: word('sync-fails'), atMs, agent, downMs: spanMs, tail }),
  'disk-full': struct({ kind: word('disk-full'), atMs, agent, forMs: spanMs }),
  rollback: struct({ kind: word('rollback'), atMs, agent, agoMs: spanMs, downMs: spanMs }),
  clone: struct({ kind: word('clone'), atMs, agent, forMs: spanMs }),
  'clock-step': struct({ kind: word('clock-step'), atMs, agent, byMs: int(-1e9, 1e9) }),
  'clock-drift': struct({ kind: word('clock-drift'), atMs, agent, ppm: int(-100_000, 100_000) }),
  partition: struct({
    ...{
      kind: word('partition'),
      atMs,
      forMs: spanMs,
      shape: word(...partitionShapes),
      agents: list(agent, MOST_AGENTS),
    },
  }),
  hold: struct({ kind: word('hold'), atMs, forMs: spanMs, from: agent, to: agent }),
  reset: struct({ kind: word('reset'), atMs, from: agent, to: agent }),
  replay: struct({ kind: word('replay'), atMs, agent, count: int(1, 1_000) }),
})
const amount = int(0, Number.MAX_SAFE_INTEGER)
const deed = kinds<Deed>({
  offer: struct({
    ...{ kind: word('offer'), atMs, agent, key: name, skill: name, mode: word('claim', 'auction') },
    bidding: word('open', 'sealed'),
    milestones: list(struct({ durationMs: int(1, 1e9), acceptance: word('hash', 'schema', 'requester') }), 16),
    ...{ deadlineMs: spanMs, waitMs: spanMs, value: amount, ask: orNull(amount), stake: amount, maxBids: int(1, 64) },
    ...{ revisions: int(0, 16), attempts: int(1, 16), size: int(1, 16 * 1_048_576), parent: orNull(name) },
  }),
  cancel: struct({ kind: word('cancel'), atMs, agent, key: name }),
  serve: struct({ kind: word('serve'), atMs, agent, skills: list(name, 32), slots: int(0, 4_096) }),
})
const phases = struct<Phases>({
  ...{ safetyMs: atMs, core: list(agent, MOST_AGENTS), livenessMs: spanMs, probes: flag },
})
const plan: Reader<Plan> = struct<Plan>({
  format: word(PLAN_FORMAT),
  version: word(PLAN_VERSION),
  seed: text(/^\d{1,20}$/),
  scenario: name,
  signer: word('fake', 'ed25519'),
  agents: list(agentPlan, MOST_AGENTS),
  weather: struct<LinkPlan>(linkFields),
  links: list(struct<NamedLink>({ from: agent, to: agent, ...linkFields }), MOST_FAULTS),
  faults: list(fault, MOST_FAULTS),
  work: list(deed, MOST_WORK),
  phases,
})

/** A Plan from the text of a file. Throws `sim/plan-unreadable`, or `sim/plan-version` for one of another version. */
export function parsePlan(source: string): Plan {
  if (source.length > MOST_TEXT) throw unreadable(`it is longer than ${MOST_TEXT} characters`)
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    throw unreadable('it is not JSON')
  }
  if (isOfAnotherVersion(value)) {
    throw new HaggleError('sim/plan-version', `the Plan is of another version than ${PLAN_VERSION}`, {
      next: 'Run it with the haggle that wrote it, or draw it anew from its seed with --seed.',
    })
  }
  try {
    const read = plan(value, '')
    checkAgents(read)
    parseSeed(read.seed)
    return read
  } catch (error) {
    if (error instanceof Misread) throw unreadable(error.message)
    throw error
  }
}

function isOfAnotherVersion(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('format' in value) || !('version' in value)) return false
  return value.format === PLAN_FORMAT && value.version !== PLAN_VERSION
}

/** Whoever is named is there. */
function checkAgents({ agents, faults, links, work, phases: { core } }: Plan): void {
  const named = [
    ...core,
    ...work.map((each) => each.agent),
    ...links.flatMap(({ from, to }) => [from, to]),
    ...faults.flatMap((each) => {
      if (each.kind === 'partition') return each.agents
      return 'agent' in each ? [each.agent] : [each.from, each.to]
    }),
  ]
  const stranger = named.find((index) => index >= agents.length)
  if (stranger !== undefined) throw new Misread('', `names agent ${stranger}, and there are ${agents.length}`)
  if (new Set(agents.map(({ id }) => id)).size < agents.length) throw new Misread('agents', 'have one id twice')
  if (agents.length === 0) throw new Misread('agents', 'is empty')
}

function unreadable(why: string): HaggleError {
  return new HaggleError('sim/plan-unreadable', `this is no Plan of a virtual world: ${why}`, {
    next: 'Give the file that a failing run wrote, or the output of `haggle sim --seed N --json`, field `plan`.',
  })
}
