import { agentText, bounds, HaggleError, type AgentKey, type HaggleRecord } from '@haggle/protocol'
import type { PeerInfo } from '@haggle/ports'
import { orderTaskRecords, profiles, type AppRequest, type ContractView } from '@haggle/core'
import type {
  Agent,
  AgentComponents,
  AgentInit,
  AgentStatus,
  CloseOptions,
  EventOptions,
  Job,
  PeerStatus,
  SkillStatus,
} from './agent-types.ts'
import type { HireTerms, Reviewer } from './hire-types.ts'
import type { Payload, PayloadSource } from './payload-types.ts'
import type {
  AnySchema,
  NoInput,
  ResultSource,
  SchemaHandler,
  SchemaServeOptions,
  Service,
  TaskHandler,
} from './service-types.ts'
import { archivedRecords } from './archive.ts'
import { conditionsOf } from './conditions.ts'
import { Driver } from './driver.ts'
import { durationMs } from './duration.ts'
import { findContract, findTask } from './find-contract.ts'
import { JobDesk } from './job-desk.ts'
import { heldPayload } from './payload.ts'
import { heardProgress } from './progress-line.ts'
import { quietLogger } from './quiet.ts'
import { Partners } from './partners.ts'
import { ReviewDesk } from './review-desk.ts'
import { ReputationDesk } from './reputation.ts'
import { sealHeld } from './seal-desk.ts'
import { ServiceDesk } from './service-desk.ts'
import { skillsOnOffer } from './skills-on-offer.ts'
import { advertised, schemaHandler } from './standard-schema.ts'
import { SubHires } from './sub-hires.ts'
import { taxCounter, type TaskTax } from './tax.ts'
import { TaxKeeper } from './tax-keeper.ts'
import { taxReport } from './tax-report.ts'

/** WIT-26: results that a witness holds at a time, all together: of one requester 64 of the largest. */
const WITNESS_BYTES = 256 * bounds.panelBytes

/** The network that agents meet on when nobody names one. */
const DEFAULT_NETWORK = 'haggle'

/**
 * Starts an agent on these components: replays its journal, joins the network, and goes on with whatever was open.
 * Rejects with a `HaggleError`; then every component it was given is closed.
 */
export async function startAgent(components: AgentComponents, init: AgentInit): Promise<Agent> {
  let agent: RunningAgent
  try {
    agent = new RunningAgent(components, init)
  } catch (error) {
    await components.journal.close()
    throw error
  }
  await agent.start()
  return agent
}

class RunningAgent implements Agent {
  readonly name: string
  readonly key: AgentKey
  readonly peerId: string
  readonly network: string
  readonly closed: Promise<Error | undefined>
  readonly #parts: AgentComponents
  readonly #init: AgentInit
  readonly #driver: Driver
  readonly #services: ServiceDesk
  readonly #reviews: ReviewDesk
  readonly #jobs: JobDesk
  readonly #tax: TaxKeeper
  readonly #subHires: SubHires
  readonly #reputation: ReputationDesk
  readonly #startedAt: number
  #closing: Promise<void> | undefined

