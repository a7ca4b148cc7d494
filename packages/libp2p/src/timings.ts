/** How long the transport waits for what, in milliseconds. */
export const timings = {
  /** From a connection to both hellos: 16 nodes that start at once on two cores block each other for seconds. */
  handshakeMs: 15_000,
  /** From an accepted socket to a secured connection: what is slower is let go. */
  upgradeMs: 10_000,
  /** One dial, every address of the peer together. */
  dialMs: 10_000,
  /** One address of a peer: a machine on the LAN answers in milliseconds; the rest of `dialMs` is for its other addresses. */
  dialAddressMs: 3_000,
  /** A peer that takes none of the bytes that wait for it for this long is let go: whoever sends to it must learn of it. */
  stallMs: 24_000,
  /** Between two looks at who takes the bytes that wait: with `stallMs` well below 30 seconds. */
  stallLookMs: 2_000,
  /** A payload transfer without a byte of progress. */
  blobIdleMs: 28_000,
  /** A stop that takes longer cuts its connections (NET-24). */
  stopMs: 1_500,
  /** Closing one connection in good order before it is cut. */
  closeMs: 1_000,
  /** Between two looks at the health of every connection. */
  sweepMs: 15_000,
  /** NET-21: between two lists of peers to the same peer: reading one costs as much as a hundred pulses. */
  tellMs: 60_000,
  /** Time a new connection has to open its gossip stream before it is made anew. */
  gossipGraceMs: 20_000,
  /** NET-78: between two looks at who passes on what to whom, each followed by lists of what was heard of late. */
  gossipLookMs: 2_000,
  /** NET-79: for no longer does a machine that is behind with its work keep back what it passes on. */
  passOnMs: 500,
  /** NET-50: the second query of who is on the LAN; each pause after it is twice as long. */
  firstQueryMs: 1_000,
  /** NET-50: the longest pause of a node with few peers, as multicast DNS is usually asked. */
  lonelyQueryMs: 10_000,
  /** NET-50: the longest pause of all: newcomers ask for themselves, so this only mends what went wrong. */
  quietQueryMs: 300_000,
  /** NET-50: between two answers: who starts right after one waits no longer than this and its second query for the next. */
  answerMs: 250,
  /** NET-52: within this the members of a crowd answer a query, in random order. */
  crowdAnswerMs: 200,
  /** NET-52: for no longer does anybody keep quiet because others have answered: names on the LAN cost nothing. */
  quietAnswerMs: 10_000,
  /** NET-52: who was not heard on the LAN for so long is not counted in its crowd: twice the longest pause between two queries. */
  crowdMemoryMs: 600_000,
  /** NET-76: what somebody announces again and again is read again after this: our own side of the LAN may have changed. */
  rereadMs: 60_000,
  /** No redial of a peer of other params, or of one that broke the framing. */
  quarantineMs: 300_000,
} as const

/** A number between `low` and `high`: spreads what would otherwise happen on every machine at once. */
export function jitter(low: number, high: number): number {
  return low + Math.random() * (high - low)
}
