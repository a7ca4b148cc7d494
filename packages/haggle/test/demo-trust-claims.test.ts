import { expect, test } from 'vitest'
import { ringKeys } from '../src/demo/cast.ts'
import type { ContractFinding, FileFinding } from '../src/demo/claims.ts'
import type { KeptBid, Reputation } from '../src/demo/reputation.ts'
import { trustClaimsOf } from '../src/demo/trust-claims.ts'

const settled: ContractFinding = {
  ...{ contract: 'c', requester: 'editor', generation: 1, worker: 'packer', price: 2, accepted: true, end: 'settled' },
  ...{ party: null, fault: null, slash: 0, grade: null, certificates: [], rejected: false, considered: [] },
}

function file(errand: string, contract: Partial<ContractFinding> | null, more: Partial<FileFinding> = {}): FileFinding {
  const { requester = 'editor' } = contract ?? {}
  return {
    ...{ errand, file: `${errand}.task.json`, valid: true, task: `task ${errand}`, requester, minQuality: null },
    contracts: contract === null ? [] : [{ ...settled, contract: errand, ...contract }],
    ...more,
  }
}

function convicted(party: string, fault: string): Partial<ContractFinding> {
  return { party, fault, slash: 0.5, grade: 'witnessed', certificates: [{ verdict: 'absent', votes: 3 }] }
}

const split = { requester: 'slanderer', end: 'split', rejected: true } as const
const files: readonly FileFinding[] = [
  file('contents', { worker: 'ghost', end: 'breached', ...convicted('ghost', 'ABANDONED') }),
  file('checksum', { worker: 'slow', end: 'breached', ...convicted('slow', 'NO_DELIVERY') }),
  file('archive', {}),
  file('concordance-1', { worker: 'newcomer' }),
  file('concordance-2', { worker: 'newcomer' }, { minQuality: 400 }),
  file('taken', { requester: 'denier', ...convicted('denier', 'SILENT_REVIEW') }),
  file('slander-1', split),
  file('snub', null, { requester: 'slanderer' }),
  ...ringKeys.map((worker, at) => file(`praise-${at}`, { requester: ringKeys[(at + 1) % 3] ?? '', worker })),
]
const bids: readonly KeptBid[] = [
  { worker: 'packer', task: 'task snub', price: 2 },
  { worker: 'ring-a', task: 'task concordance-2', price: 0.5 },
]

const nobody: Reputation = { agent: '', capacity: 0, rank: 0, quality: 300, debt: 0, faults: [], restsOn: [] }
function faulty(agent: string, contract: string, fault: string): Reputation {
  return { ...nobody, agent, faults: [{ contract, fault, grade: 'witnessed' }], restsOn: [contract] }
}
const reputations: readonly Reputation[] = [
  faulty('ghost', 'contents', 'ABANDONED'),
  faulty('slow', 'checksum', 'NO_DELIVERY'),
  faulty('denier', 'taken', 'SILENT_REVIEW'),
  { ...nobody, agent: 'packer', capacity: 0.5, rank: 20, quality: 533, restsOn: ['archive'] },
  { ...nobody, agent: 'newcomer', capacity: 1, rank: 20, quality: 650, restsOn: ['concordance-1', 'concordance-2'] },
  ...ringKeys.map((agent) => ({ ...nobody, agent })),
]

function failing(
  play: readonly FileFinding[] = files,
  seen: readonly Reputation[] = reputations,
  kept: readonly KeptBid[] = bids,
): string[] {
  return trustClaimsOf(play, seen, kept).flatMap(({ claim, holds }) => (holds ? [] : [claim]))
}

function seenAs(agent: string, change: Partial<Reputation>): readonly Reputation[] {
  return reputations.map((each) => (each.agent === agent ? { ...each, ...change } : each))
}

function played(errand: string, change: Partial<ContractFinding>): readonly FileFinding[] {
  return files.map((each) =>
    each.errand === errand ? { ...each, contracts: each.contracts.map((one) => ({ ...one, ...change })) } : each,
  )
}

