import { expect, test } from 'vitest'
import { ed25519Verify, isSealOf, resultCheck, x25519Wrap } from '@haggle/node/pure'
import type { Signer } from '@haggle/ports'
import { recordText } from '@haggle/protocol'
import { World } from '../../node/test/agents.ts'
import { verifyTaskFile, type Verification } from '../src/task-file/verify.ts'
import { taskFileOf } from '../src/task-file/write.ts'

const REQUESTER = 1
const WORKER = 2
const options = { verify: ed25519Verify, checkResult: resultCheck, opensSeal: isSealOf(x25519Wrap) }

/** A contract with a panel of three, one of its parties with a pen of its own; the file of either side. */
async function told(
  signers: (signer: Signer, number: number) => Signer,
  by: 'requester' | 'worker',
): Promise<{ readonly text: string; readonly requester: string; readonly worker: string }> {
  const world = new World()
  world.signers = signers
  try {
    const requester = await world.stand(REQUESTER).start()
    const worker = await world.stand(WORKER).start()
    for (let number = 3; number < 7; number += 1) await world.stand(number).start({ witness: true })
    await world.clock.until(worker.serve('shout', async () => 'HELLO').ready)
    await world.clock.pass(1_000)
    const job = await world.clock.until(requester.hire('shout', 'hello', { deadline: '60s', attempts: 1 }))
    await world.clock.until(job.settled().catch(() => undefined))
    await world.clock.pass(60_000)
    const agent = by === 'requester' ? requester : worker
    const [view] = agent.contracts()
    if (view === undefined) throw new Error('no contract')
    const text = await taskFileOf(agent, agent.taskRecords(recordText(view.task)))
    return { text, requester: requester.key, worker: worker.key }
  } finally {
    await world.end()
  }
}

function verdictOf(verification: Verification): unknown {
  return verification.kind === 'valid' ? verification.contracts[0]?.verdict : verification
}

test('VER-18 FILE-06: a file with the key and the sealed bytes convicts a requester that says it cannot open them', async () => {
  const blind = (signer: Signer, number: number): Signer =>
    number === REQUESTER ? { ...signer, unwrap: () => null } : signer
  const { text, requester } = await told(blind, 'worker')
  const proven = { end: 'breached', fault: 'FALSE_REJECT', party: requester, grade: 'self-proving' }
  expect(verdictOf(verifyTaskFile(text, options))).toMatchObject(proven)
})

test('VER-19: a file convicts a worker whose seal its requester could not open', async () => {
  // Every key is wrapped for the worker itself.
  const selfish = (signer: Signer, number: number): Signer =>
    number === WORKER ? { ...signer, wrap: (key) => signer.wrap(key, signer.key) } : signer
  const { text, worker } = await told(selfish, 'requester')
  const proven = { end: 'breached', fault: 'BAD', party: worker }
  expect(verdictOf(verifyTaskFile(text, options))).toMatchObject(proven)
})

test('FILE-06: a file whose sealed bytes were exchanged is no file', async () => {
  const blind = (signer: Signer, number: number): Signer =>
    number === REQUESTER ? { ...signer, unwrap: () => null } : signer
  const { text } = await told(blind, 'worker')
  const file = JSON.parse(text) as { payloads: { bytes: string }[] }
  expect(file.payloads).toHaveLength(1)
  for (const payload of file.payloads) payload.bytes = payload.bytes.replace(/^..../, 'AAAA')
  expect(verifyTaskFile(JSON.stringify(file), options)).toMatchObject({ kind: 'invalid' })
})
