import { bounds, type Acceptance, type PayloadHash, type RecordId } from '@haggle/protocol'
import type { Blobs, Clock, Logger, ResultCheck } from '@haggle/ports'
import type { Answer, AppRequest, Command, Engine } from '@haggle/core'
import type { Review, ReviewAnswer, Reviewer } from './hire-types.ts'
import type { Result } from './payload-types.ts'
import { noteText } from './code-text.ts'
import { readMemo } from './job-memo.ts'
import { resultOf } from './result.ts'

type RecheckRequest = Extract<AppRequest, { readonly kind: 'recheck' }>
type ReviewRequest = Extract<AppRequest, { readonly kind: 'review' }>

export interface ReviewParts {
  readonly engine: Engine
  readonly command: (command: Command) => Promise<Answer>
  readonly blobs: Blobs
  readonly clock: Clock
  readonly logger: Logger
  readonly resultCheck: ResultCheck
}

/** What a schema judges is a document; a longer result fails by its length, which this many bytes show as well. */
const SCHEMA_READS_BYTES = 1_048_577
/** How long before the review clock runs out an unanswered review is approved: between these, a tenth of what is left. */
const LAST_MOMENT = { least: 500, most: 5_000 } as const

interface Open {
  readonly request: ReviewRequest
  readonly abort: AbortController
  readonly cancelAlarm: () => void
  /** Somebody looks at it now. */
  asked: boolean
}

/**
 * Answers deliveries of jobs of this agent: objective acceptance by running the check again, anything else by the job's
 * callback, its stored reviewer, or on receipt. A review that nobody answers is approved just before its clock runs out:
 * it would be deemed approved then anyway, and silence would be our fault.
 */
export class ReviewDesk {
  readonly #parts: ReviewParts
  readonly #callbacks = new Map<string, Review>()
  readonly #open = new Map<RecordId, Open>()
  #reviewer: Reviewer | undefined

  constructor(parts: ReviewParts, reviewer: Reviewer | undefined) {
    this.#parts = parts
    this.#reviewer = reviewer
  }

  /** The callback of a job, for as long as this process runs; a review that waits for it is put before it. */
  attach(key: string, review: Review): void {
    this.#callbacks.set(key, review)
    this.#askAgain()
  }

  detach(key: string): void {
    this.#callbacks.delete(key)
  }

  setReviewer(reviewer: Reviewer | undefined): void {
    this.#reviewer = reviewer
    this.#askAgain()
  }

  take(request: ReviewRequest): void {
    const held = this.#open.get(request.contract)
    if (held !== undefined && sameAnswer(held.request, request)) return
    this.#forget(request.contract)
    if (this.#open.size >= bounds.liveContracts) return
    const open: Open = { request, abort: new AbortController(), cancelAlarm: this.#lastMoment(request), asked: false }
    this.#open.set(request.contract, open)
    this.#ask(open)
  }

  /** Runs the check of our own rejected delivery again: the end of that contract is what anybody would find. */
  recheck(request: RecheckRequest): void {
    this.#recheck(request).catch((error: unknown) =>
      this.#parts.logger.warn('recheck-failed', { contract: request.contract, note: noteText(error) }),
    )
  }

  async #recheck({ contract, acceptance, resultHash, size }: RecheckRequest): Promise<void> {
    const found = await this.#check(acceptance, resultHash, size)
    const word = found === undefined ? 'unknown' : found === approval ? 'pass' : 'fail'
    await this.#parts.command({ kind: 'rechecked', contract, word })
  }

  close(): void {
    for (const contract of [...this.#open.keys()]) this.#forget(contract)
  }

  #askAgain(): void {
    for (const open of this.#open.values()) if (!open.asked) this.#ask(open)
  }

  #ask(open: Open): void {
    open.asked = true
    this.#judge(open).then(
      (answer) => {
        if (answer === undefined) open.asked = false
        else this.#answer(open, answer)
      },
      (error: unknown) => {
        // A review that fails says nothing about the result: the clock decides, and it decides for the worker.
        this.#parts.logger.warn('review-failed', { contract: open.request.contract, note: noteText(error) })
      },
    )
  }

