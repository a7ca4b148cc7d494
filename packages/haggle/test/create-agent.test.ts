import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readHolder } from '@haggle/node/system'
import { createAgent, HaggleError, TaskFailed, type Agent, type CreateAgentInit } from '../src/index.ts'

const LIMIT = 30_000
const listen = ['/ip4/127.0.0.1/tcp/0']
let home: string
let agents: Agent[]

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'haggle-sdk-'))
  agents = []
})

afterEach(async () => {
  for (const agent of agents) await agent.close()
  await rm(home, { recursive: true, force: true })
})

async function start(name: string, init: Partial<CreateAgentInit> = {}): Promise<Agent> {
  const agent = await createAgent({ name, home, network: 'sdk-test', mdns: false, listen, ...init })
  agents.push(agent)
  return agent
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof HaggleError ? error.code : String(error)
}

describe('an agent from createAgent', () => {
  test(
    'serves another one over real sockets',
    async () => {
      const worker = await start('bob')
      await worker.serve('shout', async (task) => (await task.text()).toUpperCase()).ready
      await worker.serve('break', () => {
        throw new TaskFailed('no-good', 'nothing to be done')
      }).ready
      const requester = await start('ada')
      // Offered before anybody is met: whoever comes later sees the open market.
      const job = await requester.hire('shout', 'hello', { deadline: '20s' })
      const failing = await requester.hire('break', 'x', { deadline: '20s', attempts: 1 })
      await requester.dial(worker.addresses()[0] ?? '')
      const result = await job.settled()
      expect(await result.text()).toBe('HELLO')
      expect(result.worker).toBe(worker.key)
      expect(await codeOf(failing.settled())).toBe('hire/task-failed')
    },
    LIMIT,
  )

  test(
    'keeps its key and its network over restarts, and its key to itself',
    async () => {
      const first = await start('ada')
      await first.close()
      const again = await start('ada')
      expect(again.peerId).toBe(first.peerId)
      await again.close()
      expect(await codeOf(start('ada', { network: 'elsewhere' }))).toBe('config/network')
      expect((await stat(join(home, 'ada', 'key'))).mode & 0o777).toBe(0o600)
    },
    LIMIT,
  )

  test(
    'holds its directory until it is closed',
    async () => {
      const agent = await start('ada')
      expect(await readHolder(join(home, 'ada'))).toMatchObject({ kind: 'live', holder: { pid: process.pid } })
      expect(await codeOf(start('ada'))).toBe('journal/held')
      await agent.close()
      expect(await readHolder(join(home, 'ada'))).toEqual({ kind: 'none' })
      expect(await readdir(join(home, 'ada'))).not.toContain('holder.json')
    },
    LIMIT,
  )

  test(
    'chooses its port once, and says what to do when another process has it',
    async () => {
      const agent = await createAgent({ name: 'ada', home, network: 'sdk-test', mdns: false })
      agents.push(agent)
      await agent.close()
      const path = join(home, 'ada', 'config.json')
      const config = JSON.parse(await readFile(path, 'utf8')) as { port: number }
      expect(config.port).toBeGreaterThan(0)

      const other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '0.0.0.0', resolve))
      // Port of a listening TCP server.
      const { port } = other.address() as AddressInfo
      await writeFile(path, JSON.stringify({ ...config, port }))
      try {
        expect(await codeOf(createAgent({ name: 'ada', home, mdns: false }))).toBe('listen/taken')
      } finally {
        await new Promise((resolve) => other.close(resolve))
      }
      // A start that failed holds nothing.
      const freed = await createAgent({ name: 'ada', home, mdns: false })
      agents.push(freed)
      expect(freed.addresses().some((address) => address.includes(`/tcp/${port}/`))).toBe(true)
    },
    LIMIT,
  )
})
