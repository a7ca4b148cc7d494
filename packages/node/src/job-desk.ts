import { HaggleError, bounds, limits, recordText, toHex, type PayloadHash, type RecordId } from '@haggle/protocol'
import { orderTaskRecords, type ContractView, type EngineEvent, type TaskView } from '@haggle/core'
import type { Blobs, Clock, Entropy } from '@haggle/ports'
import type { AgentEvent, Job, JobState } from './agent-types.ts'
import type { Duration, PayloadSource, Result } from './payload-types.ts'
import type { HireTerms, JobMemo, ProfileName } from './hire-types.ts'
import { codeText } from './code-text.ts'
import type { Driver } from './driver.ts'
import { durationMs } from './duration.ts'
import { hireError, jobState, type ExpiryCause } from './job-end.ts'
import { memoText, readMemo } from './job-memo.ts'
import { offerJob, offerJobLater } from './offer-job.ts'
import { atMost, byteSource, hashOf } from './payload.ts'
import { idOf } from './refused.ts'
import { resultOf } from './result.ts'
import type { ReviewDesk } from './review-desk.ts'
import { judgedTerms } from './standard-schema.ts'
import { Waiters } from './waiters.ts'

export interface JobParts {
  readonly driver: Driver
  readonly reviews: ReviewDesk
  readonly blobs: Blobs
  readonly clock: Clock
  readonly entropy: Entropy
  readonly profile: ProfileName
}

interface HeldInput {
  readonly hash: PayloadHash
  readonly size: number
  readonly mediaType: string
}

/** The input of a job before it is known whether the job is a new one: it is read once, to be stored or to be compared. */
interface JobInput {
  put(): Promise<HeldInput>
  hash(): Promise<PayloadHash>
}

/** Random bytes of a key that the caller did not choose. */
const KEY_BYTES = 12

/** Everything the agent has others do: jobs, and who waits for them. */
export class JobDesk {
  readonly waiters = new Waiters()
  readonly #parts: JobParts
  readonly #causes = new Map<RecordId, ExpiryCause>()
  /** Hires of one key at the same moment are one job. */
  readonly #hiring = new Map<string, Promise<Job>>()

  constructor(parts: JobParts) {
    this.#parts = parts
  }

  hire(skill: string, input: PayloadSource, given: HireTerms): Promise<Job> {
    const source = byteSource(input)
    const { blobs } = this.#parts
    const bytes = atMost(source.stream, limits.blobBytes)
    const put = async (): Promise<HeldInput> => ({ ...(await blobs.put(bytes)), mediaType: source.mediaType })
    return this.#once(skill, { put, hash: () => hashOf(bytes) }, judgedTerms(given))
  }

  /** The same for an input that the blob store holds already. */
  hireHeld(skill: string, held: HeldInput, given: HireTerms): Promise<Job> {
    const input = { put: () => Promise.resolve(held), hash: () => Promise.resolve(held.hash) }
    return this.#once(skill, input, judgedTerms(given))
  }

  #once(skill: string, input: JobInput, terms: HireTerms): Promise<Job> {
    const key = terms.key ?? toHex(this.#parts.entropy.bytes(KEY_BYTES))
    const known = this.byKey(key)
    if (known !== undefined) return this.#again(known, skill, input, terms)
    const under = this.#hiring.get(key)
    if (under !== undefined) return under.then((job) => this.#again(job, skill, input, terms))
    const hiring = this.#hire(key, skill, input, terms).finally(() => this.#hiring.delete(key))
    this.#hiring.set(key, hiring)
    return hiring
  }

  /** The job that has this key already; the same key for another task is a mistake of whoever hires. */
  async #again(job: Job, skill: string, input: JobInput, terms: HireTerms): Promise<Job> {
    const held = this.#view(job.task).job?.input.hash
    const same = job.skill === skill && (await input.hash()) === held
    if (!same)
      throw new HaggleError(
        'job/key-taken',
        `the key "${job.key}" belongs to another task: ${job.skill === skill ? 'its input' : 'its skill'} is another`,
        {
          next: 'Choose another key; `haggle contract result KEY` prints the result of the first task.',
          detail: { key: job.key, task: recordText(job.task) },
        },
      )
    if (terms.review !== undefined) this.#parts.reviews.attach(job.key, terms.review)
    return job
  }

  byKey(key: string): Job | undefined {
    const task = this.#parts.driver.engine.taskByKey(key)
    return task === undefined ? undefined : this.#job(task)
  }

