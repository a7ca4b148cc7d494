import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  connectControl,
  controlSocketPath,
  MAX_CHUNK_BYTES,
  serveControl,
  type ControlChannel,
  type ControlMessage,
  type ControlServer,
} from '../src/system/index.ts'

let folder = ''
let socketPath = ''
let server: ControlServer | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haggle-control-'))
  socketPath = join(folder, 'run', 'a.sock')
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await rm(folder, { recursive: true })
})

/** A server whose connections are handed to the test; each stays open until the test settles it. */
async function serving(): Promise<{ accepted: () => Promise<{ channel: ControlChannel; done: () => void }> }> {
  const waiting: ((each: { channel: ControlChannel; done: () => void }) => void)[] = []
  const here: { channel: ControlChannel; done: () => void }[] = []
  server = await serveControl({
    socketPath,
    onConnection: (channel) =>
      new Promise((done) => {
        const each = { channel, done }
        const taker = waiting.shift()
        if (taker === undefined) here.push(each)
        else taker(each)
      }),
  })
  return {
    accepted: () =>
      new Promise((resolve) => {
        const each = here.shift()
        if (each === undefined) waiting.push(resolve)
        else resolve(each)
      }),
  }
}

async function echo(channel: ControlChannel): Promise<void> {
  for await (const { message, chunk } of channel.messages()) await channel.send(message, chunk)
}

const raw = (header: string, chunkField = 0, headerBytes = Buffer.byteLength(header)): Buffer => {
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32BE(headerBytes, 0)
  prefix.writeUInt32BE(chunkField, 4)
  return Buffer.concat([prefix, Buffer.from(header)])
}

async function dialled(): Promise<Socket> {
  const socket = createConnection(socketPath)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

test('messages with and without bytes go both ways, in order', async () => {
  server = await serveControl({ socketPath, onConnection: echo })
  const channel = await connectControl(socketPath, 2_000)
  const big = new Uint8Array(MAX_CHUNK_BYTES).fill(7)
  const sent: ControlMessage[] = [
    { message: { text: 'ü\n', list: [1, null, { a: true }] } },
    { message: {}, chunk: new Uint8Array() },
    { message: { n: 1 }, chunk: big },
    ...Array.from({ length: 500 }, (_, n) => ({ message: { n } })),
  ]
  const all = Promise.all(sent.map(({ message, chunk }) => channel.send(message, chunk)))
  const got: ControlMessage[] = []
  for await (const message of channel.messages()) {
    got.push(message)
    if (got.length === sent.length) break
  }
  await all
  expect(got).toEqual(sent)
  await channel.close()
  expect(channel.signal.aborted).toBe(true)
})

test('the socket is private, and a private folder is made for it', async () => {
  await serving()
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
  expect((await stat(dirname(socketPath))).mode & 0o777).toBe(0o700)
})

test('a folder that others can enter is refused', async () => {
  await mkdir(dirname(socketPath))
  await chmod(dirname(socketPath), 0o755)
  await expect(serving()).rejects.toMatchObject({ code: 'control/unsafe-folder' })
})

test('a path that the platform would cut is refused', async () => {
  socketPath = join(folder, 'x'.repeat(107))
  await expect(serving()).rejects.toMatchObject({ code: 'control/path-too-long' })
})

test('the path of an agent is short, and differs for each directory', async () => {
  const deep = join(folder, 'd'.repeat(200))
  await mkdir(deep)
  const paths = [await controlSocketPath(deep), await controlSocketPath(folder)]
  expect(new Set(paths).size).toBe(2)
  for (const path of paths) expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107)
})

test('nobody answers where nobody serves, also when a dead socket is left, and the next server takes its place', async () => {
  await expect(connectControl(socketPath, 2_000)).rejects.toMatchObject({ code: 'control/unreachable' })
  await mkdir(dirname(socketPath), { mode: 0o700 })
  await writeFile(socketPath, '')
  await expect(connectControl(socketPath, 2_000)).rejects.toMatchObject({ code: 'control/unreachable' })
  server = await serveControl({ socketPath, onConnection: echo })
  const channel = await connectControl(socketPath, 2_000)
  await channel.close()
})

