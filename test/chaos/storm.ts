import type { Chance } from '../process/support/chance.ts'
import { passing } from '../process/support/limit.ts'
import { readHistory } from '../../packages/haggle/src/check/read-history.ts'
import { Host } from './support/host.ts'
import { countsOf, judge, sentenceOf } from './support/judge.ts'
import { Link, type Fault } from './support/link.ts'
import { Member, type Plan } from './support/member.ts'
import type { Context, Judged, Trial } from './support/trial.ts'

const SLOTS = 6
const DEADLINE_MS = 120_000
/** What the last jobs have after their deadline to be over, and all closings to arrive. */
const REST_MS = 20_000
const LEAST_SETTLED = 0.99

/** Processes that are killed and stopped at random, on links that are slow, deaf or cut. */
export const trial: Trial = {
  name: 'storm',
  target: '0 lost, 0 double-settled, 0 wrongly faulted, at least 99 % settled (deadline 120 s, 5 attempts)',
  async run(context) {
    const { processes } = context
    const hosts: Host[] = []
    const links: Link[] = []
    try {
      for (let number = 1; number <= processes; number += 1) hosts.push(await Host.open(number))
      for (const from of hosts) for (const to of hosts) if (from !== to) links.push(await Link.open(from, to))
      return await storm(context, hosts, links)
    } finally {
      await Promise.all(links.map((link) => link.close()))
      await Promise.all(hosts.map((host) => host.close()))
    }
  },
}

interface Tally {
  kills: number
  stops: number
  faults: number
  /** What a process said that ended by itself. */
  readonly died: string[]
}

async function storm(context: Context, hosts: readonly Host[], links: readonly Link[]): Promise<Judged> {
  const { chance, spanMs, progress } = context
  const members = hosts.map((host) => {
    const others = hosts.filter((other) => other !== host)
    return new Member(host, others, planOf(context, host))
  })
  for (const member of members) {
    await member.prepare()
    await member.start().event('ready')
  }
  const tally: Tally = { kills: 0, stops: 0, faults: 0, died: [] }
  const end = performance.now() + spanMs
  const told = setInterval(
    () => progress(`${tally.kills} kills, ${Math.round((end - performance.now()) / 1000)} s to go`),
    10_000,
  )
  await Promise.all([
    strikes(members, chance.of('kills'), end, tally),
    pauses(members, chance.of('stops'), end, tally),
    weather(links, chance.of('links'), end, tally),
  ])
  clearInterval(told)
  for (const link of links) link.set(null)
  for (const member of members) if (member.running === undefined) member.start()
  progress('all links are well and nobody is killed any more')
  await over(members, tally)
  return verdict(members, tally, context)
}

function planOf({ contracts, spanMs, processes, flight }: Context, { number }: Host): Plan {
  const own = Math.ceil(contracts / processes)
  // The first offers wait until agents have met.
  const first = Date.now() + 4_000 + number * 300
  const jobs = Array.from({ length: own }, (_, at) => ({
    key: `${number}-${at}`,
    at: Math.round(first + (at * Math.max(spanMs - 5_000, 1_000)) / own),
  }))
  const terms = { deadline: `${DEADLINE_MS / 1000}s`, wait: '100s', attempts: 5 }
  return { slots: SLOTS, workMs: [50, 900], jobs, flight, terms }
}

/** kill -9 every 0.5 to 2 s, and back in the same directory. */
async function strikes(members: readonly Member[], chance: Chance, end: number, tally: Tally): Promise<void> {
  const comingBack: Promise<void>[] = []
  while (performance.now() < end) {
    await passing(chance.span(500, 2_000))
    const member = members[chance.span(0, members.length - 1)]
    if (member?.running === undefined) continue
    noteDeath(member, tally)
    await member.kill()
    tally.kills += 1
    const away = chance.fraction() < 0.7 ? 0 : chance.span(100, 4_000)
    comingBack.push(passing(away).then(() => void member.start()))
  }
  await Promise.all(comingBack)
}

