import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveControl } from '@haggle/node/system'
import { expect, onTestFinished, test } from 'vitest'
import { AttachedCommands } from '../src/cli/attached-commands.ts'

test('NET-46: who connects to the control socket and says nothing is closed within seconds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'haggle-attached-'))
  // No agent ever starts: nothing here comes so far.
  const attached = new AttachedCommands(new Promise(() => undefined), { secret: null, genesis: null })
  const server = await serveControl({
    socketPath: join(folder, 'run', 'a.sock'),
    onConnection: (channel) => attached.serve(channel),
  })
  onTestFinished(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })
  const silent = connect(server.socketPath)
  const halfway = connect(server.socketPath)
  halfway.write(Buffer.alloc(4))
  // The limit of this test is the failure: without the rule they stay for ever.
  await Promise.all([silent, halfway].map((socket) => new Promise((resolve) => socket.resume().once('close', resolve))))
  expect(attached.running).toBe(0)
})
