import type { AppRequest, Command, Seal } from '@haggle/core'
import { resultCheck, SEAL_KEY_BYTES, sealResult } from '@haggle/node/pure'
import { bounds, type Acceptance, type PayloadHash, type RecordId } from '@haggle/protocol'
import { calm, type AgentPlan, type Deed, type Temper } from '../plan/plan.ts'
import { stream, type Random } from '../random.ts'
import type { Seed } from '../seed.ts'
import type { Due } from '../world/agenda.ts'
import type { Process } from '../world/process.ts'
import type { Time } from '../world/time.ts'
import { mannersOf, type Manners } from './manners.ts'
import { inputOf, jobOf, PROBE, rightResult, type OfferDeed } from './job.ts'

type Request<K extends AppRequest['kind']> = Extract<AppRequest, { readonly kind: K }>

/** What the user of an agent wants, over all its lives. */
export interface Wishes {
  /** Offers that were due and have no answer yet: asked again after a restart, under the same key. */
  readonly offers: Map<string, OfferDeed>
  readonly cancels: Set<string>
  /** Tasks by their keys, as far as the agent said. */
  readonly tasks: Map<string, RecordId>
  skills: readonly string[]
  slots: number
}

/** Bytes of results that a witness keeps for others. */
const WITNESS_BYTES = 4 * 1_048_576

export interface ApplicationInit {
  readonly seed: Seed
  readonly time: Time
  readonly plan: AgentPlan
  readonly wishes: Wishes
  readonly process: () => Process
}

/**
 * What drives an agent from above: it quotes, works and reviews as its temper has it. Each decision has dice of its own, named by
 * what it is about, so that a world with less in it decides the same about what is left.
 */
export class Application {
  readonly #init: ApplicationInit
  /** Work and reviews under way: a restart begins them anew. */
  readonly #under = new Map<string, Due>()

  readonly #manners: Manners

  constructor(init: ApplicationInit) {
    this.#init = init
    this.#manners = mannersOf(init.plan.byzantine)
  }

