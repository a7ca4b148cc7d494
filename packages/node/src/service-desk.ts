import {
  agentText,
  HaggleError,
  bounds,
  limits,
  recordText,
  schemas,
  type AgentKey,
  type RecordId,
} from '@haggle/protocol'
import type { Blobs, Clock, HeldBlob, Logger } from '@haggle/ports'
import type { Answer, AppRequest, Command, OfferedSkill, Seal } from '@haggle/core'
import type { NodeEvent } from './agent-types.ts'
import type { OfferToQuote, Quote, ServeOptions, Service, Task, TaskHandler, TaskResult } from './service-types.ts'
import { codeText, noteText } from './code-text.ts'
import type { Conditions } from './conditions.ts'
import { creditsOf, microCredits } from './credits.ts'
import { durationMs } from './duration.ts'
import { atMost, byteSource, isTypedResult, storedPayload } from './payload.ts'
import { parseResultSchema } from './pure/result-schema.ts'
import type { Partners } from './partners.ts'
import { QuotePace } from './quote-pace.ts'
import { progressLine } from './progress-line.ts'
import { idOf } from './refused.ts'
import { Stop } from './stop.ts'
import { TaskFailed, TaskGivenBack } from './task-failed.ts'

type QuoteRequest = Extract<AppRequest, { readonly kind: 'quote' }>
type WorkRequest = Extract<AppRequest, { readonly kind: 'work' }>
type StopRequest = Extract<AppRequest, { readonly kind: 'stop' }>

export interface ServiceParts {
  readonly command: (command: Command) => Promise<Answer>
  readonly tell: (event: NodeEvent) => void
  readonly blobs: Blobs
  readonly clock: Clock
  readonly logger: Logger
  /** `task.hire` of one run of a handler. */
  readonly hireOf: (request: WorkRequest, key: string, stop: Stop) => Task['hire']
  /** Seals a held result for its requester; null: it goes as it is. */
  readonly seal: (result: HeldBlob, requester: AgentKey) => Promise<Seal | null>
  /** Those with whom there have been contracts. */
  readonly partners: Pick<Partners, 'has'>
  /** Whose tasks are taken, and under which terms. */
  readonly conditions: Conditions
}

interface Served {
  readonly options: ServeOptions
  readonly handler: TaskHandler
  stopped: boolean
}
interface Run {
  readonly request: WorkRequest
  readonly stop: Stop
  readonly done: Promise<void>
}

/** Everything the agent does for others: quotes, work, and the end of it. */
export class ServiceDesk {
  readonly #parts: ServiceParts
  readonly #pace: QuotePace<QuoteRequest>
  readonly #served = new Map<string, Served>()
  /** One run per contract at a time: a later milestone or revision comes after the answer to the one before. */
  readonly #runs = new Map<RecordId, Run>()
  /** Work that a restart brought back before its skill is served again. */
  readonly #unserved = new Map<RecordId, WorkRequest>()
  #closing = false

