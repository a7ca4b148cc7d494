import {
  bounds,
  limits,
  toHex,
  type ReconcileFrame,
  type ReconcileRange,
  type RecordId,
  type Violation,
} from '@haggle/protocol'
import { boundOf, END, endAt, Fingerprints, partsOf } from './fingerprint.ts'
import { countOf, digestOf, divided, idOfKey, keysOf, printOf, type KeyBound, type KeyTree } from './key-tree.ts'

/** What is compared: the records held, and of others whether they would be taken. */
export interface Reconcilable {
  readonly tree: KeyTree
  has(id: RecordId): boolean
  wants(id: RecordId): boolean
}

/** How a session ended: `partial` leaves differences to the next one. */
export type ReconcileEnd = 'equal' | 'done' | 'partial'

/** What follows from one message: what to send, which records to expect, and which to hand over. */
export interface ReconcileStep {
  readonly reply: ReconcileFrame | null
  readonly want: readonly RecordId[]
  readonly give: readonly RecordId[]
  readonly end: ReconcileEnd | null
  readonly violation: Violation | null
}

/** EVI-14: the whole set is first looked at in so many parts, a part that differs in so many more. */
const FIRST_PARTS = 256
const PARTS = 6
/** EVI-14: a range with no more records than this is told by their ids; parts are made so small that the other side will, even with some more. */
const LISTED = 12
const PART_RECORDS = 7
/** Messages with a salt: the first of each side. */
const FIRST_STEPS = 2

const nothing: ReconcileStep = { reply: null, want: [], give: [], end: null, violation: null }

/**
 * One session in which two sides find out what each has that the other lacks: by fingerprints of ranges, which are divided where they differ until
 * few enough records are left to name them (range-based set reconciliation). The opener calls `open`; both then feed what comes to `receive`.
 * Bounded whatever the other side says: in messages, in ranges and ids looked at and sent, in records handed over.
 */
export class Reconciliation {
  readonly #set: Reconcilable
  readonly #session: number
  readonly #salt: Uint8Array
  /** The newest message that was sent or read. */
  #step = -1
  #fingerprints: Fingerprints | null = null
  readonly #gave = new Set<RecordId>()
  #end: ReconcileEnd | null = null

  constructor(set: Reconcilable, session: number, salt: Uint8Array) {
    this.#set = set
    this.#session = session
    this.#salt = salt
  }

  get end(): ReconcileEnd | null {
    return this.#end
  }

  /** EVI-12: the first message. */
  open(): ReconcileFrame {
    this.#step = 0
    return this.#frame()
  }

