import { expect, test } from 'vitest'
import { errands, taskFileName } from '../src/demo/cast.ts'
import { claimsOf, type ContractFinding, type FileFinding } from '../src/demo/claims.ts'

const settled: ContractFinding = {
  contract: 'c',
  requester: 'editor',
  certificates: [],
  rejected: false,
  generation: 1,
  worker: 'scribe',
  price: 2,
  accepted: true,
  end: 'settled',
  party: null,
  fault: null,
  slash: 0,
  grade: null,
  considered: [],
}
const lost: ContractFinding = { ...settled, worker: 'ghost', price: 1, end: 'undecided' }
const garbled: ContractFinding = {
  ...lost,
  ...{ worker: 'garbler', end: 'breached', party: 'garbler', fault: 'BAD', slash: 0.5, grade: 'self-proving' },
}
const second: ContractFinding = { ...settled, generation: 2 }

const asPlanned: Readonly<Record<string, readonly ContractFinding[]>> = {
  contents: [lost, { ...second, worker: 'indexer' }],
  'words-1': [garbled, second],
  'words-2': [
    {
      ...settled,
      considered: [
        { worker: 'scribe', price: 2 },
        { worker: 'garbler', price: 1 },
      ],
    },
  ],
  archive: [{ ...settled, worker: 'packer' }],
  checksum: [
    { ...lost, worker: 'slow' },
    { ...second, worker: 'clerk' },
  ],
  'concordance-1': [{ ...settled, worker: 'newcomer' }],
  'concordance-2': [{ ...settled, worker: 'newcomer' }],
}

/** The findings of a play that went as planned, but for what `changed` says. */
function findings(changed: Readonly<Record<string, Partial<FileFinding>>> = {}): FileFinding[] {
  return errands.map(({ label }) => ({
    errand: label,
    file: taskFileName(label),
    valid: true,
    task: label,
    requester: 'editor',
    minQuality: null,
    contracts: asPlanned[label] ?? [],
    ...changed[label],
  }))
}

function failing(files: readonly FileFinding[]): string[] {
  return claimsOf(files).flatMap(({ claim, holds }) => (holds ? [] : [claim]))
}

test('every claim holds when the play goes as planned, and names the file that shows it', () => {
  const claims = claimsOf(findings())
  expect(claims.map(({ holds }) => holds)).toEqual([true, true, true, true, true, true])
  expect(claims.map(({ file }) => file)).toEqual([
    null,
    'contents.task.json',
    'words-1.task.json',
    'checksum.task.json',
    'words-2.task.json',
    null,
  ])
})

test('a cheat that was left out makes the claim about it fail', () => {
  const noGhost = failing(findings({ contents: { contracts: [{ ...settled, worker: 'indexer' }] } }))
  expect(noGhost).toEqual([expect.stringMatching(/^the ghost accepted/)])
  const noSlow = failing(findings({ checksum: { contracts: [{ ...settled, worker: 'clerk' }] } }))
  expect(noSlow).toEqual([expect.stringMatching(/^the slow one/)])
  const noGarbler = failing(findings({ 'words-1': { contracts: [settled] }, 'words-2': { contracts: [settled] } }))
  expect(noGarbler).toEqual([
    expect.stringMatching(/^the garbler/),
    expect.stringMatching(/^the second word statistics/),
  ])
})

test.each<[string, Partial<ContractFinding>]>([
  ['of another fault', { fault: 'LATE' }],
  ['only alleged', { grade: 'alleged' }],
  ['the requester’s', { party: 'editor' }],
  ['free of charge', { slash: 0 }],
])('the garbler is not caught when its fault is %s', (_how, change) => {
  const contracts = [{ ...garbled, ...change }, second]
  expect(failing(findings({ 'words-1': { contracts } }))).toEqual([expect.stringMatching(/^the garbler/)])
})

test('a generation that nobody tried between the cheat and the honest worker is nothing against either', () => {
  const lapsed = { ...lost, worker: 'indexer', accepted: false, end: 'lapsed', generation: 2 }
  const contracts = [lost, lapsed, { ...settled, worker: 'indexer', generation: 3 }]
  expect(failing(findings({ contents: { contracts } }))).toEqual([])
  const before = [
    { ...settled, worker: 'indexer' },
    { ...lost, generation: 2 },
  ]
  expect(failing(findings({ contents: { contracts: before } }))).toEqual([expect.stringMatching(/^the ghost accepted/)])
})

test('a ghost that never accepted took nothing', () => {
  const contracts = [
    { ...lost, accepted: false, end: 'lapsed' },
    { ...second, worker: 'indexer' },
  ]
  expect(failing(findings({ contents: { contracts } }))).toEqual([expect.stringMatching(/^the ghost/)])
})

test('a task that a cheat settled, or nobody, is not settled honestly', () => {
  for (const contracts of [[{ ...settled, worker: 'garbler' }], [lost], []]) {
    expect(claimsOf(findings({ archive: { contracts } }))[0]).toMatchObject({ holds: false, file: 'archive.task.json' })
  }
})

test('a second settlement, an invalid file and a missing file are each found', () => {
  const twice = findings({ archive: { contracts: [settled, second] } })
  expect(claimsOf(twice).at(-1)).toMatchObject({ holds: false, file: 'archive.task.json' })
  const invalid = findings({ checksum: { valid: false, contracts: [] } })
  expect(claimsOf(invalid).at(-1)).toMatchObject({ holds: false, file: 'checksum.task.json' })
  const missing = findings().filter(({ errand }) => errand !== 'words-2')
  expect(claimsOf(missing).at(-1)).toMatchObject({ holds: false, file: 'words-2.task.json' })
})

test('no claim about a cheat rests on a file that does not verify', () => {
  const none = findings().map((file) => ({ ...file, valid: false }))
  expect(claimsOf(none).some(({ holds }) => holds)).toBe(false)
})

test('the second word statistics prove nothing unless the garbler bid less', () => {
  const contracts = [{ ...settled, considered: [{ worker: 'garbler', price: 2 }] }]
  expect(failing(findings({ 'words-2': { contracts } }))).toEqual([expect.stringMatching(/^the second word/)])
})
