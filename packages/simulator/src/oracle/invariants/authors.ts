import { withArticle } from '../article.ts'
import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

const byRequester: ReadonlySet<string> = new Set(['approve', 'reject', 'opening', 'fenced'])
const byWorker: ReadonlySet<string> = new Set([
  ...['accept', 'decline', 'deliver', 'failed', 'withdraw', 'concede', 'unseal', 'heartbeat'],
])

/** S1: whatever has an effect bears the genuine signature of the one who may say it, for this contract and its generation. */
export function rightAuthors(ledger: Ledger): Invariant {
  return overLogs('S1', ledger, ({ who, now, row }, say) => {
    if (row.kind === 'unread') say(`agent ${who.agent} keeps what nobody has genuinely signed`, [], now.at)
    if (row.kind !== 'record') return
    const problem = problemOf(ledger, row.record)
    if (problem !== null)
      say(`agent ${who.agent} took in ${withArticle(row.record.type)}: ${problem}`, [row.record], now.at)
  })
}

function problemOf(ledger: Ledger, record: HaggleRecord): string | null {
  const { type, author, body } = record
  if (type === 'award' || type === 'reopening' || type === 'withdrawal') {
    const offer = ledger.offers.get(body.task)
    return offer?.author === author ? null : 'its author does not own the task'
  }
  if (!('contract' in body)) return null
  const award = ledger.awards.get(body.contract)
  if (award === undefined) return 'nobody ever made its contract'
  const wrong = roleProblem(type, author, award)
  if (wrong !== null) return wrong
  const isOfGeneration = !('generation' in body) || body.generation === award.body.generation
  return isOfGeneration ? null : 'it speaks for another generation'
}

function roleProblem(type: string, author: AgentKey, award: HaggleRecord<'award'>): string | null {
  const { author: requester } = award
  const { worker } = award.body
  // WIT-08: a vote says something only where the award names its author.
  if (type === 'vote') return award.body.panel.includes(author) ? null : 'its author is not on the panel'
  if (author !== requester && author !== worker) return 'its author is no party to the contract'
  if (byRequester.has(type) && author !== requester) return 'only the requester may say that'
  return byWorker.has(type) && author !== worker ? 'only the worker may say that' : null
}
