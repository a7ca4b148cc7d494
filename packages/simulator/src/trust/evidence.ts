import type { CreditFact, Facts, FaultFact, PledgeFact } from '@haggle/core'
import type { Deal } from './market/deal.ts'
import { keyOf, recordIdOf } from './trader-key.ts'

/** What agents do in these worlds, and what they say of each other. */
export type Happening =
  /** A contract that ended: its requester approved, or a fault was certified. */
  | { readonly kind: 'ended'; readonly deal: Deal }
  /** A contract that is not over. */
  | { readonly kind: 'pledged'; readonly worker: number; readonly stakeMicro: number; readonly untilRound: number }
  /** Somebody says that a worker was late, did bad work, never answered: no certificate, no second signature. */
  | { readonly kind: 'complaint'; readonly by: number; readonly about: number; readonly round: number }
  /** An offer that was made to a worker, and that it never bid for. */
  | { readonly kind: 'unanswered'; readonly requester: number; readonly worker: number; readonly round: number }

/**
 * What happenings prove, as core's scores read it. A round is an epoch. Everything said goes in here; what nobody else can check
 * comes out as nothing.
 */
export class Evidence {
  readonly #credits: CreditFact[] = []
  readonly #faults: FaultFact[] = []
  readonly #pledges: PledgeFact[] = []
  #taken = 0

  get facts(): Facts {
    return { credits: this.#credits, faults: this.#faults, pledges: this.#pledges, tombstones: [] }
  }

  take(happening: Happening): void {
    this.#taken += 1
    switch (happening.kind) {
      case 'ended':
        return this.#takeEnd(happening.deal)
      case 'pledged':
        this.#pledges.push({
          ...{ party: keyOf(happening.worker), stake: happening.stakeMicro, untilEpoch: happening.untilRound },
          contract: recordIdOf(happening.worker, this.#taken),
        })
        return
      case 'complaint':
      case 'unanswered':
        // Alleged by one side: there is no fact to make of it.
        return
    }
  }

  #takeEnd({ round, requester, worker, skill, stakeMicro, success }: Deal): void {
    const contract = recordIdOf(worker, this.#taken)
    const shared = { skill: `skill-${skill}`, epoch: round, contract }
    if (success) this.#credits.push({ ...shared, from: keyOf(requester), to: keyOf(worker), amount: stakeMicro })
    else
      this.#faults.push({
        ...{ ...shared, id: contract, party: keyOf(worker), fault: 'NO_DELIVERY', grade: 'witnessed' },
        ...{ slash: stakeMicro, stake: stakeMicro },
      })
  }
}
