import { HaggleError, limits, recordText, type MicroCredits, type PayloadHash, type RecordId } from '@haggle/protocol'
import { graceMs, type AppRequest, type Engine, type TaskView } from '@haggle/core'
import type { Blobs, Clock, Logger } from '@haggle/ports'
import type { Job } from './agent-types.ts'
import { noteText } from './code-text.ts'
import { creditsOf, microCredits } from './credits.ts'
import { durationMs } from './duration.ts'
import type { JobDesk } from './job-desk.ts'
import { atMost, byteSource } from './payload.ts'
import type { PayloadSource, Result } from './payload-types.ts'
import type { Stop } from './stop.ts'
import type { SubHireTerms, Task } from './service-types.ts'

type WorkRequest = Extract<AppRequest, { readonly kind: 'work' }>

export interface SubHireParts {
  readonly engine: Engine
  readonly jobs: JobDesk
  readonly blobs: Blobs
  readonly clock: Clock
  readonly logger: Logger
}

/** One run of a handler: what it hired so far, and the turn of its next offer. */
interface Run {
  readonly request: WorkRequest
  /** The task's key: every key of a part begins with it. */
  readonly key: string
  readonly stop: Stop
  readonly used: Set<string>
  /** Offers of one run are made one after the other, so that each sees what the others left of the price. */
  turn: Promise<unknown>
}

/** Jobs that tasks of others have this agent hire: bounded by their parent, and over when it is. */
export class SubHires {
  readonly #parts: SubHireParts
  /** Open parts, by their task, with the task that they are a part of. */
  readonly #open = new Map<RecordId, RecordId>()

  constructor(parts: SubHireParts) {
    this.#parts = parts
  }

  /** `task.hire` of one run of a handler. */
  hireOf(request: WorkRequest, key: string, stop: Stop): Task['hire'] {
    const run: Run = { request, key, stop, used: new Set(), turn: Promise.resolve() }
    return (skill, input, terms = {}) => this.#hire(run, skill, input, terms)
  }

  /** After a restart: parts of tasks that ended while this agent was away are cancelled. */
  resume(): void {
    for (const task of this.#parts.engine.tasks()) {
      const parent = parentOf(task)
      if (parent !== undefined && task.closedAs === null && task.state !== 'done') this.#open.set(task.task, parent)
    }
    this.ended()
  }

  /** Something ended: MKT-31: parts whose parent is no longer under work are cancelled. */
  ended(): void {
    if (this.#open.size === 0) return
    const { engine } = this.#parts
    const live = new Set(
      engine.contracts().flatMap((each) => (each.role === 'worker' && each.outcome === null ? [each.task] : [])),
    )
    for (const parent of new Set(this.#open.values())) if (!live.has(parent)) this.#cancelPartsOf(parent)
  }

  async #hire(run: Run, skill: string, input: PayloadSource, terms: SubHireTerms): Promise<Result> {
    run.stop.signal.throwIfAborted()
    const source = byteSource(input)
    const held = await this.#parts.blobs.put(atMost(source.stream, limits.blobBytes), undefined, run.stop.signal)
    const offering = run.turn.then(() => this.#offer(run, skill, { mediaType: source.mediaType, ...held }, terms))
    run.turn = offering.catch(() => {})
    const job = await offering
    const settled = job.settled(run.stop.signal)
    // MKT-31: a handler that stops waiting has not ended its part: that is still to be cancelled.
    const forget = (): void => {
      if (job.state().kind === 'ended') this.#open.delete(job.task)
    }
    void settled.then(forget, forget)
    return settled
  }

  async #offer(
    run: Run,
    skill: string,
    held: { readonly hash: PayloadHash; readonly size: number; readonly mediaType: string },
    terms: SubHireTerms,
  ): Promise<Job> {
    run.stop.signal.throwIfAborted()
    const { jobs } = this.#parts
    const key = terms.key === undefined ? this.#freeKey(run, skill, held.hash) : `${run.key}/${terms.key}`
    run.used.add(key)
    const known = jobs.byKey(key)
    // A job that stands is found again as it is: what is left now is no matter of its terms.
    const job = known ?? (await jobs.hireHeld(skill, held, { ...terms, ...this.#bounds(run, terms), key }))
    if (job.state().kind === 'open' || job.state().kind === 'running') this.#open.set(job.task, run.request.task)
    // The task may have ended while its part was offered.
    if (run.stop.signal.aborted) this.ended()
    return job
  }

  /** MKT-30: the same part of the same task: the first key of its skill and input that this run has not used and that did not fail. */
  #freeKey(run: Run, skill: string, hash: PayloadHash): string {
    for (let n = 1; ; n += 1) {
      const key = `${run.key}/${skill}/${hash.slice(0, 32)}/${n}`
      if (run.used.has(key)) continue
      if (this.#parts.jobs.byKey(key)?.state().kind !== 'ended') return key
    }
  }

  /** MKT-29: what the parent leaves: time less G + 2δ, and of its price what its other parts do not take. */
  #bounds(run: Run, terms: SubHireTerms): Required<Pick<SubHireTerms, 'deadline' | 'budget'>> & { parent: RecordId } {
    const { request } = run
    const { timers } = request.terms
    const leftMs = request.due - graceMs(timers) - 2 * timers.deltaMs - this.#parts.clock.wall()
    if (leftMs <= 0) {
      throw new HaggleError('task/no-time', 'the task leaves no time to hire somebody for a part of it', {
        next: 'Do the rest yourself, or give the task back with task.withdraw.',
      })
    }
    const left = request.price - this.#spent(run)
    const budget = terms.budget === undefined ? left : Math.min(microCredits(terms.budget, 'budget'), left)
    if (left <= 0) {
      throw new HaggleError('task/no-budget', 'the price of the task is spent on other parts of it', {
        next: 'Give each part a budget of its own, or quote a higher price for the task.',
      })
    }
    const wanted = terms.deadline === undefined ? leftMs : durationMs(terms.deadline, 'deadline')
    return { deadline: Math.min(wanted, leftMs), budget: creditsOf(budget), parent: request.task }
  }

  /** What this task's parts cost, or may cost while they are open. */
  #spent(run: Run): MicroCredits {
    const { engine } = this.#parts
    const parts = engine.tasks().filter((task) => task.key?.startsWith(`${run.key}/`) === true)
    const settled = new Map(
      engine.contracts().flatMap((each) => (each.outcome?.end === 'settled' ? [[each.task, each.price] as const] : [])),
    )
    return parts.reduce((sum, { task, job, closedAs }) => {
      const price = settled.get(task)
      return sum + (price ?? (closedAs === null ? (job?.value ?? 0) : 0))
    }, 0)
  }

  #cancelPartsOf(parent: RecordId): void {
    const { jobs, logger } = this.#parts
    for (const [task, of] of [...this.#open]) {
      if (of !== parent) continue
      this.#open.delete(task)
      jobs
        .cancel(task, 'parent-ended')
        .catch((error: unknown) => logger.debug('part-not-cancelled', { task, note: noteText(error) }))
    }
  }
}

/** The task that a job of ours is a part of, when a handler hired it: its key then names that task. */
function parentOf({ job, key }: TaskView): RecordId | undefined {
  const parent = job?.parent ?? null
  return parent !== null && key?.includes(`/${recordText(parent)}/`) === true ? parent : undefined
}
