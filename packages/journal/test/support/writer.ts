// Commits until it is killed or the disk refuses, and says what it was told is durable.
import { HaggleError } from '@haggle/protocol'
import { openJournal } from '../../src/index.ts'

const [directory = '', rowBytes = '100'] = process.argv.slice(2)
const journal = await openJournal(directory).catch((thrown: unknown) => {
  process.stdout.write(`refused ${thrown instanceof HaggleError ? thrown.code : String(thrown)}\n`)
  process.exit(1)
})
process.stdout.write('open\n')

async function attempt(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'ok'
  } catch (thrown) {
    return thrown instanceof HaggleError ? thrown.code : String(thrown)
  }
}

for (let row = 0; ; row += 1) {
  const bytes = new Uint8Array(Number(rowBytes))
  // Random bytes do not compress, so that a small disk fills.
  crypto.getRandomValues(bytes.subarray(0, Math.min(bytes.length, 65_536)))
  const outcome = await attempt(() => journal.commit([{ table: 'log', bytes }], true))
  process.stdout.write(`${row} ${outcome}\n`)
  if (outcome === 'ok') continue
  const again = await attempt(() => journal.commit([{ table: 'log', bytes: new Uint8Array(1) }], false))
  let held = 0
  const read = await attempt(async () => {
    for await (const { bytes: each } of journal.read('log')) held += each.length > 0 ? 1 : 0
  })
  process.stdout.write(`after ${again} read ${read} ${held}\n`)
  break
}
process.exit(0)
