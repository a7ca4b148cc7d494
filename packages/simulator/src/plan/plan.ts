/** The form of a Plan file: what tells it from any other JSON. */
export const PLAN_FORMAT = 'haggle-plan'
/** The version of that form. */
export const PLAN_VERSION = 1

/** A world and all that will happen in it, as JSON. The same Plan gives the same run, everywhere. */
export interface Plan {
  readonly format: typeof PLAN_FORMAT
  readonly version: typeof PLAN_VERSION
  /** Decimal digits of 64 bits: where the streams of chance begin. */
  readonly seed: string
  /** The scenario that it was drawn from. */
  readonly scenario: string
  readonly signer: SignerKind
  readonly agents: readonly AgentPlan[]
  /** How every link behaves that is not named below. */
  readonly weather: LinkPlan
  readonly links: readonly NamedLink[]
  /** In order of time. */
  readonly faults: readonly Fault[]
  /** In order of time. */
  readonly work: readonly Deed[]
  readonly phases: Phases
}

/** `fake`: signatures that only the world can make and check; fast. */
export type SignerKind = 'fake' | 'ed25519'

/** Safety first, then a core is healed and everybody else stays as they are; the core must come to an end of everything. */
export interface Phases {
  readonly safetyMs: number
  /** Indices of the agents that are healed. */
  readonly core: readonly number[]
  /** How long the core may take to end what is open, in virtual time. */
  readonly livenessMs: number
  /** Afterwards every pair of the core makes one new contract. */
  readonly probes: boolean
}

export type PlanProfile = 'test' | 'lan' | 'wan'

export interface AgentPlan {
  /** Names its key and its dice, which stay the same when other agents are left out. */
  readonly id: number
  readonly profile: PlanProfile
  /** What it serves; none: it only hires. */
  readonly skills: readonly string[]
  readonly slots: number
  /** When it joins. */
  readonly startMs: number
  readonly clock: { readonly aheadMs: number; readonly driftPpm: number }
  /** How long its disk takes for a sync. */
  readonly syncUs: number
  readonly temper: Temper
  /** It witnesses for others. */
  readonly witnesses: boolean
  /** Null: it runs the product, whatever its temper. Else it cheats, with its own key. */
  readonly byzantine: ByzantineKind | null
}

/** What the application of an agent does, in permille of its occasions. */
export interface Temper {
  /** Of quotes: says nothing. */
  readonly silent: number
  /** Of works: reports that the task failed. */
  readonly fails: number
  /** Of works: gives the work back. */
  readonly withdraws: number
  /** Of works: is never done. */
  readonly hangs: number
  /** Of works: hands over something else. */
  readonly botches: number
  /** Of reviews that are a matter of taste: rejects. */
  readonly rejects: number
  /** Of reviews: never answers. */
  readonly ignores: number
  /** Of rejections: gives in. */
  readonly concedes: number
  /** Of works: hands over within the last moments before its due. */
  readonly brink: number
  /** How long its thoughts and its work take at most. */
  readonly slowMs: number
}

/** Does everything at once and well. */
export const calm: Temper = {
  silent: 0,
  fails: 0,
  withdraws: 0,
  hangs: 0,
  botches: 0,
  rejects: 0,
  ignores: 0,
  concedes: 0,
  brink: 0,
  slowMs: 5,
}

/** The ways to cheat in the market and as a party. */
export const partyKinds = [
  'ghost',
  'boaster',
  'sniper',
  'equivocator',
  'forger',
  'garbler',
  'denier',
  'back-dater',
  'staller',
  'canceller',
  'flooder',
  'replayer',
  'mutator',
  'double',
] as const

/** The ways to cheat as a party of a contract that a panel sees. */
export const panelPartyKinds = [
  'false-asker',
  'back-challenger',
  'panel-picker',
  'late-deliverer',
  'hollow-deliverer',
  'revenant',
  'fickle-reviewer',
  'seal-spoiler',
  'seal-blamer',
] as const

/** The ways to cheat as a witness. */
export const witnessKinds = [
  'mute-witness',
  'absent-witness',
  'timely-witness',
  'two-faced-witness',
  'misdating-witness',
  'hollow-witness',
  'late-witness',
] as const

