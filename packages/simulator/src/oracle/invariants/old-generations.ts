import { withArticle } from '../article.ts'
import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** What is itself the last word on something, and moves nothing; a vote speaks for nobody, and an ask is for the panel to decide. */
const lastWords: ReadonlySet<string> = new Set(['receipt', 'closing', 'fenced', 'vote', 'ask'])

/** S3: what the worker of an older generation says lands nowhere once its requester has begun the next one. */
export function nothingOfOldGenerations(ledger: Ledger): Invariant {
  return overLogs('S3', ledger, ({ who, now, row, book }, say) => {
    if (row.kind !== 'record' || row.record.author === who.key || lastWords.has(row.record.type)) return
    const { record } = row
    const file = 'contract' in record.body ? book.files.get(record.body.contract) : undefined
    if (file === undefined || file.role !== 'requester' || file.reopenedBy === null) return
    say(
      `agent ${who.agent} took in ${withArticle(record.type)} of a generation that it had left`,
      [file.reopenedBy, record],
      now.at,
    )
  })
}