  /** What to answer, or undefined: nobody here can tell yet. */
  async #judge({ request, abort }: Open): Promise<Verdict | undefined> {
    // FAILED is an outcome of the task, not a fault: agreeing to it ends the contract at no cost for anybody.
    if (request.failure !== null || request.delivery === null) return approval
    const { resultHash, size } = request.delivery
    const objective = await this.#check(request.milestone.acceptance, resultHash, size)
    if (objective !== undefined) return objective
    const memo = readMemo(request.memo)
    if (memo.review === 'receipt') return approval
    const view = this.#parts.engine.contract(request.contract)
    if (view === undefined) return undefined
    const result: Result = resultOf(this.#parts.blobs, view, request.delivery)
    const key = view.key ?? ''
    const callback = this.#callbacks.get(key)
    const answer =
      callback === undefined
        ? await this.#reviewer?.({ memo, key, result, signal: abort.signal })
        : await callback(result)
    return answer === undefined ? undefined : verdictOf(answer)
  }

  /** The objective part: the same answer that anybody gets who runs the check on the same bytes. */
  async #check(acceptance: Acceptance, hash: PayloadHash, size: number): Promise<Verdict | undefined> {
    if (acceptance.kind === 'requester' || acceptance.kind === 'jury') return undefined
    if (acceptance.kind === 'hash') {
      return hash === acceptance.hash ? approval : { reason: 'check', note: `the result has the hash ${hash}` }
    }
    const bytes = await firstBytes(this.#parts.blobs, hash, Math.min(size, SCHEMA_READS_BYTES))
    const answer = this.#parts.resultCheck(acceptance, bytes)
    if (answer.kind === 'unknown') return undefined
    return answer.kind === 'pass' ? approval : { reason: 'check', note: answer.reason }
  }

  #answer(open: Open, verdict: Verdict): void {
    const { contract, index: milestone } = open.request
    if (this.#open.get(contract) !== open) return
    this.#forget(contract)
    const command: Command =
      verdict === approval
        ? { kind: 'approve', contract, milestone }
        : { kind: 'reject', contract, milestone, ...verdict }
    this.#parts.command(command).then(
      (answer) => {
        if (!answer.ok) this.#parts.logger.warn('review-refused', { contract, refusal: answer.refusal })
      },
      (error: unknown) => this.#parts.logger.warn('review-not-sent', { contract, note: noteText(error) }),
    )
  }

  #lastMoment(request: ReviewRequest): () => void {
    const { clock, engine } = this.#parts
    const due = engine.contract(request.contract)?.due ?? null
    if (due === null) return () => {}
    const leftMs = Math.max(0, due - clock.wall())
    const marginMs = Math.min(LAST_MOMENT.most, Math.max(LAST_MOMENT.least, Math.floor(leftMs / 10)))
    return clock.alarm(clock.mono() + Math.max(0, leftMs - marginMs), () => {
      const open = this.#open.get(request.contract)
      if (open?.request !== request) return
      this.#parts.logger.warn('review-by-silence', { contract: request.contract })
      this.#answer(open, approval)
    })
  }

  #forget(contract: RecordId): void {
    const open = this.#open.get(contract)
    if (open === undefined) return
    open.cancelAlarm()
    open.abort.abort()
    this.#open.delete(contract)
  }
}

const approval = 'approve'
type Verdict = typeof approval | { readonly reason: 'check' | 'opinion'; readonly note: string }

function verdictOf(answer: ReviewAnswer): Verdict {
  if (answer === 'approve') return approval
  return { reason: 'opinion', note: answer === 'reject' ? '' : answer.reject }
}

function sameAnswer(a: ReviewRequest, b: ReviewRequest): boolean {
  return a.index === b.index && a.delivery?.revision === b.delivery?.revision && a.resultHash === b.resultHash
}

async function firstBytes(blobs: Blobs, hash: PayloadHash, size: number): Promise<Uint8Array> {
  const out = new Uint8Array(size)
  let at = 0
  for await (const chunk of blobs.read(hash)) {
    out.set(chunk.subarray(0, size - at), at)
    at += Math.min(chunk.length, size - at)
    if (at === size) break
  }
  return out
}