export const byzantineKinds = [...partyKinds, ...panelPartyKinds, ...witnessKinds] as const
export type ByzantineKind = (typeof byzantineKinds)[number]

/** One direction between two agents. */
export interface LinkPlan {
  readonly delayUs: number
  readonly jitterUs: number
  /** Of direct frames, in a million: the connection breaks with it. */
  readonly lossPpm: number
  /** Of gossip, in permille. */
  readonly gossipLoss: number
  readonly duplicate: number
  readonly reorder: number
}
export interface NamedLink extends LinkPlan {
  readonly from: number
  readonly to: number
}

/** What is left of the rows that were not synced when the power went. */
export const tails = ['lost', 'whole', 'torn', 'garbage'] as const
export type Tail = (typeof tails)[number]

export const partitionShapes = ['isolate', 'split', 'bridge', 'ring', 'one-way', 'flapping'] as const
export type PartitionShape = (typeof partitionShapes)[number]

/** Something that goes wrong, from `atMs` on. */
export type Fault =
  /** The process dies at the n-th thing that it does outside from then on: a write, a send, a publish. */
  | {
      readonly kind: 'crash'
      readonly atMs: number
      readonly agent: number
      readonly afterOps: number
      readonly downMs: number
      readonly tail: Tail
      /** Nobody is told: the power went with it. */
      readonly quiet: boolean
    }
  /** The process is ended in order and started again. */
  | { readonly kind: 'stop'; readonly atMs: number; readonly agent: number; readonly downMs: number }
  /** The next sync fails and may have dropped what it was for. */
  | {
      readonly kind: 'sync-fails'
      readonly atMs: number
      readonly agent: number
      readonly downMs: number
      readonly tail: Tail
    }
  | { readonly kind: 'disk-full'; readonly atMs: number; readonly agent: number; readonly forMs: number }
  /** The directory of some time ago is put back, as from a backup. */
  | {
      readonly kind: 'rollback'
      readonly atMs: number
      readonly agent: number
      readonly agoMs: number
      readonly downMs: number
    }
  /** A second process runs on a copy of the directory. */
  | { readonly kind: 'clone'; readonly atMs: number; readonly agent: number; readonly forMs: number }
  | { readonly kind: 'clock-step'; readonly atMs: number; readonly agent: number; readonly byMs: number }
  | { readonly kind: 'clock-drift'; readonly atMs: number; readonly agent: number; readonly ppm: number }
  | {
      readonly kind: 'partition'
      readonly atMs: number
      readonly forMs: number
      readonly shape: PartitionShape
      /** One side; what it means depends on the shape. */
      readonly agents: readonly number[]
    }
  /** What one agent says to another is held back, and comes in one go. */
  | {
      readonly kind: 'hold'
      readonly atMs: number
      readonly forMs: number
      readonly from: number
      readonly to: number
    }
  /** The connection between two is cut; they find each other again. */
  | { readonly kind: 'reset'; readonly atMs: number; readonly from: number; readonly to: number }
  /** An agent hears gossip of long ago once more. */
  | { readonly kind: 'replay'; readonly atMs: number; readonly agent: number; readonly count: number }

/** How a result is judged. */
export type PlanAcceptance = 'hash' | 'schema' | 'requester'

/** Something that an agent does of its own accord. */
export type Deed =
  | {
      readonly kind: 'offer'
      readonly atMs: number
      readonly agent: number
      readonly key: string
      readonly skill: string
      readonly mode: 'claim' | 'auction'
      readonly bidding: 'open' | 'sealed'
      readonly milestones: readonly { readonly durationMs: number; readonly acceptance: PlanAcceptance }[]
      readonly deadlineMs: number
      readonly waitMs: number
      /** Micro-credits. */
      readonly value: number
      readonly ask: number | null
      readonly stake: number
      readonly maxBids: number
      readonly revisions: number
      readonly attempts: number
      /** Bytes of the input. */
      readonly size: number
      /** The key of the task that this one is a part of. */
      readonly parent: string | null
    }
  | { readonly kind: 'cancel'; readonly atMs: number; readonly agent: number; readonly key: string }
  | {
      readonly kind: 'serve'
      readonly atMs: number
      readonly agent: number
      readonly skills: readonly string[]
      readonly slots: number
    }
