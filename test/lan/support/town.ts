import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { until } from '../../process/support/limit.ts'
import { linesOf, type Running } from '../../process/support/running.ts'
import { GENESIS } from './genesis.ts'
import type { Host } from './host.ts'
import type { Lan } from './lan.ts'

/** A contract of the lan profile that nobody fulfils is decided within its deadline, the asks and the late window. */
export const DECIDED_MS = 120_000

/** An agent and where it runs. */
export interface Place {
  readonly host: Host
  readonly name: string
  readonly agent: Running
  readonly peer: string
}

/** A requester, a worker, and everybody else, who witness. */
export interface Town {
  readonly desk: Place
  readonly shop: Place
  readonly others: readonly Place[]
}

/** Who runs on a host: its name there, and how it is started. */
export interface Actor {
  readonly name: string
  readonly start: (host: Host) => Promise<Running>
}

/** What `why --json` says of an agent: as far as these tests look. */
export interface WhySeen {
  readonly quality: {
    readonly permille: number
    readonly faults: readonly { readonly contract: string; readonly fault: string; readonly grade: string }[]
  }
  readonly debt: { readonly total: number }
}

const TYPESCRIPT = fileURLToPath(new URL('../../support/typescript.mjs', import.meta.url))
const PEERS = fileURLToPath(new URL('../peers/', import.meta.url))

const flags = ['--genesis', GENESIS]

/** A requester that hires when it is told to. */
const upright: Actor = { name: 'me', start: ({ stage }) => stage.up(...flags) }

/** A worker whose command waits at its gate. */
const gated: Actor = { name: 'shout', start: ({ stage }) => stage.work('shout', flags, ...stage.gated('go')) }

/** So many hosts on one LAN that trust one genesis file: a requester, which it names, a worker, and witnesses. */
export async function town(
  lan: Lan,
  witnesses: number,
  { requester = upright, worker = gated }: { readonly requester?: Actor; readonly worker?: Actor } = {},
): Promise<Town> {
  const { desk, shop } = await lan.hosts('desk', 'shop')
  const rest: Host[] = []
  for (let n = 0; n < witnesses; n += 1) rest.push(await lan.host())
  const anchor = await desk.stage.up()
  const { peerId } = await anchor.event('ready')
  await anchor.kill()
  const genesis = JSON.stringify({ haggle: 1, network: 'haggle', anchors: [peerId] })
  for (const host of [desk, shop, ...rest]) {
    host.stage.witness = true
    await writeFile(host.stage.path(GENESIS), genesis)
  }
  const others = await Promise.all(rest.map((host) => placed(host, upright)))
  const theirs = await placed(shop, worker)
  const ours = await placed(desk, requester)
  await until('the requester to see everybody', async () => {
    const { stdout } = await desk.stage.run(['peers', '--json'])
    return linesOf(stdout).length > witnesses ? true : undefined
  })
  return { desk: ours, shop: theirs, others }
}

async function placed(host: Host, { name, start }: Actor): Promise<Place> {
  const agent = await start(host)
  const { peerId: peer } = await agent.event('ready')
  return { host, name, agent, peer: String(peer) }
}

/** A requester that is no `haggle`: a script of `test/lan/peers`, which acts as the agent that the genesis file names. */
export function modified(script: string, ...args: readonly string[]): Actor {
  const start = async ({ stage }: Host): Promise<Running> => {
    const running = stage.spawn(process.execPath, ['--import', TYPESCRIPT, `${PEERS}${script}.ts`, ...args])
    await running.event('ready')
    return running
  }
  return { name: 'me', start }
}

/** What a place says of an agent, and why. */
export async function why({ host, name }: Place, peer: string): Promise<WhySeen> {
  const { code, stdout, stderr } = await host.stage.run(['why', peer, '--json', '--as', name])
  if (code !== 0) throw new Error(`why left with ${code}: ${stderr}`)
  return JSON.parse(stdout.toString()) as WhySeen
}

/** Expects that all of them print the same numbers for an agent, and returns these. */
export async function sameNumbers(places: readonly Place[], peer: string): Promise<WhySeen> {
  const [first, ...rest] = await Promise.all(places.map((place) => why(place, peer)))
  if (first === undefined) throw new Error('somebody is asked')
  for (const other of rest) expect(other.quality).toEqual(first.quality)
  return first
}