  /** What comes of a message. One of another session, or out of its turn, changes nothing. */
  receive(frame: ReconcileFrame): ReconcileStep {
    if (this.#end !== null || frame.session !== this.#session || frame.step !== this.#step + 1) return nothing
    const broken = brokenRule(frame)
    if (broken !== null) {
      this.#end = 'partial'
      return { ...nothing, end: this.#end, violation: { code: 'reconcile/broken', note: broken } }
    }
    this.#step = frame.step + 1
    const { begin } = frame
    if (begin !== null) {
      const equal = toHex(begin.digest) === digestOf(this.#set.tree)
      // Read before the answer is made: the opener's salt comes first, on both sides.
      const salts = frame.step === 0 ? ([begin.salt, this.#salt] as const) : ([this.#salt, begin.salt] as const)
      this.#fingerprints = new Fingerprints(...salts)
      if (equal) this.#end = 'equal'
      if (equal) return { ...nothing, end: 'equal', reply: frame.step === 0 ? this.#frame() : null }
      if (frame.step === 0) return { ...nothing, reply: this.#frame({ ranges: this.#outgoing().all(this.#set.tree) }) }
    }
    return this.#compare(frame)
  }

  #outgoing(): Outgoing {
    // Both salts are known before anything is compared: `brokenRule` asks for them in the first message of each side.
    return new Outgoing(this.#fingerprints ?? new Fingerprints(this.#salt, this.#salt))
  }

  #compare(frame: ReconcileFrame): ReconcileStep {
    const out = this.#outgoing()
    out.ask(frame.offer.filter((id) => this.#set.wants(id)))
    let rest = this.#set.tree
    for (const [index, range] of frame.ranges.entries()) {
      const upper = boundOf(range)
      const { below, from } = divided(rest, upper)
      const wanted = (range.ids ?? []).filter((id) => this.#set.wants(id))
      if (index >= bounds.reconcileRanges || !out.hasRoomFor(below, wanted.length)) {
        const end = boundOf(frame.ranges.at(-1) ?? range)
        out.leave(divided(rest, end).below, end)
        break
      }
      if (range.ids !== null) out.answerList(below, upper, range.ids, wanted)
      else if (range.print === null || toHex(range.print) === toHex(out.printOf(below))) out.skip(upper)
      else out.refine(below, upper, PARTS)
      rest = from
    }
    return this.#answer(frame, out)
  }

  #answer(frame: ReconcileFrame, out: Outgoing): ReconcileStep {
    const give = this.#given(frame.want)
    const said = this.#step < bounds.reconcileSteps ? out.said() : { ranges: [], offer: [] }
    // EVI-15: a message without ranges and offers is the last word, and gets no answer; every session ends with one.
    const isLast = said.ranges.length + said.offer.length === 0
    const isOver = isLast && out.said().ranges.length + out.said().offer.length > 0
    if (isLast) this.#end = isOver || out.isCut || give.length < frame.want.length ? 'partial' : 'done'
    const asked = frame.ranges.length + frame.offer.length > 0
    const want = [...out.want]
    return { reply: asked ? this.#frame({ ...said, want }) : null, want, give, end: this.#end, violation: null }
  }

  /** EVI-17: what is handed over of what is wanted: what is held, each once, and so many in a session. */
  #given(want: readonly RecordId[]): readonly RecordId[] {
    const give: RecordId[] = []
    for (const id of want) {
      if (this.#gave.size >= bounds.reconcileGives) break
      if (this.#gave.has(id) || !this.#set.has(id)) continue
      this.#gave.add(id)
      give.push(id)
    }
    return give
  }

  #frame(said: Partial<Pick<ReconcileFrame, 'ranges' | 'offer' | 'want'>> = {}): ReconcileFrame {
    const begin = this.#step < FIRST_STEPS ? { salt: this.#salt, digest: printOf(this.#set.tree) } : null
    const { session, step } = { session: this.#session, step: this.#step }
    return { kind: 'reconcile', session, step, begin, ranges: [], offer: [], want: [], ...said }
  }
}

/** The ranges and ids of one message, which has so much room and no more. */
class Outgoing {
  readonly #fingerprints: Fingerprints
  readonly #ranges: ReconcileRange[] = []
  readonly want = new Set<RecordId>()
  readonly #offer: RecordId[] = []
  /** More would have been offered than there is room for. */
  isCut = false
  #skipped: KeyBound | null = null
  #ids = 0

  constructor(fingerprints: Fingerprints) {
    this.#fingerprints = fingerprints
  }

  said(): { readonly ranges: readonly ReconcileRange[]; readonly offer: readonly RecordId[] } {
    return { ranges: this.#ranges, offer: this.#offer }
  }

  /** Whether a range fits, whatever is to be said of it: its parts, its ids, and what is wanted of it; and after it one for the rest. */
  hasRoomFor(tree: KeyTree, wanted: number): boolean {
    const ids = Math.min(countOf(tree), LISTED) + wanted
    return this.#ranges.length + PARTS + 2 <= bounds.reconcileRanges && this.#ids + ids <= limits.frameIds
  }

  printOf(tree: KeyTree): Uint8Array {
    return this.#fingerprints.of(tree)
  }

  all(tree: KeyTree): readonly ReconcileRange[] {
    this.refine(tree, END, FIRST_PARTS)
    return this.#ranges
  }

  /** Nothing is to be said of what ends here. */
  skip(upper: KeyBound): void {
    this.#skipped = upper
  }

  ask(wanted: readonly RecordId[]): void {
    for (const id of wanted) this.want.add(id)
    this.#ids += wanted.length
  }

  /** EVI-14: of a list what is wanted is asked for, and what it lacks is offered: the other side may not want it. */
  answerList(tree: KeyTree, upper: KeyBound, listed: readonly RecordId[], wanted: readonly RecordId[]): void {
    this.ask(wanted)
    const known = new Set(listed)
    for (const key of keysOf(tree)) {
      const id = idOfKey(key)
      if (known.has(id)) continue
      this.isCut ||= this.#ids >= limits.frameIds
      if (this.isCut) break
      this.#offer.push(id)
      this.#ids += 1
    }
    this.skip(upper)
  }

  refine(tree: KeyTree, upper: KeyBound, parts: number): void {
    if (countOf(tree) <= LISTED) {
      const ids = [...keysOf(tree)].map(idOfKey)
      this.#ids += ids.length
      this.#push(upper, { print: null, ids })
      return
    }
    const most = Math.ceil(countOf(tree) / PART_RECORDS)
    for (const [part, bound] of partsOf(tree, Math.min(parts, most), upper)) this.leave(part, bound)
  }

  /** A range as it is: what it holds is for the next message. */
  leave(tree: KeyTree, upper: KeyBound): void {
    this.#push(upper, { print: this.printOf(tree), ids: null })
  }

  #push(upper: KeyBound, said: Pick<ReconcileRange, 'print' | 'ids'>): void {
    if (this.#skipped !== null) this.#ranges.push({ ...endAt(this.#skipped), print: null, ids: null })
    this.#skipped = null
    this.#ranges.push({ ...endAt(upper), ...said })
  }
}

/** EVI-16: what no honest side sends, or null. */
function brokenRule({ step, begin, ranges, offer, want }: ReconcileFrame): string | null {
  if ((begin !== null) !== step < FIRST_STEPS) return 'the first message of each side has a salt, and no other'
  if (step === 0 && ranges.length + offer.length + want.length > 0) return 'the first message only opens'
  let ids = want.length + offer.length
  let lower: KeyBound = ''
  for (const range of ranges) {
    const upper = boundOf(range)
    if (upper <= lower) return 'the ranges are out of order'
    if (range.print !== null && range.ids !== null) return 'a range has a fingerprint and ids'
    ids += range.ids?.length ?? 0
    lower = upper
  }
  return ids > limits.frameIds ? 'more ids than a frame has' : null
}
