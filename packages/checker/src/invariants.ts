/** The invariants that stored histories can prove broken, with the sentence that a violation contradicts. */
export const invariants = {
  S1: 'every effect has a valid signature by the right author',
  S2: 'there is one award per requester, task and generation, over all restarts',
  S3: 'a task goes to a later generation only on a ground that the records show',
  S4: 'nobody works on, or approves, a generation that it knows to be over',
  S5: 'an exclusive task is settled once',
  S6: 'a contract is a full chain, within the budget, on terms that were offered and a bid that was valid',
  S7: 'no two agents hold different final ends of one contract',
  S9: 'a worker accepts no more than its slots hold',
  S10: 'a fault is booked only on evidence that stands by itself',
  S11: 'who delivered or answered in time is not said to have been silent',
  S13: 'what comes twice is written down once',
  S15: 'everything that an agent sent stands in its own log',
  S16: 'an agent signs nothing that contradicts what it has signed',
  S17: 'an end is the one that the records prove, and only moves up',
  S18: 'who accepted nothing owes nothing',
  S19: 'a penalty is no larger than the terms allow',
  S20: 'what has expired or ended does not come back',
  S22: 'the application hears of each end once, under the key of its job',
  S23: 'a contract settles when every milestone was delivered and approved',
  L1: 'every offer is settled or leaves the board',
  L3: 'every contract ends',
  L6: 'what is settled at the requester is settled at the worker',
} as const

/** The name of one invariant. */
export type InvariantId = keyof typeof invariants

/** Invariants that no stored history can decide, and why. */
export const undecidable: Readonly<Record<string, string>> = {
  S8: 'stakes are summed over views, which are not stored',
  S12: 'scores are not stored, only what they are made of',
  S14: 'scores are not stored, only what they are made of',
  S21: 'capacity belongs to a later version',
  S24: 'juries belong to a later version',
  L2: 'who was willing and connected is not stored',
  L4: 'heartbeats are not stored',
  L5: 'facts belong to a later version',
  L7: 'what babblers sent is not stored',
  L8: 'how long a restart took is not stored',
  L9: 'timers and caches are not stored',
  L10: 'it needs a new contract between each pair',
  L11: 'what was sent again is not stored',
}
