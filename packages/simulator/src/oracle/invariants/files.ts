import { heightOf } from '../line.ts'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** S6: what an agent closed it can show: its task file verifies as a whole chain, and proves no lower end than the one it closed with. */
export function filesVerify(ledger: Ledger): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'S6',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    finish: ({ files, at }) => {
      if (files === null) return
      const shown = new Map(files.map((each) => [`${each.agent} ${each.contract}`, each]))
      for (const { agent, key, core } of ledger.members.values()) {
        if (!core || !ledger.keepsItsWord(key)) continue
        for (const { award, role, closings, overtaken } of ledger.homeOf(agent)?.files.values() ?? []) {
          const closing = closings.find(({ author }) => author === key)
          // What a cheat signed need not stand in a chain of its own.
          const peer = role === 'requester' ? award.body.worker : award.author
          if (closing === undefined || overtaken || !ledger.keepsItsWord(peer)) continue
          const { end, fault } = closing.body.outcome
          // S7: what rests on a clock alone is what one side believes, and later evidence may say otherwise.
          if (end === 'lapsed' || end === 'undecided') continue
          const verdict = shown.get(`${agent} ${award.id}`)
          const proves = verdict === undefined ? 'nothing' : (verdict.end ?? 'no end')
          if (verdict?.end != null && heightOf(verdict.end, verdict.fault) >= heightOf(end, fault)) continue
          sayer(report)(
            `agent ${agent} closed a contract as ${end}, and its file proves ${proves}`,
            [award, closing],
            at,
          )
        }
      }
    },
  }
}
