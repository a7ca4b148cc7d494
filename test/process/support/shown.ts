/** A contract as `contract show --json` and `contracts --json` print it. */
export interface ContractShown {
  readonly contract: string
  readonly task: string
  readonly generation: number
  readonly key: string | null
  readonly role: 'requester' | 'worker'
  readonly requester: string
  readonly worker: string
  readonly state: string
  readonly end: string | null
  readonly party: string | null
  readonly fault: string | null
  readonly grade: string | null
  readonly alleged: readonly { readonly party: string; readonly fault: string }[]
  readonly overtaken: boolean
  /** Only `contract show` lists them. */
  readonly records?: readonly RecordShown[]
}

export interface RecordShown {
  readonly type: string
  readonly id: string
  readonly author: string
}

/** What `verify --json` says of a valid file. */
export interface Verified {
  readonly valid: boolean
  readonly contracts: readonly VerdictShown[]
}

export interface VerdictShown {
  readonly contract: string
  readonly generation: number
  readonly end: string | null
  readonly party: string | null
  readonly fault: string | null
  readonly grade: string | null
  readonly openAt: number | null
  readonly requester: string
  readonly worker: string
  /** What the votes in the file make. */
  readonly certificates: readonly { readonly duty: string; readonly verdict: string }[]
  readonly faults: readonly FaultShown[]
}

export interface FaultShown {
  readonly party: string
  readonly fault: string
  /** In credits. */
  readonly slash: number
  /** The ids of the records that prove it. */
  readonly evidence: readonly string[]
}

/** A contract's end in the words of the table in `docs/spec/contract.md`: parties by their role, no ids. */
export function inWords(shown: ContractShown | VerdictShown): Readonly<Record<string, unknown>> {
  const role = (party: string | null): string | null =>
    party === null ? null : party === shown.worker ? 'worker' : party === shown.requester ? 'requester' : 'a stranger'
  const common = { end: shown.end, party: role(shown.party), fault: shown.fault, grade: shown.grade }
  if (!('alleged' in shown)) return { ...common, openAt: shown.openAt }
  return { ...common, alleged: shown.alleged.map(({ party, fault }) => `${fault} of ${role(party) ?? ''}`) }
}

/** A task file as `--save` and `contract export` write it. */
export interface TaskFile {
  readonly records: readonly {
    readonly type: string
    readonly id: string
    readonly author: string
    readonly view: Readonly<Record<string, unknown>>
  }[]
}

/** The panel that the first award of a task file names. */
export function panelIn(file: Uint8Array): readonly string[] {
  // The command under test writes it; an award lists its witnesses.
  const { records } = JSON.parse(Buffer.from(file).toString()) as TaskFile
  return (records.find(({ type }) => type === 'award')?.view['panel'] ?? []) as readonly string[]
}
