import { fromHex, LAST_EPOCH, sha256Of, toHex, type ReconcileRange } from '@haggle/protocol'
import { countOf, divided, keyAt, printOf, type EvidenceKey, type KeyBound, type KeyTree } from './key-tree.ts'

/** Sixteen letters, so that no print of a tree and no id is hashed from the same bytes. */
const TAG = Uint8Array.from('haggle/reconcile', (letter) => letter.charCodeAt(0))
const SALT_BYTES = 16
const PRINT_BYTES = 16
const EPOCH_DIGITS = 8
/** Above the key of every record. */
export const END: KeyBound = boundOf({ epoch: LAST_EPOCH, prefix: new Uint8Array() })

/**
 * EVI-13: fingerprints of one session. The print of a tree already collides with no other; the salt of both sides is there because only half of a
 * hash is sent: nobody can have prepared records whose halves agree.
 */
export class Fingerprints {
  readonly #bytes = new Uint8Array(TAG.length + 2 * SALT_BYTES + 32)

  constructor(openerSalt: Uint8Array, answererSalt: Uint8Array) {
    this.#bytes.set(TAG)
    this.#bytes.set(openerSalt, TAG.length)
    this.#bytes.set(answererSalt, TAG.length + SALT_BYTES)
  }

  of(tree: KeyTree): Uint8Array {
    this.#bytes.set(printOf(tree), TAG.length + 2 * SALT_BYTES)
    return sha256Of(this.#bytes).subarray(0, PRINT_BYTES)
  }
}

/** The end of a range as a bound of keys. */
export function boundOf({ epoch, prefix }: Pick<ReconcileRange, 'epoch' | 'prefix'>): KeyBound {
  return epoch.toString(16).padStart(EPOCH_DIGITS, '0') + toHex(prefix)
}

/** A bound as a range says it. */
export function endAt(bound: KeyBound): Pick<ReconcileRange, 'epoch' | 'prefix'> {
  return { epoch: parseInt(bound.slice(0, EPOCH_DIGITS), 16), prefix: fromHex(bound.slice(EPOCH_DIGITS)) }
}

/** So many parts of about the same number of keys: each with the bound at which it ends; the last ends at `end`. */
export function partsOf(tree: KeyTree, parts: number, end: KeyBound): readonly (readonly [KeyTree, KeyBound])[] {
  const all: (readonly [KeyTree, KeyBound])[] = []
  let rest = tree
  for (let part = 1; part < parts; part += 1) {
    const place = Math.floor((countOf(tree) * part) / parts)
    const before = keyAt(tree, place - 1)
    const first = keyAt(tree, place)
    if (before === undefined || first === undefined) continue
    const bound = shortestBetween(before, first)
    const { below, from } = divided(rest, bound)
    all.push([below, bound])
    rest = from
  }
  all.push([rest, end])
  return all
}

/** The shortest bound with the one key below it and the other not: an epoch, or an epoch and the first bytes of an id. */
function shortestBetween(before: EvidenceKey, first: EvidenceKey): KeyBound {
  let digits = 0
  while (before[digits] === first[digits]) digits += 1
  if (digits < EPOCH_DIGITS) return first.slice(0, EPOCH_DIGITS)
  // A prefix has whole bytes.
  return first.slice(0, digits + 2 - (digits % 2))
}
