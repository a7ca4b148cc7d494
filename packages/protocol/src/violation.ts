/** What a gossip validator answers: `ignore` costs the sender nothing, `reject` lowers its score. */
export type GossipResult = 'accept' | 'ignore' | 'reject'

/** 0 nothing, 1 a mistake, 2 a broken implementation, 3 an attack that no honest implementation can make. */
export type Severity = 0 | 1 | 2 | 3

/** How one kind of violation is treated. */
export interface ViolationRule {
  readonly gossip: GossipResult
  /** The signed records alone convince a third party. */
  readonly provable: boolean
  readonly severity: Severity
  /** The requirement that was broken. */
  readonly spec: string
}

/**
 * Everything a peer can do against the protocol. The table is closed: a code that is not here cannot be reported.
 * Only what every honest node would refuse at first sight is a `reject`; what depends on our own state or clock is an
 * `ignore`, because the relaying peer may have seen another state.
 */
export const violations = {
  'record/too-large': rule('reject', false, 2, 'ENC-03'),
  'record/malformed': rule('reject', false, 2, 'ENC-04'),
  'record/non-canonical': rule('reject', false, 2, 'ENC-05'),
  'record/version': rule('ignore', false, 0, 'ENC-09'),
  'record/reserved-type': rule('ignore', false, 0, 'ENC-10'),
  'record/unknown-type': rule('ignore', false, 1, 'ENC-11'),
  'record/shape': rule('reject', false, 2, 'ENC-12'),
  'record/wrong-network': rule('reject', false, 1, 'ID-03'),
  'record/key': rule('reject', false, 3, 'ID-05'),
  'record/signature': rule('reject', false, 3, 'ID-07'),
  'record/expired': rule('ignore', false, 0, 'TIME-01'),
  'record/future': rule('ignore', false, 0, 'TIME-02'),
  'record/replayed': rule('ignore', false, 0, 'NET-29'),
  'frame/malformed': rule('reject', false, 2, 'ENC-16'),
  'frame/too-large': rule('reject', false, 2, 'ENC-17'),
  'reconcile/broken': rule('reject', false, 2, 'EVI-16'),
  'gossip/wrong-topic': rule('reject', false, 2, 'NET-27'),
  'quota/exceeded': rule('ignore', false, 1, 'NET-28'),
  'role/not-author': rule('reject', false, 2, 'MKT-01'),
  'role/not-owner': rule('ignore', false, 2, 'MKT-02'),
  'role/not-party': rule('reject', false, 2, 'CON-01'),
  'pen/not-held': rule('ignore', false, 1, 'CON-02'),
  'pen/fork': rule('accept', true, 3, 'CON-03'),
  'entry/bad-seq': rule('reject', false, 2, 'CON-04'),
  'entry/bad-prev': rule('ignore', false, 1, 'CON-05'),
  'entry/bad-milestone': rule('reject', false, 2, 'CON-06'),
  'entry/bad-revision': rule('reject', false, 2, 'CON-07'),
  'note/unfounded': rule('ignore', false, 1, 'CON-08'),
  'payload/mismatch': rule('ignore', false, 2, 'CON-09'),
  'terms/changed': rule('reject', false, 2, 'CON-10'),
  'terms/bounds': rule('reject', false, 1, 'MKT-16'),
  'bid/over-budget': rule('ignore', false, 1, 'MKT-06'),
  'generation/old': rule('ignore', false, 0, 'LEASE-07'),
  'generation/forged': rule('accept', true, 3, 'CON-39'),
  'chain/fork': rule('accept', true, 3, 'CON-11'),
} satisfies Readonly<Record<string, ViolationRule>>

/** The name of one way to break the protocol; `docs/errors.md` explains each. */
export type ViolationCode = keyof typeof violations

/** One violation by one peer. The note is for people at debug level; nothing may depend on its text. */
export interface Violation {
  readonly code: ViolationCode
  readonly note: string
}

function rule(gossip: GossipResult, provable: boolean, severity: Severity, spec: string): ViolationRule {
  return { gossip, provable, severity, spec }
}
