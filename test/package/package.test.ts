import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const workspace = fileURLToPath(new URL('../../', import.meta.url))
const LIMIT_MS = 180_000

/** An empty project that installed the tarball. */
let project = ''
let installation = ''

const node = (args: readonly string[], cwd = project) => run(process.execPath, [...args], { cwd, timeout: LIMIT_MS })
const npm = (args: readonly string[], cwd: string) => run('npm', [...args], { cwd, timeout: LIMIT_MS })
const command = join('node_modules', 'haggle', 'lib', 'bin', 'haggle.js')

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'haggle-package-'))
  await npm(['pack', '--workspace', 'haggle', '--pack-destination', folder], workspace)
  const [tarball = 'no tarball'] = await readdir(folder)
  project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }')
  // What npm has to say is what is looked at, however quiet the npm is that runs these tests.
  const said = ['--prefer-offline', '--no-audit', '--loglevel', 'notice']
  const { stdout, stderr } = await npm(['install', ...said, join(folder, tarball)], project)
  installation = stdout + stderr
}, LIMIT_MS)
afterAll(() => rm(join(project, '..'), { recursive: true, force: true }))

describe('the package from its tarball', () => {
  test('installs without a word about engines, deprecations or install scripts, and brings nothing else but types', async () => {
    expect(installation).toContain('added 2 packages')
    expect(installation).not.toMatch(/EBADENGINE|deprecated|install-scripts|allow-scripts/)
    expect((await readdir(join(project, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
      '@standard-schema',
      'haggle',
    ])
  })

  test('names every licence of what it holds', async () => {
    const notices = await readFile(join(project, 'node_modules', 'haggle', 'lib', 'THIRD-PARTY-NOTICES.md'), 'utf8')
    for (const name of ['libp2p', 'classic-level', 'commander', '@libp2p/gossipsub']) {
      expect(notices).toContain(`## ${name} `)
    }
  })

  test('has the command, which says its version', async () => {
    const { stdout } = await node([command, '--version'])
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('has the simulator, threads included, and says that bugs are planted in the workspace only', async () => {
    const { stdout } = await node([command, 'sim', '--seeds', '4', '--jobs', '2'])
    expect(stdout).toContain('4 seeds, 0 failures')
    await expect(node([command, 'sim', '--mutant', 'send-before-persist'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('sim/no-mutants'),
    })
  })

  test('has the SDK: an agent hires another', { timeout: LIMIT_MS }, async () => {
    await writeFile(join(project, 'pair.js'), PAIR)
    const { stdout } = await node(['pair.js', join(project, 'agents')])
    expect(stdout).toBe('HELLO\n')
  })

  test('type-checks in a strict project that checks libraries too', { timeout: LIMIT_MS }, async () => {
    await writeFile(join(project, 'typed.ts'), TYPED)
    const flags = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes']
    // What every TypeScript project on Node has: the types of Node itself.
    const types = ['--types', 'node', '--typeRoots', join(workspace, 'node_modules', '@types')]
    const target = ['--target', 'es2023', '--module', 'nodenext', ...types]
    const compiler = join(workspace, 'node_modules', 'typescript', 'bin', 'tsc')
    await expect(node([compiler, ...flags, ...target, 'typed.ts'])).resolves.toMatchObject({ stdout: '' })
    await writeFile(join(project, 'wrong.ts'), TYPED.replace("name: 'ada'", 'name: 7'))
    await expect(node([compiler, ...flags, ...target, 'wrong.ts'])).rejects.toMatchObject({ code: 1 })
  })

  test('plays the bazaar to its end', { timeout: LIMIT_MS }, async () => {
    const { stdout } = await node([command, 'demo'])
    expect(stdout).toContain('Claims, from these verdicts and numbers alone')
  })
})

const PAIR = `
import { createAgent } from 'haggle'
const network = { network: 'package', home: process.argv[2], mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'] }
const worker = await createAgent({ name: 'worker', ...network })
const requester = await createAgent({ name: 'requester', ...network, peers: worker.addresses() })
worker.serve('shout', {}, async (task) => (await task.text()).toUpperCase())
const job = await requester.hire('shout', 'hello', {})
console.log(await (await job.settled()).text())
await Promise.all([requester.close(), worker.close()])
`

const TYPED = `
import { createAgent, TaskFailed, type Agent } from 'haggle'
export async function main(): Promise<void> {
  const agent: Agent = await createAgent({ name: 'ada' })
  agent.serve('count', { slots: 2 }, async (task) => {
    if (task.size === 0) throw new TaskFailed('empty', 'nothing to count')
    return String((await task.text()).length)
  })
  const job = await agent.hire('count', 'hello', { key: 'k', deadline: '30s', budget: 10, review: () => 'approve' })
  const length: string = await (await job.settled()).text()
  if (length !== '5') throw new Error(length)
  await agent.close()
}
`
