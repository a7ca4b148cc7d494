import '../../../packages/libp2p/src/shim.ts'
import { randomBytes } from 'node:crypto'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import type { Libp2p, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { ClassicLevel } from 'classic-level'
import { createLibp2p } from 'libp2p'
import { now } from './clock.ts'
import { serveCalls } from './serve.ts'

// The floor of formation: what libp2p and the disk take for four messages of the same sizes, each on disk before it leaves,
// with none of ours in between: no signatures, no gossip, no records, no state.

/** About what an offer, a claim, an award and an accept take in wire form. */
const SIZES = [480, 230, 780, 270] as const
const ECHO_BYTES = 300
const EXCHANGE = '/haggle-bench/exchange/1'
const EXCHANGE_UNSYNCED = '/haggle-bench/exchange-unsynced/1'
const ECHO = '/haggle-bench/echo/1'

export type BareCalls = {
  /** Starts to listen, with a store in this directory. */
  open(init: { readonly directory: string }): Promise<{ readonly address: string }>
  /** Milliseconds of each of so many exchanges on one open stream. */
  exchange(init: {
    readonly address: string
    readonly count: number
    readonly sync: boolean
  }): Promise<readonly number[]>
  echo(init: { readonly address: string; readonly count: number }): Promise<readonly number[]>
}

let node: Libp2p | undefined
let store: ClassicLevel<string, Uint8Array> | undefined
let rows = 0

async function keep(message: Uint8Array, sync: boolean): Promise<void> {
  rows += 1
  await store?.put(String(rows).padStart(12, '0'), message, { sync })
}

const [offer, claim, award, accept] = SIZES.map((size) => randomBytes(size))

async function answerExchanges(stream: Stream, sync: boolean): Promise<void> {
  const wire = lpStream(stream)
  for (;;) {
    for (const message of [claim, accept]) {
      await wire.read()
      await keep(message ?? new Uint8Array(), sync)
      await wire.write(message ?? new Uint8Array())
    }
  }
}

async function echo(stream: Stream): Promise<void> {
  const wire = lpStream(stream)
  for (;;) await wire.write(await wire.read())
}

async function timed(count: number, once: () => Promise<void>): Promise<readonly number[]> {
  const spans: number[] = []
  for (let at = 0; at < count; at += 1) {
    const began = now()
    await once()
    spans.push(now() - began)
  }
  return spans
}

async function dialled(address: string, protocol: string): Promise<ReturnType<typeof lpStream>> {
  if (node === undefined) throw new Error('not open')
  return lpStream(await node.dialProtocol(multiaddr(address), protocol))
}

/** A stream that its other end closes is over, and that is all. */
const over = (): void => undefined

const calls: BareCalls = {
  async open({ directory }) {
    store = new ClassicLevel(directory, { keyEncoding: 'utf8', valueEncoding: 'view' })
    await store.open()
    node = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
    })
    await node.handle(EXCHANGE, (stream) => void answerExchanges(stream, true).catch(over))
    await node.handle(EXCHANGE_UNSYNCED, (stream) => void answerExchanges(stream, false).catch(over))
    await node.handle(ECHO, (stream) => void echo(stream).catch(over))
    return { address: String(node.getMultiaddrs()[0]) }
  },
  async exchange({ address, count, sync }) {
    const wire = await dialled(address, sync ? EXCHANGE : EXCHANGE_UNSYNCED)
    return timed(count, async () => {
      for (const message of [offer, award]) {
        await keep(message ?? new Uint8Array(), sync)
        await wire.write(message ?? new Uint8Array())
        await wire.read()
      }
    })
  },
  async echo({ address, count }) {
    const wire = await dialled(address, ECHO)
    const message = randomBytes(ECHO_BYTES)
    return timed(count, async () => {
      await wire.write(message)
      await wire.read()
    })
  },
}

serveCalls(calls)
