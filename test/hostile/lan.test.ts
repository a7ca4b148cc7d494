import { expect } from 'vitest'
import { scenario } from '../process/support/scenario.ts'
import { hireBeside, hostile } from './support/hostile.ts'
import { MemoryWatch } from './support/memory.ts'

/** Somebody who takes every connection and never says a word, in the network of the stage. */
const MUTE = `require('node:net').createServer(() => {}).listen(0, '127.0.0.1', function () { console.log(JSON.stringify({ event: 'listens', port: this.address().port })) })`

scenario(
  'T-51 NET-04 NET-22: malformed multicast and thousands of agents that nobody is keep no two real ones from meeting',
  async ({ stage }) => {
    const worker = await stage.work('echo', ['--debug'], 'cat')
    await hireBeside(stage)
    const memory = await MemoryWatch.begin(worker.pid)
    const { port } = await stage.spawn(process.execPath, ['-e', MUTE]).event('listens')
    const attacker = hostile(stage, 'lan', String(port))
    await attacker.event('malformed')
    await hireBeside(stage, 'beside-malformed')
    await attacker.event('done')
    await hireBeside(stage, 'after-thousands')
    await memory.expectSmall('multicast of strangers')
    // They were heard, and looked for.
    expect(worker.stderr).toMatch(/net\.dial-failing/)
    expect(worker.events('stopping')).toEqual([])
    expect(worker.stderr).not.toMatch(/^ +at |agent\/bug|halted|handler-threw/m)
  },
)
