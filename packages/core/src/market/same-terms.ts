import { sharingBody, type HaggleRecord, type Terms } from '@haggle/protocol'

/** MKT-11: an award repeats the offer's terms; only the lease may differ, longer and within the offer's bound. */
export function awardsOfferedTerms(offered: Terms, awarded: Terms): boolean {
  const lease = awarded.timers.leaseMs
  if (lease < offered.timers.leaseMs) return false
  if (lease > Math.max(offered.timers.leaseMs, offered.timers.leaseMaxMs)) return false
  return equal(offered, { ...awarded, timers: { ...awarded.timers, leaseMs: offered.timers.leaseMs } })
}

/** The award as it is held beside its offer: the terms that both name are there once. */
export function withTermsOf(offer: HaggleRecord<'offer'>, award: HaggleRecord<'award'>): HaggleRecord<'award'> {
  const { terms } = offer.body
  return equal(terms, award.body.terms) ? sharingBody(award, { ...award.body, terms }) : award
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return (
      a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
    )
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(Reflect.get(a, key), Reflect.get(b, key)))
  )
}
