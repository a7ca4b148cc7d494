/** Every bound of the protocol, with its reason. Sizes in bytes, counts in items. They are part of `ProtocolParams`. */
export const limits = {
  /** One record in wire form (ENC-03): a large award with 8 scored bids and 10 panel keys is under 4 KiB; 64 KiB leaves room and stays far below gossip frames. */
  recordBytes: 65_536,
  /** Input or result that travels in the same frame as its record; above it a blob stream is cheaper than head-of-line blocking. */
  inlineBytes: 16_384,
  /** Largest payload: what a laptop spools to disk without thought. */
  blobBytes: 268_435_456,
  /** One direct frame: a largest record with four inline payloads is 128 KiB, a full digest (4,096 ids of 34 bytes) 142 KiB. */
  frameBytes: 262_144,
  /** Records in one frame: a whole contract of usual length in one frame, and a bounded burst of signature checks. */
  frameRecords: 64,
  /** Inline payloads in one frame; each is at most `inlineBytes`. */
  framePayloads: 4,
  /** Ids in one digest, tip or want: everything a full board can hold. */
  frameIds: 4_096,
  /** Market topics: a skill is nearly alone in its shard, and a topic that nobody joins costs nothing. */
  shards: 1_024,
  /** Open bids kept for one offer; the worst is dropped when a better one comes. */
  bidsPerOffer: 64,
  /** Open offers remembered per author: one identity cannot fill the board. */
  offersPerAuthor: 256,
  /** Open offers on the board, all authors. */
  offersOnBoard: 4_096,
  /** Adverts kept, one per author. */
  adverts: 1_024,
  /** Skills in one advert. */
  skillsPerAdvert: 32,
  /** Connected peers. */
  peers: 64,
  /** Milestones in one contract. */
  milestones: 16,
  /** Nesting of a record (ENC-07); the deepest schema needs 7. */
  depth: 16,
  /** Bids listed in an award with the inputs of their score. */
  consideredBids: 8,
  /** Reserves named in an award. */
  reserves: 8,
  /** Members of a witness panel. */
  panel: 10,
  /** Evidence ids in one closing. */
  evidence: 32,
  /** Entries in one contract: 16 milestones of a few revisions each. */
  entriesPerContract: 256,
  /** Notes in one contract by one author. */
  notesPerContract: 128,
  /** Entries parked because their prev is missing, per contract. */
  parkedEntries: 16,
  /** Live contracts, both roles together. */
  liveContracts: 4_096,
  /** Tasks of our own that are not closed. */
  openTasks: 1_024,
  /** Closed tasks kept in memory; older ones stay in the store. */
  closedTasks: 4_096,
  /** Peers whose outcomes are remembered for choosing. */
  peersInBook: 4_096,
  /** Records dated ahead of our clock that wait for their time. */
  heldRecords: 256,
  /** Generations of one task. */
  generations: 1_000,
} as const

/** 2^53 - 1, the largest amount that every language's doubles hold exactly. */
export const MAX_AMOUNT = Number.MAX_SAFE_INTEGER
