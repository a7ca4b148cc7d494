import { certificatesOf, panelOf } from '@haggle/core'
import { decodeCanonical, networkIdOf, protocolParams, recordFromText, type HaggleRecord } from '@haggle/protocol'
import { until } from '../../process/support/limit.ts'
import { linesOf } from '../../process/support/running.ts'
import { DECIDED_MS, sameNumbers, type Place, type WhySeen } from './town.ts'

/** What `evidence list --json` says of one contract: as far as these tests look. */
export interface ContractSeen {
  readonly contract: string
  readonly end: string | null
  readonly faults: readonly FaultSeen[]
}

interface FaultSeen {
  readonly party: string
  readonly fault: string
  readonly grade: string
  /** In credits. */
  readonly slash: number
}

const networkId = networkIdOf('haggle', protocolParams)

async function evidenceOf({ host, name }: Place): Promise<readonly ContractSeen[]> {
  const { stdout } = await host.stage.run(['evidence', 'list', '--json', '--as', name])
  // The command under test prints one object for each contract, and a last one with the digest.
  const seen = linesOf(stdout).map((line) => JSON.parse(line) as Partial<ContractSeen>)
  return seen.filter((each): each is ContractSeen => each.faults !== undefined)
}

/** Waits until a place holds a proven fault of an agent, and returns what it says of that contract. */
export function convicted(place: Place, peer: string, fault: string): Promise<ContractSeen> {
  return until(
    `${place.host.ip} to hold ${fault}`,
    async () => {
      const held = await evidenceOf(place)
      return held.find(({ faults }) => faults.some((each) => each.party === peer && each.fault === fault))
    },
    DECIDED_MS,
  )
}

/** Waits until every one of these holds a proven fault of this agent, and expects that all print the same numbers for it. */
export async function agreed(places: readonly Place[], peer: string, fault: string): Promise<WhySeen> {
  for (const place of places) await convicted(place, peer, fault)
  return sameNumbers(places, peer)
}

/** What the votes that a place holds as evidence certify of a contract, as "duty verdict", counted anew from its export. */
export async function certifiedAt({ host, name }: Place, contract: string): Promise<readonly string[]> {
  const { stdout } = await host.stage.run(['evidence', 'export', '--as', name])
  const records = linesOf(stdout).slice(1).map(recordOf)
  const id = recordFromText(contract)
  const award = records.find((each): each is HaggleRecord<'award'> => each.id === id && each.type === 'award')
  const panel = award === undefined ? null : panelOf(award)
  if (panel === null) return []
  const votes = records.filter((each): each is HaggleRecord<'vote'> => each.type === 'vote')
  return [...certificatesOf(panel, votes).values()].flatMap(({ slot, timely, late, absent }) =>
    [...timely, ...late, ...absent].map(({ verdict }) => `${slot.duty} ${verdict}`),
  )
}

/** The export was checked when it was taken in; what is read here is what it says. */
function recordOf(line: string): HaggleRecord {
  // The command under test prints these.
  const { bytes, signature } = JSON.parse(line) as { readonly bytes: string; readonly signature: string }
  const decoded = decodeCanonical(Buffer.from(bytes, 'base64url'), Buffer.from(signature, 'base64url'), networkId)
  if (!decoded.ok) throw new Error(`an export holds what is no record: ${decoded.violation.note}`)
  return decoded.unverified.claimed
}