  constructor(parts: AgentComponents, init: AgentInit) {
    this.#parts = parts
    this.#init = init
    this.name = init.name
    this.key = parts.signer.key
    this.peerId = agentText(parts.signer.key)
    this.network = init.network ?? DEFAULT_NETWORK
    this.#startedAt = parts.clock.wall()
    const { blobs, clock, entropy, resultCheck } = parts
    const logger = parts.logger ?? quietLogger
    const profile = init.profile ?? 'lan'
    const tax = parts.metrics ?? taxCounter()
    this.#tax = new TaxKeeper({ tax, journal: parts.journal, network: parts.network, clock, logger })
    const partners = new Partners()
    const driver = new Driver(
      { ...parts, logger, metrics: tax },
      {
        network: this.network,
        leaseMs: profiles[profile].leaseMs,
        epsilonMs: profiles[profile].epsilonMs,
        anchors: init.anchors ?? [],
        snapshotEvery: init.snapshotEvery,
        partners,
        onRequest: (request) => this.#request(request),
        onEnded: (tasks, events) => {
          this.#jobs.ended(tasks, events)
          this.#subHires.ended()
        },
        onStopping: () => this.#tax.stop(),
      },
    )
    this.#driver = driver
    const command: Driver['command'] = (each) => driver.command(each)
    this.#services = new ServiceDesk({
      ...{ command, blobs, clock, logger, partners, conditions: conditionsOf(init) },
      tell: (event) => driver.tell(event),
      seal: (result, requester) => sealHeld({ blobs, entropy, signer: parts.signer }, result, requester),
      hireOf: (request, key, runs) => this.#subHires.hireOf(request, key, runs),
    })
    this.#reviews = new ReviewDesk(
      { ...{ command, blobs, clock, logger, resultCheck }, engine: driver.engine },
      init.reviewer,
    )
    this.#jobs = new JobDesk({ ...{ driver, blobs, clock, entropy, profile }, reviews: this.#reviews })
    this.#subHires = new SubHires({ ...{ blobs, clock, logger }, engine: driver.engine, jobs: this.#jobs })
    const peers = (): readonly PeerInfo[] => parts.network.peers()
    this.#reputation = new ReputationDesk({ ...{ command, clock, peers, self: this.key }, engine: driver.engine })
    this.closed = driver.stopped
  }

  async start(): Promise<void> {
    const { signal } = this.#init
    await this.#driver.start(signal)
    this.#tax.start()
    if (signal?.aborted !== true && this.#init.witness === true) await this.#witness(WITNESS_BYTES)
    this.#subHires.resume()
    void this.#driver.stopped.then((cause) => this.#stopped(cause))
    const onAbort = (): void => void this.close({ reason: 'aborted' })
    signal?.addEventListener('abort', onAbort, { once: true })
    void this.closed.then(() => signal?.removeEventListener('abort', onAbort))
    if (signal?.aborted === true) onAbort()
  }

  addresses(): readonly string[] {
    return this.#parts.network.addresses()
  }

  async dial(multiaddr: string, signal?: AbortSignal): Promise<void> {
    this.#refuseWhenOver()
    await this.#parts.network.dial(multiaddr, signal)
  }

  serve(skill: string, handler: TaskHandler): Service
  serve<In extends AnySchema = NoInput, Out extends AnySchema = ResultSource>(
    skill: string,
    options: SchemaServeOptions<In, Out>,
    handler: SchemaHandler<In, Out>,
  ): Service
  serve<In extends AnySchema, Out extends AnySchema>(
    skill: string,
    options: SchemaServeOptions<In, Out> | TaskHandler,
    handler?: SchemaHandler<In, Out>,
  ): Service {
    this.#refuseWhenOver()
    if (typeof options === 'function') return this.#services.serve(skill, {}, options)
    if (handler !== undefined) return this.#services.serve(skill, advertised(options), schemaHandler(options, handler))
    throw new HaggleError('argument/invalid', 'serve needs a handler', {
      next: 'Give a function that does the task as the last argument.',
    })
  }

  async hire(skill: string, input: PayloadSource, terms: HireTerms = {}): Promise<Job> {
    this.#refuseWhenOver()
    return this.#jobs.hire(skill, input, terms)
  }

  job(key: string): Job | undefined {
    return this.#jobs.byKey(key)
  }

  jobs(): readonly Job[] {
    return this.#jobs.all()
  }

  async cancel(id: string, reason = 'cancelled'): Promise<void> {
    const task = findTask(this.#driver.engine, id)
    if (task === undefined) throw unknown('task/unknown', `no task here ends with "${id}"`)
    await this.#jobs.cancel(task.task, reason)
  }

  peers(): readonly PeerStatus[] {
    const adverts = new Map(this.#driver.engine.adverts().map(({ author, body }) => [author, body]))
    return this.#parts.network.peers().map((peer) => ({
      ...peer,
      peerId: agentText(peer.key),
      skills: (adverts.get(peer.key)?.skills ?? []).map((skill) => skill.name),
      witness: (adverts.get(peer.key)?.witness ?? null) !== null,
      ...this.#driver.engine.standing(peer.key),
      clockSkewMs: this.#driver.engine.clockSkew(peer.key) ?? peer.clockSkewMs,
    }))
  }

  skills(): readonly SkillStatus[] {
    return skillsOnOffer(this.#driver.engine, this.key)
  }

  contracts(): readonly ContractView[] {
    return this.#driver.engine.contracts()
  }

  contract(id: string): ContractView | undefined {
    return findContract(this.#driver.engine, id)
  }

  tasks(): ReturnType<Agent['tasks']> {
    return this.#driver.engine.tasks()
  }

  async result(id: string): Promise<Payload> {
    const { result } = this.#contractOf(id)
    return heldPayload(this.#parts.blobs, result, result?.mediaType ?? null)
  }

  async sealed(id: string): Promise<Payload> {
    return heldPayload(this.#parts.blobs, this.#contractOf(id).sealed, null)
  }

  #contractOf(id: string): ContractView {
    const contract = this.contract(id)
    if (contract === undefined) throw unknown('contract/unknown', `no contract here ends with "${id}"`)
    return contract
  }

  taskRecords(id: string): ReturnType<Agent['taskRecords']> {
    const task = findTask(this.#driver.engine, id)
    if (task === undefined) throw unknown('task/unknown', `no task here ends with "${id}"`)
    return orderTaskRecords(this.#driver.engine.records(task.task))
  }

  archived(id: string): ReturnType<Agent['archived']> {
    return archivedRecords(this.#parts.journal, this.#driver.networkId, id)
  }

  tax(id?: string): Promise<readonly TaskTax[]> {
    return taxReport(this.#tax, this.#driver.engine, id)
  }

  why(peer: string, skill: string | null = null): ReturnType<Agent['why']> {
    return this.#reputation.why(peer, skill)
  }

  scores(): ReturnType<Agent['scores']> {
    return this.#reputation.scores()
  }

  evidence(): ReturnType<Agent['evidence']> {
    return this.#reputation.evidence()
  }

  takeEvidence(record: HaggleRecord): ReturnType<Agent['takeEvidence']> {
    return this.#reputation.take(record)
  }

  events(options?: EventOptions): ReturnType<Agent['events']> {
    return this.#driver.events.stream(options)
  }

  status(): AgentStatus {
    const contracts = this.contracts()
    const live = contracts.filter((each) => each.outcome === null && !each.overtaken).length
    const { halted } = this.#driver
    const evidence = this.evidence()
    return {
      name: this.name,
      peerId: this.peerId,
      network: this.network,
      networkId: this.#driver.networkId,
      anchors: this.#init.anchors?.length ?? 0,
      witness: this.#init.witness === true,
      reputation: this.#reputation.own(),
      evidence: { records: evidence.size, digest: evidence.digest },
      addresses: this.addresses(),
      peers: this.#parts.network.peers().length,
      serving: this.#services.skills(),
      tasksOpen: this.tasks().filter(
        (each) => each.role === 'requester' && (each.state === 'open' || each.state === 'assigned'),
      ).length,
      contractsLive: live,
      contractsEnded: contracts.length - live,
      waiting: this.#driver.waiting,
      startedAt: this.#startedAt,
      clock: this.#driver.engine.clockDoubt(),
      halted: halted === undefined ? null : halted.message,
    }
  }

  setReviewer(reviewer: Reviewer | undefined): void {
    this.#reviews.setReviewer(reviewer)
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(durationMs(options.drain ?? 0, 'drain'), options.reason ?? 'closed')
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(drainMs: number, reason: string): Promise<void> {
    const { clock } = this.#parts
    const until = clock.mono() + drainMs
    await this.#services.close(drainMs)
    await this.#finishWork(until)
    // Whoever is told draws no panel with us any more; what we were called to until now we have voted on.
    if (this.#init.witness === true) await this.#witness(null).catch(() => undefined)
    this.#reviews.close()
    await this.#driver.stop(reason)
    this.#jobs.waiters.end()
  }

  async #witness(maxBytes: number | null): Promise<void> {
    await this.#driver.command({ kind: 'witness', maxBytes })
  }

  /** What was delivered is reviewed by others: their answers are awaited within the drain as well. */
  async #finishWork(until: number): Promise<void> {
    const { clock } = this.#parts
    const over = new AbortController()
    const cancel = clock.alarm(until, () => over.abort())
    while (!over.signal.aborted && clock.mono() < until && this.#driver.over === undefined) {
      const working = this.contracts().find((each) => each.role === 'worker' && each.outcome === null)
      if (working === undefined) break
      await this.#jobs.waiters.next(working.task, over.signal)
    }
    cancel()
  }

  #request(request: AppRequest): void {
    switch (request.kind) {
      case 'quote':
        this.#services.quote(request)
        return
      case 'work':
        this.#services.work(request)
        return
      case 'stop':
        this.#services.stop(request)
        return
      case 'recheck':
        this.#reviews.recheck(request)
        return
      case 'review':
        this.#reviews.take(request)
        return
      case 'progress':
        this.#driver.tell(heardProgress(request, this.#parts.clock.wall()))
    }
  }

  /** However the driver came to its end, nobody waits on in vain. */
  #stopped(cause: Error | undefined): void {
    this.#reviews.close()
    this.#jobs.waiters.end()
    void this.#services.close(0)
    if (cause !== undefined) this.#init.onHalt?.(cause)
  }

  #refuseWhenOver(): void {
    const { over } = this.#driver
    if (over !== undefined) throw over
    if (this.#closing !== undefined) {
      throw new HaggleError('agent/closed', 'the agent is closing', {
        next: 'Start it again: jobs and contracts go on where they stood.',
      })
    }
  }
}

function unknown(code: 'task/unknown' | 'contract/unknown', message: string): HaggleError {
  return new HaggleError(code, message, { next: 'Look at `haggle contracts` for the ids that exist.' })
}
