import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkHistories, type Finding, type InvariantId } from '@haggle/checker'
import { ed25519Verify } from '@haggle/node/pure'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentDirectories, readHistory } from '../../packages/haggle/src/check/read-history.ts'
import { spoil, spoilings } from './spoil.mjs'
import { full } from './support/full.ts'
import { record } from './support/recorded.ts'
import { play, SLOTS } from './support/played.ts'

/** Which invariant each spoiling breaks, and a word of what is said of it: other invariants may fall with it. */
const expected: Readonly<Record<string, readonly [InvariantId, RegExp]>> = {
  'drop-approval': ['S15', /approve .* missing in the log of its author/],
  'drop-award': ['S6', /whose award is not in the log/],
  'cut-tail': ['S15', /closing .* missing in the log of its author/],
  'drop-end-event': ['S22', /nobody was told/],
  'repeat-end-event': ['S22', /told twice/],
  'tell-another-end': ['S22', /undecided was told of a contract that was closed as settled/],
  'repeat-row': ['S13', /deliver stands in rows/],
  'flip-signature-bit': ['S1', /counts for nothing/],
  'sign-for-another': ['S1', /by the party without the pen/],
  'raise-price': ['S6', /price is not that of the bid/],
  'award-twice': ['S2', /awarded twice/],
  'settle-twice': ['S5', /settled 2 times/],
  'reopen-what-settled': ['S3', /after it had settled/],
  'work-on-after-reopening': ['S4', /deliver in generation/],
  'deliver-two-results': ['S16', /two records by one author/],
  'close-otherwise': ['S7', /one party holds/],
  'close-lower': ['S17', /closed as undecided/],
  'blame-without-proof': ['S10', /closed as breached by BAD/],
  overcharge: ['S19', /a penalty of 50000000/],
  'open-after-lapse': ['S20', /opened after it had lapsed/],
  'allege-after-delivery': ['S11', /NO_DELIVERY is alleged .* after deliver/],
  'blame-a-stranger': ['S18', /ABANDONED is alleged/],
  overbook: ['S9', /contracts under work with 6 slot/],
  'settle-unpaid': ['S23', /closed as settled with 0 of 1/],
  'forget-settlement': ['L6', /settled here, and .* does not know/],
  'leave-contract-open': ['L3', /no closing by this party/],
  'leave-offer-open': ['L1', /neither settled nor off the board/],
}
const SEEDS = full ? [101, 102, 103, 104, 105] : [101]

let home = ''
let restedAt = 0
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'haggle-spoil-'))
  for (const seed of SEEDS) {
    const played = await play(seed)
    restedAt = Math.max(restedAt, played.restedAt)
    await record(played.agents, join(home, String(seed)))
  }
})
afterAll(() => rm(home, { recursive: true, force: true }))

async function findingsIn(path: string): Promise<readonly Finding[]> {
  const histories = []
  for (const directory of await agentDirectories(path)) histories.push(await readHistory(directory))
  return checkHistories(histories, { verify: ed25519Verify, restedAt, slots: SLOTS }).findings
}

describe('a spoiled log is found out', () => {
  it('is clean before', async () => {
    for (const seed of SEEDS) expect(await findingsIn(join(home, String(seed)))).toEqual([])
  })

  it('has a spoiling for each invariant that the checker knows, and knows what each breaks', () => {
    expect(Object.keys(spoilings).toSorted()).toEqual(Object.keys(expected).toSorted())
    expect(Object.keys(spoilings).length).toBeGreaterThanOrEqual(20)
  })

  it.each(Object.entries(expected))(
    `in %s, in ${SEEDS.length} logs of ${SEEDS.length}`,
    async (name, [invariant, text]) => {
      for (const seed of SEEDS) {
        const copy = join(home, `${seed}-${name}`)
        await cp(join(home, String(seed)), copy, { recursive: true })
        await spoil(name, await agentDirectories(copy))
        const findings = await findingsIn(copy)
        expect(findings).toContainEqual(expect.objectContaining({ invariant, text: expect.stringMatching(text) }))
        await rm(copy, { recursive: true })
      }
    },
  )
})
