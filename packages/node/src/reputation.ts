import {
  agentFromText,
  agentText,
  HaggleError,
  type AgentKey,
  type HaggleRecord,
  type MicroCredits,
} from '@haggle/protocol'
import type { Answer, Because, Command, Engine, EvidenceView, Scores } from '@haggle/core'
import type { Clock } from '@haggle/ports'

/** The numbers of one agent in the eyes of another, and the records behind them. */
export interface Why {
  readonly because: Because
  /** The hour for which they hold, counted from the Unix epoch. */
  readonly epoch: number
  /** Whose experience counts: the viewer itself and the anchors that it trusts. */
  readonly roots: readonly AgentKey[]
  /** Decayed slashes and exposure together. */
  readonly debt: MicroCredits
  /** Stake in contracts that are not over. */
  readonly exposure: MicroCredits
  /** The skill whose quality is told, or null: over all. */
  readonly skill: string | null
}

/** An agent's own numbers, by the evidence that it holds. */
export interface Reputation {
  /** What it can be trusted with beside what it owes: as one of its own roots it begins with a grant. */
  readonly capacity: MicroCredits
  /** Permille, over all skills. */
  readonly quality: number
  readonly debt: MicroCredits
  readonly exposure: MicroCredits
}

export interface ReputationParts {
  readonly engine: Pick<Engine, 'evidence' | 'scores' | 'adverts'>
  readonly command: (command: Command) => Promise<Answer>
  readonly clock: Clock
  readonly self: AgentKey
  readonly peers: () => readonly { readonly key: AgentKey }[]
}

/** What an agent knows of others by proof, and how more of it comes in by hand. */
export class ReputationDesk {
  readonly #parts: ReputationParts

  constructor(parts: ReputationParts) {
    this.#parts = parts
  }

  evidence(): EvidenceView {
    return this.#parts.engine.evidence()
  }

  /** Everybody's numbers now. */
  scores(): Scores {
    return this.#parts.engine.scores(this.#parts.clock.wall())
  }

  /** The answer of the engine to one record that verifies alone. */
  take(record: HaggleRecord): Promise<Answer> {
    return this.#parts.command({ kind: 'evidence', record })
  }

  /** Throws `peer/unknown` or `peer/ambiguous`. */
  why(peer: string, skill: string | null): Why {
    const agent = this.#agentOf(peer)
    const scores = this.scores()
    return {
      because: scores.because(agent, skill),
      ...{
        epoch: scores.epoch,
        roots: scores.roots,
        debt: scores.debt(agent),
        exposure: scores.exposure(agent),
        skill,
      },
    }
  }

  own(): Reputation {
    const { self } = this.#parts
    const scores = this.scores()
    return {
      capacity: scores.capacity(self),
      quality: scores.quality(self, null),
      debt: scores.debt(self),
      exposure: scores.exposure(self),
    }
  }

  /** By a whole PeerId, of whomever it is, or by any unique ending of one that is known here. */
  #agentOf(peer: string): AgentKey {
    const whole = agentFromText(peer)
    if (whole !== undefined) return whole
    const { engine, self, peers } = this.#parts
    const known = new Set([
      ...[self, ...peers().map(({ key }) => key), ...engine.adverts().map(({ author }) => author)],
      ...this.scores().agents,
    ])
    const found = [...known].filter((key) => peer !== '' && agentText(key).endsWith(peer))
    const [first] = found
    if (found.length === 1 && first !== undefined) return first
    if (found.length > 1) {
      throw new HaggleError('peer/ambiguous', `${found.length} agents known here end with "${peer}"`, {
        next: 'Give more of the end of the PeerId.',
      })
    }
    throw new HaggleError('peer/unknown', `no agent known here ends with "${peer}"`, {
      next: 'Look at `haggle peers` for those that are connected, or give the whole PeerId.',
    })
  }
}