describe('one side learns that the other', () => {
  test('closed in good order: its messages end, sending fails', async () => {
    const { accepted } = await serving()
    const channel = await connectControl(socketPath, 2_000)
    const { channel: other, done } = await accepted()
    await other.send({ last: true })
    done()
    const got: ControlMessage[] = []
    for await (const message of channel.messages()) got.push(message)
    expect(got).toEqual([{ message: { last: true } }])
    if (!channel.signal.aborted) await once(channel.signal, 'abort')
    await expect(channel.send({})).rejects.toMatchObject({ code: 'control/closed' })
  })

  test('vanished, while nobody reads', async () => {
    const { accepted } = await serving()
    const socket = await dialled()
    const { channel, done } = await accepted()
    socket.destroy()
    if (!channel.signal.aborted) await once(channel.signal, 'abort')
    expect(channel.signal.reason).toMatchObject({ code: 'control/closed' })
    done()
  })

  test('does not read: sending waits until it does', async () => {
    const { accepted } = await serving()
    const channel = await connectControl(socketPath, 2_000)
    const { channel: other, done } = await accepted()
    const chunk = new Uint8Array(MAX_CHUNK_BYTES)
    let taken = 0
    const sending = Array.from({ length: 200 }, async () => {
      await other.send({}, chunk)
      taken += 1
    })
    // Some are read ahead and some are taken by the system; however long it goes on, most have to wait.
    const messages = channel.messages()[Symbol.asyncIterator]()
    await messages.next()
    for (let turn = 0; turn < 2_000; turn += 1) await setImmediate()
    expect(taken).toBeLessThan(200)
    for (let read = 1; read < 200; read += 1) await messages.next()
    await Promise.all(sending)
    expect(taken).toBe(200)
    done()
  })
})

describe('nonsense ends its own connection only', () => {
  test.each([
    ['a header that is no JSON', raw('{')],
    ['a header that is no object', raw('[1]')],
    ['a header beyond the bound', raw('', 0, 262_145)],
    ['a chunk beyond the bound', raw('{}', 65_538)],
    ['a message that is cut off', raw('{}', 100)],
    ['another language', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('%s', async (_name, bytes) => {
    const { accepted } = await serving()
    const good = await connectControl(socketPath, 2_000)
    const first = await accepted()
    const socket = await dialled()
    const { channel, done } = await accepted()
    socket.end(bytes)
    const reading = (async () => {
      for await (const each of channel.messages()) expect(each).toBeUndefined()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'control/malformed' })
    done()
    if (!channel.signal.aborted) await once(channel.signal, 'abort')
    await first.channel.send({ still: 'here' })
    const got = await good.messages()[Symbol.asyncIterator]().next()
    expect(got.value).toEqual({ message: { still: 'here' } })
    first.done()
  })

  test('a message that is too large to send is refused before it harms the connection', async () => {
    server = await serveControl({ socketPath, onConnection: echo })
    const channel = await connectControl(socketPath, 2_000)
    const tooLarge = { code: 'control/too-large' }
    await expect(channel.send({ text: 'x'.repeat(262_144) })).rejects.toMatchObject(tooLarge)
    await expect(channel.send({}, new Uint8Array(MAX_CHUNK_BYTES + 1))).rejects.toMatchObject(tooLarge)
    await channel.send({ fine: true })
    expect((await channel.messages()[Symbol.asyncIterator]().next()).value).toEqual({ message: { fine: true } })
    await channel.close()
  })

  test('a flood of tiny messages, cut anywhere, is read in order', async () => {
    const { accepted } = await serving()
    const socket = await dialled()
    const { channel, done } = await accepted()
    const flood = Buffer.concat(Array.from({ length: 20_000 }, (_, n) => raw(`{"n":${n}}`)))
    for (let at = 0; at < flood.length; at += 4_099) socket.write(flood.subarray(at, at + 4_099))
    let next = 0
    for await (const { message } of channel.messages()) {
      if (message['n'] !== next) throw new Error(`message ${next} is out of order`)
      next += 1
      if (next === 20_000) break
    }
    expect(next).toBe(20_000)
    socket.destroy()
    done()
  })
})

test('closing the server ends its connections and removes the socket', async () => {
  const { accepted } = await serving()
  const channel = await connectControl(socketPath, 2_000)
  const { done } = await accepted()
  await server?.close()
  if (!channel.signal.aborted) await once(channel.signal, 'abort')
  done()
  await expect(stat(socketPath)).rejects.toMatchObject({ code: 'ENOENT' })
})
