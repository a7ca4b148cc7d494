/** A promise of the design that nothing here watches over yet, and what it waits for. */
export interface Gap {
  readonly id: string
  readonly promise: string
  readonly waitsFor: string
}

/** Named, so that nobody takes silence for proof. */
export const gaps: readonly Gap[] = [
  { id: 'S24', promise: 'A verdict binds only with m of n named jurors.', waitsFor: 'juries' },
  {
    id: 'L5',
    promise: 'Evidence reaches every connected correct agent within ten seconds.',
    waitsFor: 'a bound that holds: what gossip loses waits for the next comparison of a pair, one in a minute',
  },
  {
    id: 'L8',
    promise: 'From restart to serving in at most two seconds at 100,000 records.',
    waitsFor: 'a clock that costs something: the bench of real processes measures it',
  },
]
