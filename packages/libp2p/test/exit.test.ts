import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { expect, onTestFinished, test } from 'vitest'

const source = fileURLToPath(new URL('../src/index.ts', import.meta.url))
// Beside the dependencies, so that the bundle finds them.
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))

const program = `
import { libp2pNetwork } from './network.js'
const make = (seed) => libp2pNetwork({
  privateKeySeed: new Uint8Array(32).fill(seed), listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [], mdns: true, networkName: 'exit',
  hello: () => ({ network: 'exit', networkId: 'ab', params: {}, version: '1', time: Date.now() }),
  logger: { debug() {}, info() {}, warn() {}, error() {} },
})
const [one, two] = [make(1), make(2)]
const up = new Promise((resolve) => {
  const handlers = { gossip: () => 'accept', frame() {}, blob: async () => undefined, peerUp: resolve, peerDown() {}, mismatch() {} }
  Promise.all([one.start(handlers), two.start(handlers)]).then(() => one.dial(two.addresses()[0]))
})
await up
await Promise.all([one.stop(), two.stop()])
console.log('stopped')
`

test('NET-24: a process whose networks stopped exits by itself', async () => {
  const folder = await mkdtemp(join(modules, '.haggle-exit-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: [/^@haggle\//], resolve: { conditions: ['@haggle/source'] } },
    build: {
      ssr: source,
      outDir: folder,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'network.js' } },
    },
  })
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'main.js'), program)
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'main.js')], { timeout: 10_000 })
  expect(stdout).toBe('stopped\n')
}, 20_000)
