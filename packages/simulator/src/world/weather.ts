import type { LinkPlan, NamedLink, PartitionShape } from '../plan/plan.ts'
import { stream, type Random } from '../random.ts'
import type { Seed } from '../seed.ts'

/** One direction between two agents: how it behaves, and its own dice. */
export interface Link {
  readonly plan: LinkPlan
  readonly random: Random
}

/** Something between agents: what one says does not reach the other while it lasts. */
export interface Cut {
  cuts(from: number, to: number): boolean
  /** Nothing comes for so long that the connection is given up; else it is only held back. */
  readonly breaks: boolean
}

/** How all links behave, and what is cut. */
export class Weather {
  readonly #seed: Seed
  readonly #ids: readonly number[]
  readonly #usual: LinkPlan
  readonly #named = new Map<string, LinkPlan>()
  readonly #links = new Map<number, Link>()
  readonly #cuts = new Set<Cut>()
  #calm: ((from: number, to: number) => boolean) | undefined

  /** `ids` name the dice of the agents, by their place. */
  constructor(seed: Seed, ids: readonly number[], usual: LinkPlan, named: readonly NamedLink[]) {
    this.#seed = seed
    this.#ids = ids
    this.#usual = usual
    for (const link of named) this.#named.set(`${link.from}>${link.to}`, link)
  }

  link(from: number, to: number): Link {
    const place = from * this.#ids.length + to
    const known = this.#links.get(place)
    if (known !== undefined) return known
    const plan = this.#named.get(`${from}>${to}`) ?? this.#usual
    const link = {
      plan: this.#calm?.(from, to) === true ? calmed(plan) : plan,
      random: stream(this.#seed, 'net', this.#ids[from] ?? from, this.#ids[to] ?? to),
    }
    this.#links.set(place, link)
    return link
  }

  isCut(from: number, to: number): boolean {
    if (this.#cuts.size === 0 || this.#calm?.(from, to) === true) return false
    for (const cut of this.#cuts) if (cut.cuts(from, to)) return true
    return false
  }

  /** Whether a connection between the two is given up after a while. */
  isDead(from: number, to: number): boolean {
    if (this.#calm?.(from, to) === true) return false
    for (const cut of this.#cuts) if (cut.breaks && (cut.cuts(from, to) || cut.cuts(to, from))) return true
    return false
  }

  begin(cut: Cut): void {
    this.#cuts.add(cut)
  }

  end(cut: Cut): void {
    // What is still cut when a core is healed stays so.
    if (this.#calm === undefined) this.#cuts.delete(cut)
  }

  /** From here on nothing goes wrong between agents of a core; elsewhere all stays as it is, for ever. */
  heal(core: ReadonlySet<number>): void {
    this.#links.clear()
    this.#calm = (from, to) => core.has(from) && core.has(to)
  }
}

function calmed(plan: LinkPlan): LinkPlan {
  return { ...plan, lossPpm: 0, gossipLoss: 0, duplicate: 0, reorder: 0 }
}

/** What a partition of a shape cuts among `count` agents. */
export function partition(shape: PartitionShape, agents: readonly number[], count: number): Cut {
  const side = new Set(agents)
  switch (shape) {
    case 'isolate':
      return { breaks: true, cuts: (from, to) => side.has(from) || side.has(to) }
    case 'one-way':
      return { breaks: true, cuts: (from, to) => side.has(from) && !side.has(to) }
    case 'ring':
      return { breaks: true, cuts: (from, to) => !isNext(from, to, count) && !isNext(to, from, count) }
    case 'bridge': {
      const [bridge, ...rest] = agents
      const bank = new Set(rest)
      return { breaks: true, cuts: (from, to) => from !== bridge && to !== bridge && bank.has(from) !== bank.has(to) }
    }
    case 'split':
    case 'flapping':
      return { breaks: true, cuts: (from, to) => side.has(from) !== side.has(to) }
  }
}

function isNext(from: number, to: number, count: number): boolean {
  return (from + 1) % count === to
}