  constructor(parts: ServiceParts) {
    this.#parts = parts
    this.#pace = new QuotePace({
      clock: parts.clock,
      isPartner: (requester) => parts.partners.has(requester),
      answer: (request) => this.#answer(request),
    })
  }

  skills(): readonly string[] {
    return [...this.#served].filter(([, served]) => !served.stopped).map(([skill]) => skill)
  }

  serve(skill: string, options: ServeOptions, handler: TaskHandler): Service {
    const held = this.#served.get(skill)
    if (held !== undefined && !held.stopped) {
      throw new HaggleError('serve/taken', `this agent serves ${skill} already`, {
        next: 'Stop the other service first, or serve it by an agent of another name.',
      })
    }
    checkShape(skill, options)
    const served: Served = { options, handler, stopped: false }
    this.#served.set(skill, served)
    const ready = this.#announce()
    // Whoever does not wait for `ready` must not be ended by it; the refusal is in the log.
    ready.catch((error: unknown) => this.#parts.logger.error('serve-refused', { skill, note: noteText(error) }))
    for (const request of [...this.#unserved.values()]) if (request.terms.skill === skill) this.work(request)
    return {
      skill,
      ready,
      running: () => [...this.#runs.values()].filter((run) => run.request.terms.skill === skill).length,
      stop: async () => {
        served.stopped = true
        await this.#announce()
      },
    }
  }

  /** Answers a request of the engine; silence declines, which is free. */
  quote(request: QuoteRequest): void {
    const served = this.#served.get(request.terms.skill)
    if (served === undefined || served.stopped || this.#closing) return
    if (!canBeJudged(request)) return
    this.#pace.take(request)
  }

  #answer(request: QuoteRequest): void {
    const served = this.#served.get(request.terms.skill)
    if (served === undefined || served.stopped || this.#closing) return
    this.#bid(request, served).catch((error: unknown) =>
      this.#parts.logger.warn('quote-failed', { skill: request.terms.skill, note: noteText(error) }),
    )
  }

  work(request: WorkRequest): void {
    const { contract } = request
    const run = this.#runs.get(contract)
    if (run !== undefined) {
      // A rejection or the next milestone may come before the last run has said that it ended.
      const same = run.request.milestone === request.milestone && run.request.revision === request.revision
      if (!same) void run.done.then(() => this.work(request))
      return
    }
    const served = this.#served.get(request.terms.skill)
    if (served === undefined) {
      if (this.#unserved.size < bounds.liveContracts) this.#unserved.set(contract, request)
      return
    }
    this.#unserved.delete(contract)
    const stop = new Stop()
    const done = this.#run(request, served, stop)
    this.#runs.set(contract, { request, stop, done })
  }

  stop(request: StopRequest): void {
    this.#unserved.delete(request.contract)
    this.#runs.get(request.contract)?.stop.stop(stopped(request.why))
  }

  /** Bids no more; resolves when no run is left, or when the limit has passed: then the rest is given back. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true
    this.#pace.stop()
    for (const served of this.#served.values()) served.stopped = true
    if (this.#served.size > 0) await this.#announce().catch(() => {})
    const { clock } = this.#parts
    const all = Promise.all([...this.#runs.values()].map((run) => run.done)).then(() => true)
    if (this.#runs.size > 0 && drainMs > 0) {
      const over = new AbortController()
      const limit = clock.sleep(drainMs, over.signal).catch(() => {})
      await Promise.race([all, limit])
      over.abort()
    }
    for (const run of this.#runs.values()) run.stop.stop(new TaskGivenBack('closing'))
    await all
  }

  async #announce(): Promise<void> {
    const live = [...this.#served].filter(([, served]) => !served.stopped)
    const skills = live.map(([name, { options }]) => offered(name, options))
    const slots = live.reduce((sum, [, { options }]) => sum + (options.slots ?? 1), 0)
    idOf(await this.#parts.command({ kind: 'serve', skills, slots, ...this.#parts.conditions }))
  }

  async #bid(request: QuoteRequest, served: Served): Promise<void> {
    const quote = await quoteOf(request, served.options)
    if (quote === null || served.stopped || this.#closing) return
    const price = microCredits(quote.price, 'price')
    // A price above the budget is a no, and a no is silence.
    if (request.mode === 'auction' && price > request.value) return
    const workMs = request.terms.milestones.reduce((sum, each) => sum + each.durationMs, 0)
    const answer = await this.#parts.command({
      kind: 'bid',
      task: request.task,
      generation: request.generation,
      price,
      // Rounds up: a bid never promises to be ready at once.
      etaMs: quote.eta === undefined ? Math.ceil(workMs / 2) : durationMs(quote.eta, 'eta'),
      leaseMs: quote.lease === undefined ? null : durationMs(quote.lease, 'lease'),
    })
    if (!answer.ok) this.#parts.logger.debug('bid-refused', { refusal: answer.refusal, task: request.task })
  }

  /** Never rejects: what a handler does ends in a delivery, a failure, or a task given back. */
  async #run(request: WorkRequest, served: Served, stop: Stop): Promise<void> {
    const { contract } = request
    let command: Command | undefined
    try {
      const result = await stop.unless(async () => served.handler(this.#task(request, stop)))
      command = await this.#delivery(request, served, stop, result)
    } catch (error) {
      command = this.#failure(request, stop.reason ?? error)
    }
    try {
      const answer = command === undefined ? undefined : await this.#parts.command(command)
      if (answer?.ok === false) this.#parts.logger.warn('work-refused', { contract, refusal: answer.refusal })
    } catch (error) {
      this.#parts.logger.warn('work-not-answered', { contract, note: noteText(error) })
    }
    this.#runs.delete(contract)
  }

  async #delivery(request: WorkRequest, served: Served, stop: Stop, result: TaskResult): Promise<Command> {
    const { contract, milestone } = request
    const { stream, mediaType } = typedResult(result)
    const most = Math.min(served.options.maxResult ?? limits.blobBytes, limits.blobBytes)
    const held = await this.#parts.blobs.put(atMost(stream, most), undefined, stop.signal)
    // WIT-36: who may be shown it reads nothing of it.
    const seal = request.terms.panelSize > 0 ? await this.#parts.seal(held, request.requester) : null
    return { kind: 'deliver', contract, milestone, resultHash: held.hash, size: held.size, mediaType, seal }
  }

  #failure(request: WorkRequest, why: unknown): Command | undefined {
    const { contract, milestone } = request
    // The engine stopped this work itself, so there is nothing left to say.
    if (why instanceof HaggleError && why.code === 'task/stopped') return undefined
    if (why instanceof TaskFailed)
      return { kind: 'fail', contract, milestone, code: codeText(why.code, 'failed'), note: why.note }
    this.#parts.logger.warn('handler-threw', { skill: request.terms.skill, contract, note: noteText(why) })
    return giveBack(request, why)
  }

  #task(request: WorkRequest, stop: Stop): Task {
    const { blobs, clock, tell, command, hireOf } = this.#parts
    const { task, contract, terms } = request
    // The task's id is the same for all its generations and differs from every other's.
    const key = `${agentText(request.requester)}/${recordText(task)}/${request.milestone}`
    const payload = storedPayload(blobs, terms.input.hash, terms.input.size, terms.input.mediaType)
    return {
      ...payload,
      ...{ contract, terms, key },
      get signal() {
        return stop.signal
      },
      id: task,
      skill: terms.skill,
      requester: request.requester,
      attempt: request.generation,
      milestone: request.milestone,
      revision: request.revision,
      price: creditsOf(request.price),
      deadline: request.due,
      remaining: () => Math.max(0, request.due - clock.wall()),
      progress: progressLine(
        { tell, command, wall: () => clock.wall() },
        { task, contract, generation: request.generation, peer: request.requester },
      ),
      hire: hireOf(request, key, stop),
      withdraw: (reason) => new TaskGivenBack(reason),
    }
  }
}

async function quoteOf(request: QuoteRequest, options: ServeOptions): Promise<Quote | null> {
  if (options.quote === undefined) return { price: options.price ?? 1 }
  const offer: OfferToQuote = {
    task: request.task,
    skill: request.terms.skill,
    generation: request.generation,
    requester: request.requester,
    size: request.terms.input.size,
    mediaType: request.terms.input.mediaType,
    value: creditsOf(request.value),
    mode: request.mode,
    terms: request.terms,
  }
  return options.quote(offer)
}

function offered(name: string, options: ServeOptions): OfferedSkill {
  const unitPrice = options.quote === undefined ? microCredits(options.price ?? 1, 'price') : null
  return { name, version: options.version ?? 1, note: options.note ?? null, unitPrice }
}

/** What no advert can hold is the caller's mistake: named here, before anything is served. */
function checkShape(skill: string, options: ServeOptions): void {
  const slots = options.slots ?? 1
  const body = { at: 0, seq: 0, ttlMs: 0, skills: [offered(skill, options)], slots, free: slots, witness: null }
  try {
    schemas.advert.decode(schemas.advert.encode(body), 'service')
  } catch (cause) {
    throw new HaggleError('argument/invalid', `no advert can say this: ${noteText(cause)}`, {
      next: 'Change the field that the message names; skills are named with a-z, 0-9, dot, underscore and hyphen.',
      cause,
    })
  }
}

/** A worker does not bind itself to a check that it could not run itself. */
function canBeJudged(request: QuoteRequest): boolean {
  return request.terms.milestones.every(
    ({ acceptance }) => acceptance.kind !== 'schema' || parseResultSchema(acceptance.schema).ok,
  )
}

function typedResult(result: TaskResult): {
  readonly stream: AsyncIterable<Uint8Array>
  readonly mediaType: string | null
} {
  if (!isTypedResult(result)) return byteSource(result)
  const { payload, mediaType } = result
  if (mediaType !== null && !/^[\x20-\x7e]{1,128}$/.test(mediaType)) {
    throw new HaggleError('argument/invalid', 'a media type is 1 to 128 printable ASCII characters', {
      next: "Return null, or a type such as 'text/plain'.",
    })
  }
  return { stream: byteSource(payload).stream, mediaType }
}

/**
 * Work not done: given back while it is the first try. After a rejection nothing can be given back any more: an objective
 * check is conceded, and an opinion is left to stand, which costs nobody anything.
 */
function giveBack(request: WorkRequest, why: unknown): Command | undefined {
  const reason = why instanceof TaskGivenBack ? codeText(why.reason, 'given-back') : 'handler-error'
  if (request.revision === 0) return { kind: 'withdraw', contract: request.contract, reason }
  const kind = request.terms.milestones[request.milestone]?.acceptance.kind
  return kind === 'hash' || kind === 'schema' ? { kind: 'concede', contract: request.contract } : undefined
}

function stopped(why: string): HaggleError {
  return new HaggleError('task/stopped', `the task is of no use any more: ${why}`, {
    next: 'Stop the work; there is nothing to deliver.',
  })
}
