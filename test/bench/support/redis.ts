import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import type { QueueCalls } from '../children/queue.ts'
import { until, within } from '../../process/support/limit.ts'
import type { Bench } from './bench.ts'

const PORT = 46_379

export interface RunningQueue {
  /** Milliseconds from adding a job to its claim by the worker in another process, for so many jobs one by one. */
  claims(count: number): Promise<readonly number[]>
  close(): Promise<void>
}

/** A Redis server of our own with a queue on it, or why there is none. */
export async function openQueue(bench: Bench): Promise<RunningQueue | string> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return 'redis-server is not installed'
  if (!bench.init.ownNetwork) return 'redis-server is only started in a network of its own'
  const server = spawn(
    'redis-server',
    ['--port', String(PORT), '--bind', '127.0.0.1', '--dir', await bench.directory(), '--save', '']
      .concat(['--appendonly', 'yes', '--appendfsync', 'always', '--loglevel', 'warning'])
      .concat(['--maxmemory-policy', 'noeviction']),
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const gone = new Promise((resolve) => server.once('exit', resolve))
  await until('redis-server to listen', answers)
  const worker = await bench.child<QueueCalls>('queue', 'the queue worker')
  const client = await bench.child<QueueCalls>('queue', 'the queue client')
  await worker.call('work', { port: PORT })
  const claims = async (count: number): Promise<readonly number[]> => {
    const added = await client.call('add', { port: PORT, count })
    const claimed = new Map(await worker.call('claims', null))
    return added.map(([name, at]) => (claimed.get(name) ?? Number.NaN) - at)
  }
  await claims(20)
  return {
    claims,
    async close() {
      await client.call('close', null)
      await worker.call('close', null)
      await client.leave()
      await worker.leave()
      server.kill('SIGTERM')
      await within(gone, 'redis-server to end')
    },
  }
}

function answers(): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(PORT, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(undefined))
    socket.once('connect', () => socket.destroy())
  })
}