test('every claim about numbers holds when the play goes as planned, and names the file that shows it', () => {
  const claims = trustClaimsOf(files, reputations, bids)
  expect(claims.map(({ holds }) => holds)).toEqual([true, true, true, true, true, true])
  expect(claims.map((claim) => claim.file)).toEqual(
    ['contents', 'checksum', 'taken', 'slander-1', 'concordance-2', 'concordance-2'].map((each) => `${each}.task.json`),
  )
})

test.each([
  ['ghost', ['contents'], /convicts the ghost/],
  ['slow', ['checksum'], /convicts the slow/],
  ['denier', ['taken'], /convicts the denier/],
  ['slanderer', ['slander-1', 'snub'], /^the slanderer/],
  ['ring', ['praise-0', 'praise-1', 'praise-2'], /^the ring/],
  ['newcomer', ['concordance-1'], /^the newcomer/],
])('the claim about the %s fails when nothing shows it', (_name, gone, claim) => {
  expect(failing(files.filter(({ errand }) => !gone.includes(errand)))).toEqual([expect.stringMatching(claim)])
})

test('a conviction that a stranger does not count, or that one side alleges, is none', () => {
  const ghost = [expect.stringMatching(/convicts the ghost/)]
  expect(failing(files, seenAs('ghost', { faults: [] }))).toEqual(ghost)
  expect(
    failing(files, seenAs('ghost', { faults: [{ contract: 'other', fault: 'ABANDONED', grade: 'witnessed' }] })),
  ).toEqual(ghost)
  expect(failing(played('contents', { grade: 'alleged' }))).toEqual(ghost)
  expect(failing(played('contents', { certificates: [] }))).toEqual(ghost)
})

test.each<[string, readonly Reputation[]]>([
  ['a number of its victim rests on its contract', seenAs('packer', { restsOn: ['archive', 'slander-1'] })],
  [
    'its victim has a fault',
    seenAs('packer', { faults: [{ contract: 'archive', fault: 'LATE', grade: 'witnessed' }] }),
  ],
  ['nobody knows its victim', reputations.filter(({ agent }) => agent !== 'packer')],
])('slander counts where %s', (_where, seen) => {
  expect(failing(files, seen)).toEqual([expect.stringMatching(/^the slanderer/)])
})

test('a bid that was answered, or never made, was not left unanswered', () => {
  expect(failing(files, reputations, bids.slice(1))).toEqual([expect.stringMatching(/^the slanderer/)])
  const answered = [...files.filter(({ errand }) => errand !== 'snub'), file('snub', { ...split, rejected: false })]
  expect(failing(answered)).toEqual([expect.stringMatching(/^the slanderer/)])
})

test('the ring gains as soon as one of its keys has capacity or rank, and proves nothing unless it bid less', () => {
  const ring = [expect.stringMatching(/^the ring/)]
  expect(failing(files, seenAs('ring-b', { capacity: 0.5 }))).toEqual(ring)
  expect(failing(files, seenAs('ring-c', { rank: 1 }))).toEqual(ring)
  expect(
    failing(files, reputations, [...bids.slice(0, 1), { worker: 'ring-a', task: 'task concordance-2', price: 2 }]),
  ).toEqual(ring)
  expect(failing(files, reputations, [...bids.slice(0, 1), { worker: 'ring-a', task: 'another', price: 0.5 }])).toEqual(
    ring,
  )
})

test('a newcomer has earned nothing where no quality was asked for, or where its numbers come from elsewhere', () => {
  const newcomer = [expect.stringMatching(/^the newcomer/)]
  expect(failing(files.map((each) => ({ ...each, minQuality: null })))).toEqual(newcomer)
  expect(failing(files, seenAs('newcomer', { restsOn: ['concordance-1', 'elsewhere'] }))).toEqual(newcomer)
  expect(failing(files, seenAs('newcomer', { capacity: 0 }))).toEqual(newcomer)
})

test('no claim rests on a file that does not verify', () => {
  const none = files.map((each) => ({ ...each, valid: false }))
  expect(trustClaimsOf(none, reputations, bids).some(({ holds }) => holds)).toBe(false)
})
