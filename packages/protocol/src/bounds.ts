/**
 * Bounds of one node's memory and patience, each with its reason. Nobody else can tell what they are, so they are no part of
 * `ProtocolParams`: a node with more memory stays in the network of its name (ID-02).
 */
export const bounds = {
  /** Open offers remembered per author: one identity cannot fill the board. */
  offersPerAuthor: 256,
  /** Open offers on the board, all authors. */
  offersOnBoard: 4_096,
  /** Adverts kept, one per author. */
  adverts: 1_024,
  /** Connected peers. */
  peers: 64,
  /** Entries parked because their prev is missing, per contract. */
  parkedEntries: 16,
  /** Live contracts, both roles together. */
  liveContracts: 4_096,
  /** Tasks of our own that are not closed. */
  openTasks: 1_024,
  /** Closed tasks kept in memory; older ones stay in the store. */
  closedTasks: 2_048,
  /** Keys of own jobs that left memory, so that none of them is begun a second time. */
  spentKeys: 65_536,
  /** Peers whose outcomes are remembered for choosing. */
  peersInBook: 4_096,
  /** Result bytes that a panel is shown: sixteen such pushes are one blob part, and every witness may hold a few hundred. */
  panelBytes: 65_536,
  /** Witness sets kept: those of our own epochs and of the requesters that we heard of last. */
  witnessSets: 256,
  /** Contracts of others that a witness watches at one time, each with a file below. */
  watches: 512,
  /** Of those, awarded by one requester: a flood of awards takes no place from the others. */
  watchesPerAuthor: 64,
  /** Bytes of the file of one such contract: a few hundred records of usual size. */
  watchFileBytes: 131_072,
  /** Contracts of others in which our votes are remembered, over restarts, until nothing can be signed in them any more. */
  keptVotes: 8_192,
  /** Of those, awarded by one requester. */
  keptVotesPerAuthor: 1_024,
  /** Peers whose comings and goings a witness remembers. */
  peersInPresence: 256,
  /** Records dated ahead of our clock that wait for their time. */
  heldRecords: 256,
  /** Records of evidence, all dossiers: some hundred megabytes, and a year of a network of a few hundred agents. */
  evidence: 100_000,
  /** Of those, in dossiers of contracts that one agent awarded: 24 such agents do not fill the set. */
  evidencePerAuthor: 4_096,
  /** Of those, by one author in one dossier: all milestones of a large contract, with room; nobody else's place can be filled. */
  evidencePerVoice: 128,
  /** Records of evidence whose award is not held yet: all that one session hands over may come in any order. */
  waitingEvidence: 4_096,
  /** Ids of evidence that was not taken or was dropped, so that it is not asked for again: as many as a peer may offer. */
  unwantedEvidence: 131_072,
  /** Ranges of one message of a reconciliation that are looked at, and sent: 10 to 20 microseconds each in a full set. */
  reconcileRanges: 1_024,
  /** Messages of one session of a reconciliation: two full sets with differences all over need twelve. */
  reconcileSteps: 24,
  /** Records handed over in one session: two or three megabytes, which no small message should ask for more often than sessions begin. */
  reconcileGives: 4_096,
  /** Of those, from one peer: eight such peers cannot keep a ninth from having its own records wait. */
  heldRecordsPerPeer: 28,
} as const
