import { decodeFrame, encodeFrame, sha256Of, toHex, type ReconcileFrame, type RecordId } from '@haggle/protocol'
import { digestOf, keyOf, noKeys, withKey, type KeyTree } from '../../src/evidence/key-tree.ts'
import { Reconciliation, type Reconcilable, type ReconcileStep } from '../../src/evidence/reconciliation.ts'

export interface Item {
  readonly epoch: number
  readonly id: RecordId
}

/** A set that takes whatever it is given. */
export class Heap implements Reconcilable {
  tree: KeyTree = noKeys
  readonly items = new Map<RecordId, Item>()

  constructor(items: Iterable<Item> = []) {
    for (const item of items) this.add(item)
  }

  get digest(): string {
    return digestOf(this.tree)
  }

  has(id: RecordId): boolean {
    return this.items.has(id)
  }

  wants(id: RecordId): boolean {
    return !this.items.has(id)
  }

  add(item: Item): void {
    this.items.set(item.id, item)
    this.tree = withKey(this.tree, keyOf(item.epoch, item.id))
  }
}

export function idOf(name: string): RecordId {
  // The hexadecimal of a SHA-256 is what an id is.
  return toHex(sha256Of(Uint8Array.from(Buffer.from(name)))) as RecordId
}

export const saltOf = (byte: number): Uint8Array => new Uint8Array(16).fill(byte)

/** What one session took. */
export interface Account {
  readonly messages: number
  readonly bytes: number
  readonly steps: readonly ReconcileStep[]
  readonly ends: readonly (string | null)[]
}

/** One session over a wire that loses nothing; `hand` hears what each side (0: the opener) gives the other. */
export function converse(
  opener: Reconcilable,
  answerer: Reconcilable,
  session: number,
  hand: (side: number, ids: readonly RecordId[]) => void,
): Account {
  const machines = [
    new Reconciliation(opener, session, saltOf(session % 256)),
    new Reconciliation(answerer, session, saltOf((session + 1) % 256)),
  ] as const
  const steps: ReconcileStep[] = []
  let bytes = 0
  let messages = 0
  let frame: ReconcileFrame | null = machines[0].open()
  for (let turn = 1; frame !== null; turn = 1 - turn) {
    const encoded = encodeFrame(frame)
    bytes += encoded.length
    messages += 1
    const decoded = decodeFrame(encoded)
    if (!decoded.ok || decoded.frame.kind !== 'reconcile') throw new Error('a frame of ours cannot be read')
    const step = (turn === 1 ? machines[1] : machines[0]).receive(decoded.frame)
    hand(turn, step.give)
    steps.push(step)
    frame = step.reply
  }
  return { messages, bytes, steps, ends: machines.map(({ end }) => end) }
}

/** One session of two heaps; what each hands over reaches the other when it is over. */
export function exchange(opener: Heap, answerer: Heap, session = 1): Account {
  const gifts: (readonly [Heap, Item])[] = []
  const account = converse(opener, answerer, session, (side, ids) => {
    const [from, to] = side === 1 ? [answerer, opener] : [opener, answerer]
    for (const id of ids) {
      const item = from.items.get(id)
      if (item !== undefined) gifts.push([to, item])
    }
  })
  for (const [to, item] of gifts) to.add(item)
  return account
}
