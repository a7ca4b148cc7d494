import type { AgentKey } from '@haggle/protocol'
import { withArticle } from '../oracle/article.ts'
import type { Cast, Invariant, Moment, SeenRow, Who } from '../oracle/observer.ts'

/** Lines that are kept: the last ones, since they lead to what went wrong. */
const LINES = 120
const WIDTH = 22

interface Line {
  readonly at: number
  readonly agent: number
  readonly text: string
}

/** Writes down what each agent signs, hears and suffers, to be drawn with time going down and an agent in each column. */
export class SpaceTime implements Invariant {
  readonly id = 'diagram'
  readonly #lines: Line[] = []
  readonly #places = new Map<AgentKey, number>()
  #agents = 0

  begin(cast: Cast): void {
    this.#agents = cast.members.length
    for (const { agent, key } of cast.members) this.#places.set(key, agent)
  }

  started(who: Who, now: Moment): void {
    this.#add(now, who, 'starts')
  }

  ended(who: Who, now: Moment, how: string): void {
    this.#add(now, who, how === 'crash' ? 'dies' : how === 'halt' ? 'halts' : 'stops')
  }

  committed(who: Who, now: Moment, rows: readonly SeenRow[]): void {
    for (const row of rows) {
      if (row.kind === 'record' && row.record.author === who.key) this.#add(now, who, `signs ${row.record.type}`)
      if (row.kind === 'evidence') this.#add(now, who, `learns of ${withArticle(row.record.type)}`)
      if (row.kind === 'entry') this.#add(now, who, `notes ${String(row.entry['kind'])}`)
    }
  }

  sent({ from, to, records }: { from: Who; to: AgentKey; records: readonly { type: string }[] }, now: Moment): void {
    for (const { type } of records) this.#add(now, from, `${type} > ${this.#places.get(to) ?? '?'}`)
  }

  received({ from, records }: { from: Who; records: readonly { type: string }[] }, to: Who, now: Moment): void {
    for (const { type } of records) this.#add(now, to, `< ${type} ${from.agent}`)
  }

  published(from: Who, { record }: { record: { type: string } | undefined }, now: Moment): void {
    this.#add(now, from, `${record?.type ?? 'garbage'} > all`)
  }

  fault(at: number, name: string, agent: number | null): void {
    this.#push({ at, agent: agent ?? 0, text: `(${name})` })
  }

  /** The drawing, as text. */
  draw(): string {
    const columns = Array.from({ length: this.#agents }, (_, agent) => `agent ${agent}`.padEnd(WIDTH))
    const lines = this.#lines.map(({ at, agent, text }) => {
      const cells = Array.from({ length: this.#agents }, (_, each) => (each === agent ? text : '|').padEnd(WIDTH))
      return `${at.toFixed(3).padStart(12)}  ${cells.join('')}`.trimEnd()
    })
    return [`${'ms'.padStart(12)}  ${columns.join('')}`.trimEnd(), ...lines].join('\n')
  }

  #add(now: Moment, who: Who, text: string): void {
    this.#push({ at: now.at, agent: who.agent, text })
  }

  #push(line: Line): void {
    if (line.text.startsWith('advert')) return
    this.#lines.push(line)
    if (this.#lines.length > LINES) this.#lines.shift()
  }
}
