/** A promise of the design that nothing here watches over yet, and what it waits for. */
export interface Gap {
  readonly id: string
  readonly promise: string
  readonly waitsFor: string
}

/** Named, so that nobody takes silence for proof. */
export const gaps: readonly Gap[] = [
  {
    id: 'S21',
    promise: 'A ring of sybils gains nothing in the eyes of others.',
    waitsFor: 'scores over others’ evidence',
  },
  { id: 'S24', promise: 'A verdict binds only with m of n named jurors.', waitsFor: 'juries' },
  {
    id: 'L5',
    promise: 'Evidence reaches every connected correct agent within ten seconds.',
    waitsFor: 'evidence that travels: the facts topic',
  },
  {
    id: 'L8',
    promise: 'From restart to serving in at most two seconds at 100,000 records.',
    waitsFor: 'a clock that costs something: the bench of real processes measures it',
  },
]
