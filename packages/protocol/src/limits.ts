/**
 * Every bound on which two nodes must agree, since it decides which bytes are valid; each with its reason. Sizes in bytes, counts in items.
 * They are part of `ProtocolParams`; what a node bounds for itself alone stands in `bounds`.
 */
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
  /** Bids kept for one offer, so the most that an offer may wait for; the worst is dropped when a better one comes. */
  bidsPerOffer: 64,
  /** Skills in one advert. */
  skillsPerAdvert: 32,
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
  /** Agents in one witness set: twice the 60 from which the largest panel is drawn, so that some may be away. */
  witnessSet: 128,
  /** Witness sets of one author in one epoch: so many tries multiply the odds of a bad panel by no more. */
  witnessSetsPerEpoch: 16,
  /** Evidence ids in one closing. */
  evidence: 32,
  /** Entries in one contract: 16 milestones of a few revisions each. */
  entriesPerContract: 256,
  /** Notes in one contract by one author. */
  notesPerContract: 128,
  /** Generations of one task. */
  generations: 1_000,
} as const

/** 2^53 - 1, the largest amount that every language's doubles hold exactly. */
export const MAX_AMOUNT = Number.MAX_SAFE_INTEGER
