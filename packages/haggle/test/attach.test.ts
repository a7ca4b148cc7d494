import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Agent } from '@haggle/node'
import { connectControl, serveControl, type ControlChannel, type ControlServer } from '@haggle/node/system'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attach } from '../src/cli/attach.ts'
import { AttachedCommands } from '../src/cli/attached-commands.ts'
import type { Call } from '../src/cli/request.ts'
import type { Session } from '../src/cli/session.ts'

const LIMIT_MS = 20_000
const tty = { stdin: false, stdout: false, stderr: false }
const never = new AbortController().signal
const session: Session = {
  ...{ cwd: '/', tty, color: false, interrupted: never, killed: never, unread: never },
  input: async function* () {
    // Nothing is read from it.
  },
  write: () => Promise.resolve(),
  note: () => undefined,
}
const call: Call = {
  ...{ request: { name: 'status' }, json: true, debug: false, network: null, secret: null, genesis: null },
  session: { cwd: '/', tty, color: false },
}

let folder = ''
let server: ControlServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haggle-attach-'))
})
afterEach(async () => {
  await server?.close()
  await rm(folder, { recursive: true })
})

async function dial(onConnection: (channel: ControlChannel) => Promise<void>): Promise<ControlChannel> {
  server = await serveControl({ socketPath: join(folder, 'run', 'a.sock'), onConnection })
  return connectControl(server.socketPath, LIMIT_MS)
}

const attached = (channel: ControlChannel) => attach(channel, call, session, performance.now() + LIMIT_MS)

test('an agent that cannot read a call says so before it closes the connection', async () => {
  const commands = new AttachedCommands(new Promise<Agent>(() => undefined), { secret: null, genesis: null })
  const channel = await dial((each) => commands.serve(each))
  await channel.send({ kind: 'call', call: { request: { name: 'conjure' } } })
  const heard = await channel.messages()[Symbol.asyncIterator]().next()
  expect(heard.value).toMatchObject({ message: { kind: 'foreign' } })
  expect(commands.running).toBe(0)
})

test('a command whose agent cannot read it names the version, and is not told that the agent is busy', async () => {
  const channel = await dial(async (each) => {
    await each.messages()[Symbol.asyncIterator]().next()
    await each.send({ kind: 'foreign' })
  })
  await expect(attached(channel)).rejects.toMatchObject({
    code: 'control/malformed',
    next: expect.stringContaining('start it again with this version') as string,
  })
})

test('an agent that left before it took the command leaves it to whoever comes next', async () => {
  const channel = await dial((each) => each.close())
  expect(await attached(channel)).toBeUndefined()
})
