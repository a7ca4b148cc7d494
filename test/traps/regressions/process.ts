import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { passing } from '../../process/support/limit.ts'
import { haggle } from '../support/command.ts'
import { met, peer, WAIT_MS } from '../support/peer.ts'
import type { Regression } from '../support/regression.ts'

const HOST = 'packages/libp2p/dist/host.js'
const CONTROL = 'packages/node/dist/system/control-socket.js'
/** Far beyond what a socket's address takes. */
const LONG = 'a-folder-of-a-project-with-a-very-long-name/'.repeat(4)
const home = process.env['HAGGLE_HOME'] ?? ''

/** Traps 13, 14 and 22: what the operating system gives and takes. */
export const processes: readonly Regression[] = [
  {
    id: '13',
    says: 'a command that has said its last word leaves at once, though sockets keep timers',
    without: [
      {
        file: 'packages/haggle/dist/cli/main.js',
        text: 'process.exit(exitAfterOutput(code, exitCode.failure));',
        instead: 'process.exitCode = exitAfterOutput(code, exitCode.failure);',
      },
    ],
    async run() {
      const other = haggle(['up', '--json', '--as', 'other'])
      await other.event('ready')
      const spans: number[] = []
      for (let round = 0; round < 3; round += 1) {
        const up = haggle(['up', '--json', '--as', 'one'])
        // One up and one down in each round, as the other sees them.
        await other.many('peer', round * 2 + 1, WAIT_MS)
        up.signal('SIGINT')
        await up.event('stopping')
        const began = performance.now()
        const { code } = await up.ended(WAIT_MS)
        spans.push(performance.now() - began)
        assert.equal(code, 0)
      }
      await other.kill()
      // The timers keep a process for a whole second; the best of three is not made late by a busy machine.
      assert(Math.min(...spans) < 500, `left ${spans.map(Math.round).join(', ')} ms after the last word`)
    },
  },
  {
    id: '14a',
    says: 'agents of two networks on one LAN do not even hear of each other',
    without: [
      {
        file: 'packages/libp2p/dist/lan-discovery.js',
        text: ".update(networkName).digest('hex')",
        instead: ".update('one for all').digest('hex')",
      },
    ],
    async run() {
      const other = await peer('other', { mdns: true, networkName: 'another' })
      const [ada, bob] = await Promise.all(['ada', 'bob'].map((name) => peer(name, { mdns: true })))
      assert(ada !== undefined && bob !== undefined)
      await met(ada, bob)
      await passing(2_000)
      assert.deepEqual([...ada.seen.mismatches, ...bob.seen.mismatches, ...other.seen.mismatches], [])
    },
  },
  {
    id: '14b',
    says: 'the address of a container bridge, at which nobody else can reach us, is not announced',
    without: [
      {
        file: HOST,
        text: 'announceFilter: (addresses) => worthAnnouncing(addresses, init.own, init.listen),',
        instead: '',
      },
    ],
    async run() {
      bridge('lan0', '192.168.7.1/24')
      bridge('docker0', '172.17.0.1/16')
      const ada = await peer('ada', { mdns: true, listen: ['/ip4/0.0.0.0/tcp/0'] })
      const hosts = ada.net.addresses().map((address) => address.split('/')[2])
      assert(hosts.includes('192.168.7.1'), `announces ${hosts.join(' ')}`)
      assert(!hosts.includes('172.17.0.1'), `announces ${hosts.join(' ')}`)
    },
  },
  {
    id: '22a',
    says: 'a second command of one agent is carried out by the process that holds its directory',
    without: [
      {
        file: 'packages/node/dist/system/holder.js',
        text: 'await replaceFile(path, `${JSON.stringify(holder)}\\n`);',
        instead: '',
      },
    ],
    run: () => attaches({}),
  },
  {
    id: '22b',
    says: 'so it is when the path of the directory is longer than the address of a socket can be',
    without: [
      {
        file: CONTROL,
        text: 'return join(root, `${name}.sock`);',
        instead: "return join(agentDirectory, 'control.sock');",
      },
    ],
    async run() {
      const long = join(home, LONG)
      await mkdir(long, { recursive: true })
      await attaches({ HAGGLE_HOME: long })
    },
  },
  {
    id: '22c',
    says: 'a holder that was killed leaves nothing that keeps the next one out',
    without: [{ file: CONTROL, text: 'await unlinkIfThere(socketPath);', instead: '' }],
    async run() {
      const killed = haggle(['up', '--json', '--as', 'ada'])
      await killed.event('ready')
      await killed.kill()
      await attaches({})
    },
  },
]

async function attaches(env: NodeJS.ProcessEnv): Promise<void> {
  const up = haggle(['up', '--json', '--as', 'ada'], env)
  await up.event('ready', {}, WAIT_MS)
  const { code, stdout, stderr } = await haggle(['peers', '--json', '--as', 'ada'], env).ended(WAIT_MS)
  assert.equal(code, 0, stderr)
  assert.equal(stdout.toString(), '')
  await up.kill()
}

/** An interface with an address, in the network of this process. */
function bridge(name: string, address: string): void {
  for (const args of [
    ['link', 'add', name, 'type', 'bridge'],
    ['address', 'add', address, 'dev', name],
    ['link', 'set', name, 'up'],
  ])
    execFileSync('ip', args)
}