/** A process that is ended by nobody has died of us. */
function noteDeath({ running, name }: Member, tally: Tally): void {
  if (running?.over === true) tally.died.push(`${name} ended by itself: ${running.stderr.slice(-1_000)}`)
}

async function pauses(members: readonly Member[], chance: Chance, end: number, tally: Tally): Promise<void> {
  while (performance.now() < end) {
    await passing(chance.span(2_000, 8_000))
    const running = members[chance.span(0, members.length - 1)]?.running
    if (running === undefined) continue
    running.signal('SIGSTOP')
    tally.stops += 1
    await passing(chance.span(200, 7_000))
    running.signal('SIGCONT')
  }
}

async function weather(links: readonly Link[], chance: Chance, end: number, tally: Tally): Promise<void> {
  const clearing: Promise<void>[] = []
  while (performance.now() < end) {
    await passing(chance.span(300, 3_000))
    const link = links[chance.span(0, links.length - 1)]
    if (link === undefined || link.faulty) continue
    link.set(faultOf(chance))
    tally.faults += 1
    clearing.push(passing(chance.span(200, 8_000)).then(() => link.set(null)))
  }
  await Promise.all(clearing)
}

function faultOf(chance: Chance): Fault {
  return chance.pick<Fault>([
    { kind: 'delay', spanMs: chance.span(30, 600) },
    { kind: 'stall' },
    { kind: 'reset' },
    { kind: 'blackhole' },
    { kind: 'one-way', lost: chance.pick(['there', 'back']) },
  ])
}

/** Waits until every job is over; a member that dies meanwhile is started again, and told of. */
async function over(members: readonly Member[], tally: Tally): Promise<void> {
  const end = performance.now() + DEADLINE_MS + REST_MS
  for (;;) {
    const statuses = await Promise.all(members.map((member) => member.status()))
    if (statuses.every((status) => status.over)) break
    if (performance.now() > end) break
    for (const member of members) {
      if (member.running?.over !== true) continue
      noteDeath(member, tally)
      member.start()
    }
    await passing(500)
  }
  // What the last ends still have to say to the other side.
  await passing(5_000)
}

async function verdict(members: readonly Member[], tally: Tally, { seed, flight }: Context): Promise<Judged> {
  const ends = new Map<string, number>()
  let jobs = 0
  let lost = 0
  for (const member of members) {
    const { ended } = await member.status()
    await member.leave()
    const history = await readHistory(member.directory)
    const log = Buffer.concat(history.log.map(({ bytes }) => bytes)).toString('latin1')
    for (const key of await member.hired()) if (!log.includes(`"key":"${key}"`)) lost += 1
    for (const { key } of member.plan.jobs) {
      const end = ended[key] ?? 'never over'
      ends.set(end, (ends.get(end) ?? 0) + 1)
      jobs += 1
    }
  }
  const report = await judge(
    members.map(({ directory }) => directory),
    SLOTS,
  )
  const settled = ends.get('settled') ?? 0
  const replays = flight ? await Promise.all(members.map((member) => member.replay())) : []
  const differing = replays.flatMap(({ problems }) => problems)
  const { kills, stops, faults, died } = tally
  const counts = {
    jobs,
    settled,
    lost,
    kills,
    stops,
    'link faults': faults,
    'died by themselves': died.length,
    ...(flight ? { 'flights replayed': replays.reduce((sum, { segments }) => sum + segments, 0) } : {}),
    ...countsOf(report),
  }
  const passed =
    lost === 0 &&
    report.findings.length === 0 &&
    died.length === 0 &&
    differing.length === 0 &&
    settled >= LEAST_SETTLED * jobs
  const others = [...ends].filter(([end]) => end !== 'settled').map(([end, count]) => `${count} ended as ${end}`)
  const notes = [`Seed ${seed}.`, ...others, ...report.findings.map(sentenceOf), ...differing, ...died]
  return { passed, counts, notes }
}
