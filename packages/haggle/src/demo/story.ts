import { credits, type Palette } from './palette.ts'
import { errands, pranks, terms } from './cast.ts'
import type { ActorMessage, ScoredBidView, ToldEvent } from './message.ts'

/** One line of the story: who, and what they do. */
export interface StoryLine {
  readonly who: string
  readonly text: string
}

/** Turns what the actors say into a story that a person can follow; what only matters to machines is left out. */
export class Story {
  readonly #names = new Map<string, string>()
  readonly #tasks = new Map<string, string>()
  /** Generations whose work was delivered before their opening went out: the approval stands for it. */
  readonly #delivered = new Set<string>()
  readonly #done = new Map<string, { readonly by: string; readonly generation: number }>()
  readonly #paint: Palette

  constructor(paint: Palette) {
    this.#paint = paint
  }

  /** What people call an agent. */
  nameOf(peerId: string | null | undefined): string {
    return this.#names.get(peerId ?? '') ?? 'somebody'
  }

  /** Everybody who was there. */
  agents(): readonly { readonly name: string; readonly peerId: string }[] {
    return [...this.#names].map(([peerId, name]) => ({ name, peerId }))
  }

  /** What its requester calls a task. */
  errandOf(task: string): string | undefined {
    return this.#tasks.get(task)
  }

  hear(actor: string, message: ActorMessage): readonly StoryLine[] {
    const line = (text: string): StoryLine[] => [{ who: actor, text }]
    switch (message.say) {
      case 'ready':
        this.#names.set(message.peerId, message.agent)
        return [
          {
            who: message.agent,
            text: this.#paint.dim(`is here as …${message.peerId.slice(-8)}, ${placeOf(message.addresses)}`),
          },
        ]
      case 'result': {
        const done = this.#done.get(message.errand)
        const generation = done === undefined || done.generation === 1 ? '' : `, generation ${done.generation}`
        const how = this.#paint.good(`settled: ${message.errand}`)
        return line(`${how} by ${this.#paint.name(done?.by ?? 'somebody')}${generation}: ${message.gist}`)
      }
      case 'unsettled':
        return line(this.#paint.bad(`does not get ${message.errand} done: ${message.code}`))
      case 'event':
        if (message.errand !== null && message.event.task !== undefined)
          this.#tasks.set(message.event.task, message.errand)
        return message.errand === null
          ? this.#ofWorker(actor, message.event)
          : this.#ofRequester(actor, message.errand, message.event)
      case 'praised':
        return line('has praised itself enough: each of its keys can show a settled contract')
      case 'evidence': {
        const held = `${message.records} records on ${message.contracts} contracts`
        return line(`comes when all is over, asks everybody, and holds ${held}, digest ${message.digest.slice(0, 8)}…`)
      }
      case 'met':
      case 'file':
      case 'done':
      case 'tax':
        return []
    }
  }

  /** An actor's process that is gone before the end. */
  gone(actor: string): StoryLine {
    return { who: actor, text: this.#paint.bad('is gone: its process was killed in the middle of a contract') }
  }

  #ofWorker(actor: string, event: ToldEvent): readonly StoryLine[] {
    if (event.event !== 'progress') return []
    const task = this.#tasks.get(event.task ?? '') ?? 'its task'
    return [{ who: actor, text: this.#paint.dim(`is ${Math.round((event.fraction ?? 0) * 100)} % through ${task}`) }]
  }

  #ofRequester(actor: string, label: string, event: ToldEvent): readonly StoryLine[] {
    const peer = this.nameOf(event.peer)
    const own = (text: string): StoryLine[] => [{ who: actor, text }]
    const theirs = (text: string): StoryLine[] => [{ who: peer, text }]
    switch (event.event) {
      case 'offered':
        return own(`offers ${this.#paint.strong(label)}: ${describe(label)}, for at most ${credits(terms.budget)}`)
      case 'bid':
        return theirs(`bids ${credits(event.price ?? 0)} for ${label}`)
      case 'awarded':
        return this.#award(actor, label, event)
      case 'opened':
        if (this.#delivered.has(generationOf(label, event))) return []
        return theirs(`is bound to ${label}, and holds its lease: ${terms.leaseMs / 1_000} s, renewed by heartbeats`)
      case 'delivered':
        this.#delivered.add(generationOf(label, event))
        return theirs(`delivers ${event.size ?? 0} bytes for ${label}`)
      case 'rejected':
        return own(this.#paint.bad(`rejects what ${peer} delivered for ${label}: ${event.note ?? event.reason ?? ''}`))
      case 'breached':
        return own(
          this.#paint.bad(
            `ends the contract: ${event.fault ?? 'fault'} by ${this.nameOf(event.party)}, proven by the file`,
          ),
        )
      case 'slashed':
        return [
          { who: this.nameOf(event.party), text: this.#paint.bad(`loses its stake: ${credits(event.amount ?? 0)}`) },
        ]
      case 'alleged':
        return own(this.#paint.bad(allegation(label, this.nameOf(event.party), event.fault ?? null)))
      case 'reopened':
        return own(
          `puts ${label} back on the board as generation ${event.generation ?? 0}: ${reasonText(event.reason)}`,
        )
      case 'fenced':
        return own(`fences ${peer} off: ${label} has gone to a later generation`)
      case 'settled':
        this.#done.set(label, { by: peer, generation: event.generation ?? 1 })
        return []
      default:
        return []
    }
  }

  #award(actor: string, label: string, { peer, generation = 1, why = [] }: ToldEvent): readonly StoryLine[] {
    const winner = this.nameOf(peer)
    const best = why.find((bid) => bid.worker === peer)
    const others = why.filter((bid) => bid.worker !== peer)
    const again = generation === 1 ? '' : `, generation ${generation},`
    const score = best === undefined ? '' : ` ${this.#score(best)}`
    const before = others.map((bid) => `${this.nameOf(bid.worker)} ${this.#score(bid)}`).join(', ')
    const beaten =
      before === '' ? (generation === 1 ? ', the only bidder' : ', who stood in reserve') : ` before ${before}`
    const lines = [{ who: actor, text: `awards ${label}${again} to ${this.#paint.name(winner)}${score}${beaten}` }]
    const cheaper = others.find((bid) => best !== undefined && bid.price < best.price)
    if (cheaper !== undefined && best !== undefined) {
      const lost = `was cheaper again, and lost: quality ${cheaper.quality} against ${best.quality}`
      lines.push({ who: this.nameOf(cheaper.worker), text: this.#paint.good(lost) })
    }
    return lines
  }

  /** Price by quality, as the award itself lists it: the lower wins. */
  #score({ price, quality, score }: ScoredBidView): string {
    return this.#paint.dim(`(${price} × 1000 / ${quality} = ${(score / 1_000_000).toFixed(2)})`)
  }
}

function placeOf(addresses: readonly string[]): string {
  return addresses[0]?.replace(/\/p2p\/.*$/, '') ?? 'not to be reached'
}

function generationOf(label: string, { generation = 1 }: ToldEvent): string {
  return `${label}/${generation}`
}

function describe(label: string): string {
  const errand = [...errands, ...pranks].find((each) => each.label === label)
  return errand === undefined ? 'a task' : `${errand.what} of ${errand.file}`
}

function allegation(label: string, party: string, fault: string | null): string {
  switch (fault) {
    case 'ABANDONED':
      return `has heard no heartbeat for a whole lease: holds that ${party} abandoned ${label}`
    case 'NO_DELIVERY':
      return `has waited past the due and the grace: holds that ${party} did not deliver ${label}`
    default:
      return `holds ${party} at fault for ${label}: ${fault ?? 'unnamed'}`
  }
}

function reasonText(reason: string | undefined): string {
  return reason === 'judgement' ? 'its own judgement, which convicts nobody' : `the contract ${reason ?? 'ended'}`
}
