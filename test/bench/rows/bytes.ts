import type { Counted, CountedRow, Shape } from '../children/party.ts'
import { closePair, hireAll, openPair, SKILL, TERMS, type Bench, type Pair } from '../support/bench.ts'
import { loopback } from '../support/loopback.ts'
import { row, type Line } from '../support/row.ts'
import { median, sum } from '../support/stats.ts'

const GROUP = 'bytes'
/** Offer, claim, award, accept, delivery, approval. */
const MESSAGES = 6
/** Each of them is checked once by the other side, and so is each side's closing. */
const VERIFICATIONS = 8

interface Counts {
  readonly signedBytes: number
  readonly messages: number
  readonly verifications: number
  readonly socketBytes: number
  readonly otherMessages: number
}

/** What two agents say to each other for one contract, counted by themselves and by the loopback interface. */
export async function bytes(bench: Bench): Promise<readonly Line[]> {
  const pair = await openPair(bench, { open: { count: true } })
  const idle = await rounds(bench, pair, 1, 'closed')
  const busy = await rounds(bench, pair, 50, 'settled')
  const shapes = await shapesOf(pair)
  await closePair(pair)
  const least = sum(shapes.filter(isCounted).map((each) => each.leastBytes))
  const leastOfAll = sum(shapes.map((each) => each.leastBytes))
  const wire = sum(shapes.filter(isCounted).map((each) => each.wireBytes))
  const of = (
    name: string,
    unit: string,
    floor: number,
    pick: (counts: Counts) => number,
    atMost: number,
    note = '',
  ) => {
    const values = idle.map(pick)
    const inFlight = `50 in flight: ${median(busy.map(pick)).toFixed(1)}`
    return row({
      ...{ group: GROUP, name, unit, floor, observed: median(values), rounds: values },
      ...{ target: { of: 'ratio', atMost }, note: note === '' ? inFlight : `${inFlight}; ${note}` },
    })
  }
  const said = shapes.filter(isCounted).map(({ type, wireBytes }) => `${type} ${wireBytes}`)
  return [
    row({
      ...{ group: GROUP, name: 'signed records of a contract / smallest canonical form', unit: 'B', floor: least },
      ...{ observed: wire, target: { of: 'ratio', atMost: 1.1 }, note: said.join(', ') },
    }),
    of(
      'signed application bytes sent, closings included / smallest canonical form',
      'B',
      leastOfAll,
      (each) => each.signedBytes,
      1.1,
      'every record that went out, repeated ones too, with the heads of their frames; without payloads',
    ),
    of('socket bytes, n=2 / smallest canonical form', 'B', least, (each) => each.socketBytes, 3, 'everything on lo'),
    of(
      'messages per contract, n=2, closings apart / minimum',
      '',
      MESSAGES,
      (each) => each.messages,
      1.2,
      `${median(idle.map((each) => each.otherMessages)).toFixed(1)} others (adverts, tips, closings)`,
    ),
    of('verifications done / needed', '', VERIFICATIONS, (each) => each.verifications, 1.05, 'closings included'),
  ]
}

const contractTypes = new Set(['offer', 'bid', 'award', 'accept', 'deliver', 'approve'])

function isCounted({ type }: Shape): boolean {
  return contractTypes.has(type)
}

async function rounds(
  bench: Bench,
  pair: Pair,
  inFlight: number,
  until: 'closed' | 'settled',
): Promise<readonly Counts[]> {
  const count = bench.size(100, 20)
  const found: Counts[] = []
  for (let round = 0; round < bench.init.rounds; round += 1) {
    const before = await countsOf(pair)
    const order = { agent: 'requester', skill: SKILL, count, inFlight, terms: TERMS, until } as const
    const done = await hireAll(pair.requester, order)
    const payloads = sum(done.map((each) => each.payloadBytes)) / count
    const after = await countsOf(pair)
    const each = (pick: (counts: Counts) => number): number => (pick(after) - pick(before)) / count
    found.push({
      signedBytes: each((counts) => counts.signedBytes) - payloads,
      messages: each((counts) => counts.messages),
      otherMessages: each((counts) => counts.otherMessages),
      verifications: each((counts) => counts.verifications),
      socketBytes: each((counts) => counts.socketBytes),
    })
  }
  return found
}

async function countsOf({ requester, worker }: Pair): Promise<Counts> {
  const both = [
    await requester.call('counted', { agent: 'requester' }),
    await worker.call('counted', { agent: 'worker' }),
  ]
  const { bytes: socketBytes } = await loopback()
  const messages = costOf(both, 'messages-out', true)
  return {
    messages,
    signedBytes: sum(
      both.flatMap(({ rows }) => rows.filter(({ tied, phase }) => tied && phase !== 'overhead').map(bytesOut)),
    ),
    otherMessages: costOf(both, 'messages-out', false),
    verifications: sum(both.map((each) => each.verifyCalls)),
    socketBytes,
  }
}

function bytesOut({ costs }: CountedRow): number {
  return costs['bytes-out'] ?? 0
}

/** Of the six messages of contracts, or of everything else. */
function costOf(both: readonly Counted[], cost: string, ofContracts: boolean): number {
  const apart = new Set(['closing', 'overhead'])
  const rows = both.flatMap((each) => each.rows)
  return sum(
    rows.filter(({ phase, tied }) => (tied && !apart.has(phase)) === ofContracts).map(({ costs }) => costs[cost] ?? 0),
  )
}

async function shapesOf({ requester }: Pair): Promise<readonly Shape[]> {
  const order = { agent: 'requester', skill: SKILL, count: 1, inFlight: 1, terms: TERMS, until: 'closed' } as const
  const [done] = await hireAll(requester, order)
  return done === undefined ? [] : requester.call('records', { agent: 'requester', task: done.task })
}
