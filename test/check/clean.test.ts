import { checkHistories } from '@haggle/checker'
import { ed25519Verify } from '@haggle/node/pure'
import { expect, it } from 'vitest'
import { full } from './support/full.ts'
import { historiesOf, play, SLOTS } from './support/played.ts'

const RUNS = full ? 50 : 10

it(`finds nothing in ${RUNS} clean runs, in which agents crash and hires fail in every way`, async () => {
  let settled = 0
  const ends = new Set<string>()
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const played = await play(seed)
    const report = checkHistories(historiesOf(played), {
      verify: ed25519Verify,
      restedAt: played.restedAt,
      slots: SLOTS,
    })
    expect({ seed, findings: report.findings }).toEqual({ seed, findings: [] })
    settled += report.settled
    for (const { events } of played.agents) for (const { bytes } of events) ends.add(endIn(bytes))
  }
  expect(settled).toBeGreaterThan(4 * RUNS)
  for (const end of ['settled', 'failed', 'breached', 'split', 'withdrawn', 'undecided'])
    expect([...ends]).toContain(end)
}, 300_000)

function endIn(bytes: Uint8Array): string {
  return /"end":"([a-z]+)"/.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? ''
}
