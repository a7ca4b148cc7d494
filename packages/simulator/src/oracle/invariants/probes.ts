import type { Invariant } from '../observer.ts'
import type { TwoWords } from '../two-words.ts'

/** L10: once everything is whole again, every pair of the core can make a new contract, unless one of them is proven to the other to have two histories. */
export function pairsContract(twoWords: TwoWords): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'L10',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    finish: ({ failedProbes, at }) => {
      for (const { requester, worker } of failedProbes) {
        if (twoWords.isBarred({ requester, worker })) continue
        report({ text: `agents ${requester} and ${worker} could not make a new contract`, proof: [], at })
      }
    },
  }
}

/** L9: what is open takes room, and nothing that is over does. */
export function nothingLeaks(): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'L9',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    finish: ({ leaks, at }) => {
      for (const text of leaks) report({ text, proof: [], at })
    },
  }
}
