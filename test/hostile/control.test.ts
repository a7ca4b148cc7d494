import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { expect } from 'vitest'
import { expectExit } from '../process/support/expect-exit.ts'
import type { Running } from '../process/support/running.ts'
import { scenario } from '../process/support/scenario.ts'
import type { Stage } from '../process/support/stage.ts'
import { hireBeside } from './support/hostile.ts'
import { MemoryWatch } from './support/memory.ts'

/** A running agent, and where it listens to commands. */
async function controlled(stage: Stage): Promise<{ worker: Running; path: string; memory: MemoryWatch }> {
  const worker = await stage.work('echo', ['--debug'], 'cat')
  await hireBeside(stage)
  // What the agent itself wrote there.
  const { socket } = JSON.parse(await readFile(stage.path('echo/holder.json'), 'utf8')) as { socket: string }
  return { worker, path: socket, memory: await MemoryWatch.begin(worker.pid) }
}

async function dial(path: string): Promise<Socket> {
  const socket = connect(path)
  socket.on('error', () => undefined)
  socket.resume()
  await Promise.race([once(socket, 'connect'), gone(socket)])
  return socket
}

function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())))
}

function message(json: string, headerBytes = Buffer.byteLength(json), chunkField = 0): Buffer {
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32BE(headerBytes, 0)
  prefix.writeUInt32BE(chunkField, 4)
  return Buffer.concat([prefix, Buffer.from(json)])
}

async function expectServing(stage: Stage, worker: Running, memory: MemoryWatch, what: string): Promise<void> {
  const status = await stage.run(['status', '--json', '--as', 'echo'])
  expectExit(status, 0)
  expect(JSON.parse(status.stdout.toString())).toMatchObject({ name: 'echo', running: true })
  await hireBeside(stage)
  await memory.expectSmall(what)
  expect(worker.stderr).not.toMatch(/^ +at |agent\/bug|halted/m)
}

scenario(
  'NET-46: nonsense on the control socket ends the connection that it came on, and nothing else',
  async ({ stage }) => {
    const { worker, path, memory } = await controlled(stage)
    const call = (request: string): string =>
      `{"kind":"call","call":{"request":${request},"json":true,"debug":false,"network":null,"session":{"cwd":"/","tty":{"stdin":false,"stdout":false,"stderr":false},"color":false}}}`
    const nonsense: readonly Buffer[] = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(65_536, 0xff),
      Buffer.alloc(8),
      message('{'),
      message('[]'),
      message('null'),
      message('"'.padEnd(200_000, 'x')),
      message('['.repeat(100_000)),
      message('{"kind":"call"}'),
      message('{"kind":"call","call":{"__proto__":{"request":{"name":"status"}}}}'),
      message('{"constructor":{"prototype":{"kind":"call"}},"kind":"call","call":null}'),
      message(call('{"name":"shutdown"}')),
      message(call('{"name":"status","extra":1}')),
      message(call('{"name":"contract-show","id":7}')),
      message(call('{"name":"status"}').replace('"json":true', '"json":true,"json":"twice"')),
      message('{}', 0xffff_ffff),
      message('{}', 2, 0xffff_ffff),
      message('{"kind":"call","call":1}', 100),
    ]
    for (const bytes of nonsense) {
      const socket = await dial(path)
      socket.end(bytes)
      await gone(socket)
    }
    // One huge line that never ends: refused by its length.
    const endless = await dial(path)
    endless.write(message('', 262_145))
    endless.write(Buffer.alloc(8_388_608, 0x20))
    await gone(endless)
    await expectServing(stage, worker, memory, 'nonsense on the control socket')
  },
)

scenario('NET-46: 200 connections that say nothing keep commands out no longer than they wait', async ({ stage }) => {
  const { worker, path, memory } = await controlled(stage)
  const silent = await Promise.all(Array.from({ length: 200 }, () => dial(path)))
  // Half of a message is no call either.
  for (const socket of silent.slice(0, 32)) socket.write(Buffer.alloc(4))
  await expectServing(stage, worker, memory, '200 silent connections')
  await Promise.all(silent.map(gone))
})

scenario('T-56 NET-46: another user of the machine cannot reach the control socket', async ({ stage, skip }) => {
  const { path } = await controlled(stage)
  // Root may become anybody; who runs the tests as a plain user cannot try this.
  if (process.getuid?.() !== 0) skip('only root can act as another user')
  const program = `require('node:net').connect(${JSON.stringify(path)}).on('connect', () => process.exit(0)).on('error', (e) => { console.error(e.code); process.exit(9) })`
  const tried = await stage
    .spawn('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, '-e', program])
    .ended()
  expect({ code: tried.code, stderr: tried.stderr.trim() }).toEqual({ code: 9, stderr: 'EACCES' })
})
