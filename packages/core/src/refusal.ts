/** An expected "no": to our own application, or the reason why a peer's record changed nothing. Closed; `docs/errors.md` explains each. */
export const refusalCodes = [
  'job/too-many',
  'job/spent',
  'job/terms',
  'task/unknown',
  'task/closed',
  'task/not-ours',
  'offer/expired',
  'offer/withdrawn',
  'offer/quota',
  'offer/held',
  'bid/duplicate',
  'bid/late',
  'bid/too-dear',
  'bid/generation',
  'bid/quota',
  'bid/own-offer',
  'bid/no-slot',
  'award/not-bid',
  'award/terms',
  'award/late',
  'award/known',
  'contract/unknown',
  'contract/ended',
  'contract/overtaken',
  'contract/not-yours',
  'contract/milestone',
  'contract/state',
  'entry/known',
  'entry/parked',
  'entry/late',
  'entry/full',
  'note/known',
  'note/late',
  'note/full',
  'ask/early',
  'witness/off',
  'witness/quota',
  'lease/fenced',
  'record/held',
  'record/unsupported',
  'record/not-for-us',
  'record/old',
] as const
/** One of `refusalCodes`. */
export type RefusalCode = (typeof refusalCodes)[number]
/** An expected no: its code, and a note for people on which nothing may depend. */
export interface Refusal {
  readonly refusal: RefusalCode
  readonly note: string
}
