import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ed25519Verify, isSealOf, resultCheck, x25519Wrap } from '@haggle/node/pure'
import { verdictView } from '../src/task-file/outcome-view.ts'
import { verifyTaskFile, type Verification } from '../src/task-file/verify.ts'
import { verificationJson, verificationText } from '../src/view/verification-view.ts'
import { fileOfCase, verdictCases } from './verdict-cases.ts'

const folder = new URL('../../../test/vectors/verdicts/', import.meta.url)
const vectorSchema = z.object({ title: z.string(), spec: z.array(z.string()), file: z.unknown(), verdict: z.unknown() })

function verified(file: unknown): Verification {
  const opensSeal = isSealOf(x25519Wrap)
  return verifyTaskFile(JSON.stringify(file), { verify: ed25519Verify, checkResult: resultCheck, opensSeal })
}

function verdictOf(file: unknown): unknown {
  const verification = verified(file)
  if (verification.kind !== 'valid') return verification
  const [contract] = verification.contracts
  return contract === undefined ? null : verdictView(contract.verdict)
}

/** Every vector as its case makes it. */
const made = new Map<string, z.infer<typeof vectorSchema>>()
for (const [name, each] of Object.entries(verdictCases)) {
  const file: unknown = JSON.parse(await fileOfCase(each))
  made.set(`${name}.json`, { title: each.title, spec: [...each.spec], file, verdict: verdictOf(file) })
}

// After a change of the protocol: `UPDATE_VECTORS=1 npx vitest run packages/haggle/test/verdict-vectors.test.ts`.
if (process.env['UPDATE_VECTORS'] === '1') {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [name, vector] of made) writeFileSync(new URL(name, folder), `${JSON.stringify(vector, null, 1)}\n`)
}

describe('the committed vectors of verdicts', () => {
  test('are exactly what their cases make from fixed seeds', () => {
    expect(readdirSync(folder).toSorted()).toEqual([...made.keys()].toSorted())
    for (const [name, vector] of made) expect([name, read(name)]).toEqual([name, vector])
  })

  test('VER-01: each file alone gives its verdict, by every signature in it', () => {
    for (const name of made.keys()) {
      const { file, verdict } = read(name)
      expect([name, verdictOf(file)]).toEqual([name, verdict])
    }
  })

  test('VER-06: the worked example of the specification', () => {
    expect(read('late-delivery.json').verdict).toMatchObject({ fault: 'LATE', grade: 'witnessed', slash: 0.34 })
  })

  test.each([
    ['key-opens', 'breached', 'FALSE_REJECT', 'self-proving'],
    ['key-certified', 'breached', 'FALSE_REJECT', 'witnessed'],
    ['key-opens-nothing', 'breached', 'BAD', 'self-proving'],
    ['no-key', 'breached', 'BAD', 'witnessed'],
    ['absent-delivery', 'breached', 'NO_DELIVERY', 'witnessed'],
    ['late-delivery', 'breached', 'LATE', 'witnessed'],
    ['timely-beside-timeout', null, null, null],
    ['two-of-four-absent', 'undecided', null, null],
    ['receipt-clears', null, 'FALSE_ASK', 'self-proving'],
    ['silent-review', 'settled', 'SILENT_REVIEW', 'witnessed'],
    ['abandoned-lease', 'breached', 'ABANDONED', 'witnessed'],
    ['revived-lease', 'breached', 'FORGED_GENERATION', 'witnessed'],
    ['rejection-stands', 'breached', 'BAD', 'witnessed'],
    ['bad-result', 'breached', 'BAD', 'self-proving'],
  ])('%s comes to %s, %s, %s', (name, end, fault, grade) => {
    expect(read(`${name}.json`).verdict).toMatchObject({ end, fault, grade })
  })
})

describe('what verify shows of a panel', () => {
  test('its size, the votes counted, every certificate and the grade of a fault', () => {
    const text = verificationText(verified(read('late-delivery.json').file))
    expect(text).toContain('panel:     4 witnesses, 6 votes in the file')
    expect(text).toContain('certified: delivery of milestone 1: late, 3 votes')
    expect(text).toContain('certified: delivery of milestone 1: absent, 3 votes')
    expect(text).toMatch(/fault: +LATE of \S+, witnessed, slashed 0\.34/)
    const lease = verificationText(verified(read('abandoned-lease.json').file))
    expect(lease).toContain('certified: lease of milestone 1, challenge 1: absent, 3 votes')
  })

  test('the same for machines, each vote by its id', () => {
    const json = verificationJson(verified(read('silent-review.json').file))
    expect(json).toMatchObject({
      valid: true,
      contracts: [{ panel: 4, votes: 3, certificates: [{ duty: 'review', verdict: 'absent', k: 0 }] }],
    })
  })

  test('a vote that is changed, or by nobody of the panel, makes the file invalid', () => {
    const file = fileSchema.parse(read('absent-delivery.json').file)
    const index = file.records.findIndex((record) => record.type === 'vote')
    const signature = file.records[index + 1]?.signature ?? ''
    const changed = { ...file, records: file.records.with(index, { ...file.records[index], type: 'vote', signature }) }
    expect(verified(changed)).toMatchObject({ kind: 'invalid', record: index + 1 })
    const other = fileSchema.parse(read('rejection-stands.json').file)
    const foreign = other.records.find((record) => record.type === 'vote') ?? { type: 'vote' }
    expect(verified({ ...file, records: [...file.records, foreign] })).toMatchObject({
      kind: 'invalid',
      record: file.records.length + 1,
    })
  })
})

const fileSchema = z.looseObject({
  records: z.array(z.looseObject({ type: z.string(), signature: z.string().optional() })),
})

function read(name: string): z.infer<typeof vectorSchema> {
  return vectorSchema.parse(JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
}
