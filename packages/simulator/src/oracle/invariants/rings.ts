import type { AgentKey } from '@haggle/protocol'
import { sayer, type Ledger, type Say } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/**
 * S21: a ring of sybils gains nothing in the eyes of others: whatever cheats say of each other, no honest agent trusts one of them with more
 * than honest agents together have credited all of them with.
 */
export function ringsGainNothing(ledger: Ledger): Invariant {
  let say: Say = () => {}
  return {
    id: 'S21',
    begin: (_cast, report) => {
      say = sayer(report)
    },
    finish: ({ proven, at }) => {
      if (proven === null) return
      const members = [...ledger.members.values()]
      const ring = new Set<AgentKey>(members.filter(({ correct }) => !correct).map(({ key }) => key))
      // Who is credited by nobody of its own kind has no more than was earned, however it is counted.
      if (!proven.credits.some(({ from, to }) => ring.has(from) && ring.has(to))) return
      const earned = proven.credits
        .filter(({ from, to }) => ring.has(to) && !ring.has(from))
        .reduce((sum, { amount }) => sum + amount, 0)
      for (const { agent, key, correct } of members) {
        if (!correct) continue
        for (const cheat of ring) {
          const trusted = proven.capacity(key, cheat)
          if (trusted > earned) say(`agent ${agent} trusts a cheat with ${trusted}, and ${earned} were earned`, [], at)
        }
      }
    },
  }
}
