import { computeScores, factsOf, judge, type Facts, type JudgePorts, type Scores } from '@haggle/core'
import { resultCheck } from '@haggle/node/pure'
import { protocolParams, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import type { Observer, Proven } from '../oracle/observer.ts'
import type { Random } from '../random.ts'

/** Records that are kept; worlds with more are too large to be judged as a whole. */
const MOST = 40_000
/** Orders in which the whole is read, beside the one in which it was said. */
const SHUFFLES = 2

/** Everything that anybody said in a world under his own name: what a crash took before it left its author proves nothing. */
export class Archive implements Observer {
  readonly #records = new Map<RecordId, HaggleRecord>()

  sent({ records }: Parameters<Required<Observer>['sent']>[0]): void {
    for (const record of records) this.#keep(record)
  }

  published(...[, { record }]: Parameters<Required<Observer>['published']>): void {
    if (record !== undefined) this.#keep(record)
  }

  /** What all of it proves together, as anybody who holds it would find; null when it is too much. */
  proves(shown: Pick<Required<JudgePorts>, 'payload' | 'opensSeal'>, random: Random): Proven | null {
    const records = [...this.#records.values()]
    if (records.length > MOST) return null
    const ports = { checkResult: resultCheck, ...shown }
    const facts = factsOf(records, ports)
    const orders = Array.from({ length: SHUFFLES }, () => digestOf(factsOf(random.shuffled(records), ports)))
    const verdicts = judge(records, ports)
    return {
      ...{ records, pledges: facts.pledges, booked: facts.faults },
      certificates: verdicts.flatMap(({ contract, certificates }) =>
        certificates.map(({ slot, verdict, votes }) => ({ contract, slot, verdict, votes })),
      ),
      // Who holds no payload, as most agents do, believes the panels.
      faults: [...verdicts, ...judge(records, { checkResult: resultCheck, payload: () => undefined })].flatMap(
        ({ contract, faults }) =>
          faults.map(({ id, party, fault, grade, slash, milestone }) => ({
            ...{ id, contract, party, fault, grade, slash, milestone },
          })),
      ),
      ...{ corrupt: facts.tombstones.map(({ party }) => party), credits: facts.credits },
      capacity: (viewer, agent) => scoresOf(facts, viewer).capacity(agent),
      digests: [digestOf(facts), ...orders],
    }
  }

  #keep(record: HaggleRecord): void {
    if (this.#records.size <= MOST && record.type !== 'advert') this.#records.set(record.id, record)
  }
}

/** The numbers of one viewer, whenever the last of these facts came to be. */
function scoresOf(facts: Facts, viewer: AgentKey): Scores {
  const epoch = Math.max(0, ...[...facts.credits, ...facts.faults].map((each) => each.epoch))
  return computeScores(facts, [viewer], protocolParams, epoch)
}

/** Facts as a text that is the same for the same facts. */
function digestOf({ credits, faults, pledges, tombstones }: Facts): string {
  const sorted = (list: readonly object[]): readonly string[] => list.map((each) => JSON.stringify(each)).toSorted()
  return JSON.stringify([credits, faults, pledges, tombstones].map(sorted))
}
