import { contractsOf } from '../oracle/invariants/breaches.ts'
import type { Proven } from '../oracle/observer.ts'
import { certificatesOf, sameSlot } from '../oracle/panel.ts'
import type { Occasion } from './occasions.ts'

/** What the panels of a world came to, by everything that was said in it. */
export function* metByPanels({ records, faults }: Proven): Generator<Occasion> {
  for (const [award, said] of contractsOf(records)) {
    if (award.body.panel.length === 0) continue
    yield award.body.panel.length >= 4 ? 'panel-that-bears-a-liar' : 'small-panel'
    if (said.some((record) => record.type === 'deliver' && record.body.sealedHash !== null)) yield 'delivered-sealed'
    if (said.some(({ type }) => type === 'unseal')) yield 'key-given-away'
    const votes = said.filter((record) => record.type === 'vote')
    const [timely, late, absent] = (['timely', 'late', 'absent'] as const).map((verdict) =>
      certificatesOf(award, votes, verdict),
    )
    if (timely?.some(({ slot }) => slot.duty !== 'lease') === true) yield 'certified-timely'
    if (late !== undefined && late.length > 0) yield 'certified-late'
    if (absent?.some(({ slot }) => slot.duty !== 'lease') === true) yield 'certified-absent'
    if (absent?.some(({ slot }) => slot.duty === 'lease') === true) yield 'lease-certified-lost'
    const all = [...(timely ?? []), ...(late ?? []), ...(absent ?? [])]
    const asked = said.flatMap((record) => (record.type === 'ask' ? [record.body.slot] : []))
    if (asked.some((slot) => !all.some((each) => sameSlot(each.slot, slot)))) yield 'panel-undecided'
  }
  const blamers = new Set(
    records.flatMap((each) => (each.type === 'reject' && each.body.reason === 'sealed' ? [each.body.contract] : [])),
  )
  for (const { contract, fault, slash, grade } of faults) {
    if (fault === 'FALSE_REJECT' && blamers.has(contract)) yield 'seal-blamed-falsely'
    if (fault === 'BAD' && blamers.has(contract) && grade === 'witnessed') yield 'bad-seal-convicted'
    if (fault === 'FALSE_ASK') yield 'false-ask-convicted'
    if (fault === 'SILENT_REVIEW' && slash > 0) yield 'silent-review-costs'
    if (fault === 'ABANDONED') yield 'abandoned'
  }
}