  /** The agent runs: what it serves, and what its user has asked for and had no answer to. */
  started(): void {
    this.serve()
    if (this.#init.plan.witnesses) this.#command({ kind: 'witness', maxBytes: WITNESS_BYTES })
    for (const deed of this.#init.wishes.offers.values()) this.#offer(deed)
    for (const key of this.#init.wishes.cancels) this.#cancel(key)
  }

  /** Something that the user does now; an agent that is down does it when it is up. */
  act(deed: Deed, isUp: boolean): void {
    const { wishes } = this.#init
    switch (deed.kind) {
      case 'offer':
        wishes.offers.set(deed.key, deed)
        if (isUp) this.#offer(deed)
        return
      case 'cancel':
        wishes.cancels.add(deed.key)
        if (isUp) this.#cancel(deed.key)
        return
      case 'serve':
        wishes.skills = deed.skills
        wishes.slots = deed.slots
        if (isUp) this.serve()
    }
  }

  serve(): void {
    const { skills, slots } = this.#init.wishes
    if (skills.length === 0 && this.#init.plan.skills.length === 0) return
    const offered = skills.map((name) => ({ name, version: 1, note: null, unitPrice: null }))
    this.#command({ kind: 'serve', skills: offered, slots })
  }

  request(request: AppRequest): void {
    switch (request.kind) {
      case 'quote':
        this.#quote(request)
        return
      case 'work':
        this.#work(request)
        return
      case 'review':
        this.#review(request)
        return
      case 'recheck':
        this.#recheck(request)
        return
      case 'stop':
        this.#drop(`work ${request.contract}`)
        return
      case 'progress':
    }
  }

  #offer(deed: OfferDeed): void {
    const { wishes, plan } = this.#init
    const process = this.#init.process()
    if (process.hold(inputOf(deed.key, deed.size)) === null) return
    const parent = deed.parent === null ? null : (wishes.tasks.get(deed.parent) ?? null)
    const job = jobOf(deed, plan.profile, process.clock.wall(), parent)
    void process.command({ kind: 'offer', job }).then((answer) => {
      if (answer === null) return
      wishes.offers.delete(deed.key)
      if (answer.ok && answer.id !== null) wishes.tasks.set(deed.key, answer.id)
    })
  }

  #cancel(key: string): void {
    const { wishes } = this.#init
    const task = wishes.tasks.get(key)
    if (task === undefined) return
    void this.#init
      .process()
      .command({ kind: 'cancel', task, reason: 'changed-my-mind' })
      .then((answer) => answer !== null && wishes.cancels.delete(key))
  }

  #quote(request: Request<'quote'>): void {
    const temper = this.#temper(request.terms.skill)
    const dice = this.#dice('quote', request.terms.input.hash, request.generation)
    if (dice.permille(temper.silent)) return
    const { task, generation } = request
    const other = this.#manners.quote(request)
    const share = other?.permille ?? dice.between(300, 1_000)
    const command: Command = {
      ...{ kind: 'bid', task, generation },
      price: 1 + Math.floor((request.value * share) / 1_001),
      etaMs: dice.between(1, 1 + temper.slowMs),
      leaseMs: dice.permille(150) ? request.terms.timers.leaseMs * 2 : null,
    }
    this.#later(`quote ${task} ${generation}`, other?.afterMs ?? dice.between(0, 3), command)
  }

  #work(request: Request<'work'>): void {
    const temper = this.#temper(request.terms.skill)
    const { contract, milestone, revision, generation, terms } = request
    const dice = this.#dice('work', terms.input.hash, generation, milestone, revision)
    const name = `work ${contract}`
    const stalledMs = this.#manners.workMs(request, this.#init.process().clock.wall())
    const spanMs = stalledMs ?? this.#brinkMs(request) ?? dice.between(1, 1 + temper.slowMs)
    const instead = this.#manners.instead(request)
    if (instead !== null) {
      this.#later(name, spanMs, instead)
      return
    }
    const roll = dice.below(1_000)
    if (dice.permille(100)) {
      const permille = dice.below(1_001)
      this.#later(`progress ${contract}`, Math.floor(spanMs / 2), { kind: 'progress', contract, permille, note: null })
    }
    let edge = temper.hangs
    if (roll < edge) return
    if (roll < (edge += temper.fails)) {
      this.#later(name, spanMs, { kind: 'fail', contract, milestone, code: 'exit-1', note: 'the task itself failed' })
      return
    }
    if (roll < (edge += temper.withdraws)) {
      this.#later(name, spanMs, { kind: 'withdraw', contract, reason: 'busy' })
      return
    }
    if (revision > 0 && dice.permille(temper.concedes)) {
      this.#later(name, spanMs, { kind: 'concede', contract })
      return
    }
    const right = roll >= edge + temper.botches
    const isText = terms.milestones[milestone]?.acceptance.kind === 'schema'
    const result = right
      ? rightResult(terms.input.hash, terms.input.size, milestone, isText)
      : stream(0n, 'wrong', contract, revision).bytes(16)
    this.#after(name, spanMs, () => {
      const resultHash = this.#init.process().hold(result)
      if (resultHash === null) return
      const seal = this.#seal(request, result)
      this.#command({ kind: 'deliver', contract, milestone, resultHash, size: result.length, mediaType: null, seal })
    })
  }

  /** Where there is a panel a result goes sealed; now and then an agent does not know how, which is nobody's business. */
  #seal({ contract, milestone, revision, requester, terms }: Request<'work'>, result: Uint8Array): Seal | null {
    const dice = this.#dice('seal', contract, milestone, revision)
    if (terms.panelSize === 0 || result.length > bounds.panelBytes || dice.permille(50)) return null
    const process = this.#init.process()
    const key = dice.bytes(SEAL_KEY_BYTES)
    const sealed = this.#manners.sealed(result, (each) => sealResult(each, key, requester, process.wrap), dice)
    if (sealed === null || process.hold(sealed.key) === null || process.hold(sealed.bytes) === null) return null
    return { sealedHash: sealed.sealedHash, keyHash: sealed.keyHash }
  }

  /** Until shortly before the due: nothing forbids to use the time that there is. */
  #brinkMs({ generation, milestone, due, terms }: Request<'work'>): number | null {
    const dice = this.#dice('brink', terms.input.hash, generation, milestone)
    if (!dice.permille(this.#temper(terms.skill).brink)) return null
    return Math.max(1, due - dice.between(2, 100) - this.#init.process().clock.wall())
  }

  #review(request: Request<'review'>): void {
    const temper = this.#temper(request.memo)
    const { contract, index, milestone, resultHash, failure } = request
    const { acceptance } = milestone
    const dice = this.#dice('review', request.task, request.generation, index, request.delivery?.revision ?? 0)
    if (dice.permille(temper.ignores)) return
    const spanMs = dice.between(0, 1 + Math.floor(temper.slowMs / 4))
    const wrong = failure === null && this.#check(acceptance, resultHash) === 'fail'
    const disliked = acceptance.kind === 'requester' && dice.permille(temper.rejects)
    const command: Command =
      this.#manners.verdict(request, dice) ??
      (wrong || disliked
        ? {
            ...{ kind: 'reject', contract, milestone: index },
            reason: wrong ? 'check' : 'opinion',
            note: wrong ? 'not the agreed bytes' : 'not to my liking',
          }
        : { kind: 'approve', contract, milestone: index })
    this.#later(`review ${contract}`, spanMs, command)
  }

  #recheck(request: Request<'recheck'>): void {
    const { contract, acceptance, resultHash } = request
    this.#later(`recheck ${contract}`, 1, { kind: 'rechecked', contract, word: this.#check(acceptance, resultHash) })
  }

  #check(acceptance: Acceptance, resultHash: PayloadHash | null): 'pass' | 'fail' | 'unknown' {
    if (acceptance.kind === 'hash') return acceptance.hash === resultHash ? 'pass' : 'fail'
    const bytes = resultHash === null ? undefined : this.#init.process().disk.payload(resultHash)
    return bytes === undefined ? 'unknown' : resultCheck(acceptance, bytes).kind
  }

  /** A probe is done well by everybody: it asks what the network can do, not what people want. */
  #temper(named: string): Temper {
    return named.startsWith(PROBE) ? calm : this.#init.plan.temper
  }

  #dice(...names: readonly (string | number)[]): Random {
    return stream(this.#init.seed, 'work', this.#init.plan.id, ...names)
  }

  #later(name: string, spanMs: number, command: Command): void {
    this.#after(name, spanMs, () => this.#command(command))
  }

  /** One thing of a name at a time: what is asked for again takes the place of what was begun. */
  #after(name: string, spanMs: number, run: () => void): void {
    this.#drop(name)
    const due = this.#init.time.after(spanMs * 1_000 + 137, () => {
      this.#under.delete(name)
      if (!this.#init.process().isOver) run()
    })
    this.#under.set(name, due)
  }

  #drop(name: string): void {
    const due = this.#under.get(name)
    if (due === undefined) return
    this.#under.delete(name)
    this.#init.time.callOff(due)
  }

  #command(command: Command): void {
    void this.#init.process().command(command)
  }
}
