import type { AgentKey } from '@haggle/protocol'
import type { ContractFile } from '../book.ts'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'
import type { TwoWords } from '../two-words.ts'
import { graceOf } from '../windows.ts'

/** Writing down an end takes a moment. */
const SLACK_MS = 1_000

/** L1: every offer of the core is awarded or runs out, and what was awarded is settled or off the board in the end. */
export function tasksEnd(ledger: Ledger): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'L1',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    finish: ({ livenessUntil, at, wall }) => {
      if (livenessUntil === null) return
      for (const { agent, key, core, correct } of ledger.members.values()) {
        const book = core && correct ? ledger.homeOf(agent) : undefined
        for (const task of book?.ownTasks ?? []) {
          const offer = ledger.offers.get(task)
          if (book === undefined || offer === undefined || book.closedTasks.has(task)) continue
          const { endBy, timers } = offer.body.terms
          const files = book.ofTask.get(task) ?? []
          if (files.some((file) => !file.isOver || isSettled(file, key))) continue
          if (endBy + graceOf(timers) + SLACK_MS < wall)
            sayer(report)(`a task of agent ${agent} is neither settled nor off the board`, [offer], at)
        }
      }
    },
  }
}

/** By an approval, or because its panel certifies that the review was silent. */
function isSettled({ highest, closings }: ContractFile, key: AgentKey): boolean {
  if (highest?.at === 'over' && highest.end === 'settled') return true
  return closings.some(({ author, body }) => author === key && body.outcome.end === 'settled')
}

/** L6: what is settled at the requester is settled at the worker. */
export function settledForBoth(ledger: Ledger): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'L6',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    finish: ({ livenessUntil, at }) => {
      if (livenessUntil === null) return
      for (const { agent, key, core } of ledger.members.values()) {
        if (!core || !ledger.keepsItsWord(key)) continue
        for (const file of ledger.homeOf(agent)?.files.values() ?? []) {
          const closing = file.closings.find(({ author }) => author === key)
          if (file.role !== 'requester' || closing?.body.outcome.end !== 'settled') continue
          const worker = ledger.memberOf.get(file.award.body.worker)
          if (worker === undefined || !worker.core || !ledger.keepsItsWord(worker.key)) continue
          const there = ledger.homeOf(worker.agent)?.files.get(file.award.id)
          if (there !== undefined && isSettled(there, worker.key)) continue
          sayer(report)(
            `what agent ${agent} settled is not settled for agent ${worker.agent}`,
            [file.award, closing],
            at,
          )
        }
      }
    },
  }
}

/** L7: babblers stop no connected core: its pairs contract while somebody cheats, unless one of them is proven to the other to have two histories. */
export function babblersStopNobody(ledger: Ledger, twoWords: TwoWords): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'L7',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    finish: ({ failedProbes, at }) => {
      if ([...ledger.members.values()].every(({ correct }) => correct)) return
      for (const { requester, worker } of failedProbes) {
        if (twoWords.isBarred({ requester, worker })) continue
        report({ text: `agents ${requester} and ${worker} came to nothing beside a babbler`, proof: [], at })
      }
    },
  }
}
