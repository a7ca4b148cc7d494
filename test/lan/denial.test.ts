import { expect } from 'vitest'
import { until } from '../process/support/limit.ts'
import type { TaskFile } from '../process/support/shown.ts'
import type { Stage } from '../process/support/stage.ts'
import { agreed, certifiedAt, convicted } from './support/evidence.ts'
import { GENESIS } from './support/genesis.ts'
import { onLan } from './support/on-lan.ts'
import { DECIDED_MS, modified, sameNumbers, town, type Actor } from './support/town.ts'

/** Tasks that are denied: of a busy machine one at least is delivered at the moment that the test is about. */
const DENIED = 4
const LAST_MS = 100
/** How long before its due the command ends: the rest is for its worker to sign and to send. */
const LEAD_MS = 97

/** A command that says at the last moment what it was told. */
const atTheLastMoment = [
  'told=$(cat)',
  `left=$(( $(date -d "$HAGGLE_DEADLINE" +%s%N) - $(date +%s%N) - ${LEAD_MS}000000 ))`,
  'sleep "$(( left / 1000000000 )).$(printf %09d $(( left % 1000000000 )))"',
  'echo "$told"',
].join('; ')

const lastMinute: Actor = {
  name: 'shout',
  start: ({ stage }) =>
    stage.work('shout', ['--genesis', GENESIS, '--slots', String(DENIED)], 'sh', '-c', atTheLastMoment),
}

const prompt: Actor = {
  name: 'shout',
  start: ({ stage }) => stage.work('shout', ['--genesis', GENESIS], 'tr', 'a-z', 'A-Z'),
}

async function exported(stage: Stage, name: string, contract: string): Promise<Buffer> {
  return (await stage.run(['contract', 'export', contract, '--as', name])).stdout
}

function recordsIn(file: Buffer): TaskFile['records'] {
  // The command under test prints it.
  return (JSON.parse(file.toString()) as TaskFile).records
}

function typesIn(file: Buffer): readonly string[] {
  return recordsIn(file).map(({ type }) => type)
}

function viewIn(file: Buffer, type: string): TaskFile['records'][number]['view'] {
  const found = recordsIn(file).find((each) => each.type === type)
  if (found === undefined) throw new Error(`the file holds no ${type}`)
  return found.view
}

interface Terms {
  readonly milestones: readonly { readonly durationMs: number }[]
}

/** When the one milestone of a file was due. */
function dueIn(file: Buffer): number {
  // The command under test prints these fields among others.
  const { at, terms } = viewIn(file, 'award') as { readonly at: number; readonly terms: Terms }
  return at + (terms.milestones[0]?.durationMs ?? 0)
}

/** How long before its due a delivery was signed, by what its own file says; NaN: nothing was delivered. */
function spareMs(file: Buffer): number {
  return typesIn(file).includes('deliver') ? dueIn(file) - Number(viewIn(file, 'deliver')['at']) : Number.NaN
}

onLan(
  'a worker that delivers in the last 100 ms before its due to a requester that denies it is cleared, and the requester pays',
  async ({ lan }) => {
    const requester = modified('denier', 'shout', '7', String(DENIED), '20')
    const { desk, shop, others } = await town(lan, 6, { requester, worker: lastMinute })
    // Whose command came too late for its due is breached, and proves nothing here.
    await until(
      'every task to be over',
      async () => {
        const ends = [...shop.agent.events('settled'), ...shop.agent.events('breached')]
        return ends.length === DENIED || undefined
      },
      DECIDED_MS,
    )
    const files = await Promise.all(
      (await shop.host.stage.contracts('shout')).map(async ({ contract }) => ({
        contract,
        file: await exported(shop.host.stage, 'shout', contract),
      })),
    )
    const close = files.filter(({ file }) => spareMs(file) >= 0 && spareMs(file) <= LAST_MS)
    expect(close, `spare: ${files.map(({ file }) => spareMs(file)).join(', ')} ms`).not.toEqual([])

    const elsewhere = await lan.host()
    for (const { contract, file } of close) {
      const { contracts } = await elsewhere.stage.verdicts(file)
      expect(contracts).toMatchObject([
        { contract, end: 'settled', fault: 'SILENT_REVIEW', grade: 'witnessed', party: desk.peer },
      ])
      expect(contracts[0]?.faults).toMatchObject([{ party: desk.peer, fault: 'SILENT_REVIEW', slash: 0.25 }])
      const said = contracts[0]?.certificates.map(({ duty, verdict }) => `${duty} ${verdict}`)
      expect(said).toContain('delivery timely')
      expect(said).not.toContain('delivery absent')

      const denied = await exported(desk.host.stage, 'me', contract)
      expect(typesIn(denied)).toContain('ask')
      expect(typesIn(denied)).not.toContain('deliver')
      expect((await elsewhere.stage.verdicts(denied)).contracts).not.toMatchObject([{ party: shop.peer }])
    }
    const seen = await agreed([shop, ...others], desk.peer, 'SILENT_REVIEW')
    expect(seen.debt.total).toBeGreaterThan(0)
    const { quality } = await sameNumbers([shop, ...others], shop.peer)
    for (const { contract } of close) expect(quality.faults.map((each) => each.contract)).not.toContain(contract)
  },
)

onLan('an ask after an approval is void before its time, and convicts the asker after it', async ({ lan }) => {
  const requester = modified('false-asker', 'shout', '7', '20')
  const { desk, shop, others } = await town(lan, 6, { requester, worker: prompt })
  await shop.agent.event('settled')
  await desk.agent.event('asked', { times: 1 })
  await desk.agent.event('asked', { times: 2 })

  const seen = await agreed([shop, ...others], desk.peer, 'FALSE_ASK')
  expect(seen.quality.faults).toMatchObject([{ fault: 'FALSE_ASK', grade: 'self-proving' }])
  expect((await sameNumbers([shop, ...others], shop.peer)).quality.faults).toEqual([])
  const { contract } = await convicted(shop, desk.peer, 'FALSE_ASK')
  for (const place of [shop, ...others]) expect(await certifiedAt(place, contract)).not.toContain('delivery absent')

  const elsewhere = await lan.host()
  const file = await exported(shop.host.stage, 'shout', contract)
  const [verdict] = (await elsewhere.stage.verdicts(file)).contracts
  expect(verdict).toMatchObject({ end: 'settled', faults: [{ party: desk.peer, fault: 'FALSE_ASK', slash: 1 }] })
  const convicting = recordsIn(file).filter(
    ({ id, type }) => type === 'ask' && verdict?.faults[0]?.evidence.includes(id),
  )
  expect(convicting).toHaveLength(1)
  expect(Number(convicting[0]?.view['at'])).toBeGreaterThan(dueIn(file))
})