  all(): readonly Job[] {
    return this.#parts.driver.engine
      .tasks()
      .filter((task) => task.role === 'requester')
      .map((task) => this.#job(task))
  }

  /** Something ended in these tasks: remembers why they expired, and wakes who waits. */
  ended(tasks: ReadonlySet<RecordId>, events: readonly EngineEvent[]): void {
    for (const event of events) if (event.event === 'expired') this.#remember(event.task, event.cause)
    this.waiters.wake(tasks)
  }

  async cancel(task: RecordId, reason: string): Promise<void> {
    idOf(await this.#parts.driver.command({ kind: 'cancel', task, reason: codeText(reason, 'cancelled') }))
  }

  async #hire(key: string, skill: string, input: JobInput, terms: HireTerms): Promise<Job> {
    const { driver, reviews, clock, profile } = this.#parts
    // The terms are looked at before the input is read: a mistake in them costs no copy of it.
    const named = { key, skill, memo: memoText(memoOf(terms)) }
    offerJob(named, terms, { wall: clock.wall(), profile })
    const held = await input.put()
    const mediaType = terms.mediaType === undefined ? held.mediaType : terms.mediaType
    // An input that is read from a person or a slow pipe takes its time: the clocks of the offer start when it is there.
    const draft = offerJobLater(named, terms, { wall: clock.wall(), profile })
    const job = { ...draft, input: { ...draft.input, ...held, mediaType } }
    if (terms.review !== undefined) reviews.attach(key, terms.review)
    const from = driver.events.next
    const id = idOf(await driver.command({ kind: 'offer', job }))
    const task = id === null ? undefined : driver.engine.task(id)
    if (task === undefined) throw new TypeError('an offered job has a task')
    return this.#job(task, from)
  }

  /** `from`: no event of this task stands before it. */
  #job({ task, key, skill, job }: TaskView, from = 0): Job {
    return {
      ...{ task, skill },
      key: key ?? '',
      memo: readMemo(job?.memo ?? ''),
      state: () => this.#state(task),
      events: (signal) => this.#events(task, from, signal),
      settled: (signal) => this.#settled(task, signal),
      cancel: (reason = 'cancelled') => this.cancel(task, reason),
      acknowledged: (limit) => this.#acknowledged(task, limit),
      records: () => orderTaskRecords(this.#parts.driver.engine.records(task)),
      contracts: () => this.#contracts(task),
    }
  }

  #view(task: RecordId): TaskView {
    const view = this.#parts.driver.engine.task(task)
    if (view !== undefined) return view
    throw new HaggleError('task/unknown', 'the task is so long over that it is no longer held', {
      next: 'Use the task file that was saved when it ended.',
    })
  }

  #contracts(task: RecordId): readonly ContractView[] {
    const { engine } = this.#parts.driver
    const contracts = (engine.task(task)?.contracts ?? []).flatMap((id) => engine.contract(id) ?? [])
    return contracts.toSorted((a, b) => a.generation - b.generation)
  }

  #state(task: RecordId): JobState {
    return jobState(this.#view(task), this.#contracts(task), this.#causes.get(task), this.#parts.driver.met)
  }

  /** Waits for the end; rejects with the error that made the agent stop, or `agent/closed`, when it stops before. */
  async #over(task: RecordId, signal?: AbortSignal): Promise<Extract<JobState, { kind: 'settled' | 'ended' }>> {
    const { driver } = this.#parts
    for (;;) {
      signal?.throwIfAborted()
      // Looked at and waited for without a turn between: nothing can happen unseen.
      const state = this.#state(task)
      if (state.kind === 'settled' || state.kind === 'ended') return state
      const over = driver.over
      if (over !== undefined) throw over
      await this.waiters.next(task, signal)
    }
  }

  async #settled(task: RecordId, signal?: AbortSignal): Promise<Result> {
    const { driver, blobs } = this.#parts
    let state = await this.#over(task, signal)
    if (state.kind === 'ended' && state.contract === null && !this.#causes.has(task)) {
      // The reason was told before a restart: it stands in the story.
      await this.#recall(task)
      state = await this.#over(task, signal)
    }
    const contracts = this.#contracts(task)
    if (state.kind === 'ended') throw hireError(state.code, this.#view(task), contracts.at(-1), driver.met)
    const contract = contracts.find((each) => each.contract === state.contract)
    if (contract === undefined || contract.result === null) throw new TypeError('a settled contract has a result')
    return resultOf(blobs, contract, contract.result)
  }

  async #acknowledged(task: RecordId, limit: Duration): Promise<boolean> {
    const { clock, driver } = this.#parts
    const over = new AbortController()
    const cancel = clock.alarm(clock.mono() + durationMs(limit, 'limit'), () => over.abort())
    try {
      for (;;) {
        if (this.#contracts(task).at(-1)?.closed !== false) return true
        if (over.signal.aborted || driver.over !== undefined) return false
        await this.waiters.next(task, over.signal)
      }
    } finally {
      cancel()
    }
  }

  async *#events(task: RecordId, from: number, signal?: AbortSignal): AsyncGenerator<AgentEvent, void, undefined> {
    const { events } = this.#parts.driver
    const stop = new AbortController()
    const onAbort = (): void => stop.abort()
    signal?.addEventListener('abort', onAbort)
    // However it ends, following ends with it; the error itself is for `settled` to tell.
    void this.#over(task, stop.signal).then(onAbort, onAbort)
    let next = from
    try {
      for await (const event of events.stream({ from, follow: true, signal: stop.signal })) {
        if (event.seq !== null) next = event.seq + 1
        if (isOf(event, task)) yield event
      }
      if (signal?.aborted === true) return
      for await (const event of events.stream({ from: next })) if (isOf(event, task)) yield event
    } finally {
      stop.abort()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #recall(task: RecordId): Promise<void> {
    for await (const event of this.#parts.driver.events.stream()) {
      if (event.event === 'expired' && event.task === task) this.#remember(task, event.cause)
    }
    if (!this.#causes.has(task)) this.#remember(task, 'no-bids')
  }

  #remember(task: RecordId, cause: ExpiryCause): void {
    this.#causes.set(task, cause)
    if (this.#causes.size <= bounds.closedTasks) return
    for (const oldest of this.#causes.keys()) {
      this.#causes.delete(oldest)
      return
    }
  }
}

function memoOf(terms: HireTerms): JobMemo {
  const review =
    terms.reviewCommand !== undefined
      ? { cmd: terms.reviewCommand }
      : terms.review === undefined
        ? 'receipt'
        : 'callback'
  return { review, app: terms.memo ?? {} }
}

function isOf(event: AgentEvent, task: RecordId): boolean {
  return 'task' in event && event.task === task
}
