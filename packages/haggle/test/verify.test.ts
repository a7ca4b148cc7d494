import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { TaskFailed } from '@haggle/node'
import { ed25519Verify, resultCheck } from '@haggle/node/pure'
import type { Verify } from '@haggle/ports'
import type { PayloadHash } from '@haggle/protocol'
import { verifyTaskFile, type Verification } from '../src/task-file/verify.ts'
import { taskFile, type FileJson, type Json, type RecordJson } from './task-files.ts'

const SCHEMA = '{"type":"object","required":["loud"]}'
/** Verifying is pure, so equal signatures need one look in a test of many files. */
const seen = new Map<string, boolean>()
const rememberedVerify: Verify = (key, message, signature) => {
  const name = `${key}/${Buffer.from(message).toString('hex')}/${Buffer.from(signature).toString('hex')}`
  const known = seen.get(name) ?? ed25519Verify(key, message, signature)
  seen.set(name, known)
  return known
}

function verified(file: FileJson | string): Verification {
  const text = typeof file === 'string' ? file : JSON.stringify(file)
  return verifyTaskFile(text, { verify: rememberedVerify, checkResult: resultCheck })
}

/** `invalid 3`, `valid`, `unreadable`: what a test compares. */
function short(verification: Verification): string {
  return verification.kind === 'invalid' ? `invalid ${verification.record}` : verification.kind
}

function copyOf(text: string): FileJson {
  return JSON.parse(text) as FileJson
}

let plain: string
let twoGenerations: string
let judged: string
let failing: string
let twoIndex: (type: string) => number

beforeAll(async () => {
  plain = (await taskFile([async (task) => (await task.text()).toUpperCase()])).text
  const two = await taskFile([
    (task) => {
      throw task.withdraw('overloaded')
    },
    () => 'HELLO',
  ])
  twoGenerations = two.text
  twoIndex = (type) => two.records.findIndex((record) => record.type === type)
  judged = (await taskFile([() => ({ quiet: true })], { accept: { kind: 'schema', schema: SCHEMA }, attempts: 1 })).text
  failing = (
    await taskFile(
      [
        () => {
          throw new TaskFailed('exit-3', 'no such file')
        },
      ],
      { attempts: 1 },
    )
  ).text
}, 60_000)

describe('a file that its agent wrote', () => {
  test('is valid and says how its contract ended', () => {
    const verification = verified(plain)
    expect(verification).toMatchObject({ kind: 'valid', network: 'test' })
    expect(ends(verification)).toEqual(['settled'])
  })

  test('holds every generation of its task', () => {
    expect(ends(verified(twoGenerations))).toEqual(['withdrawn', 'settled'])
  })

  test('FILE-06: proves a result that its schema refuses, with the result beside it', () => {
    const verification = verified(judged)
    expect(ends(verification)).toEqual(['breached'])
    const fault = verification.kind === 'valid' ? verification.contracts[0]?.verdict : undefined
    expect(fault).toMatchObject({ fault: 'BAD', grade: 'self-proving', party: fault?.worker })
  })

  test('shows a task that failed by itself, at no cost for anybody', () => {
    expect(ends(verified(failing))).toEqual(['failed'])
  })

  test('is valid without its outcome', () => {
    const file = copyOf(plain)
    delete file.outcome
    expect(ends(verified(file))).toEqual(['settled'])
  })

  test('without its last entries and its outcome is valid and open at its last entry', () => {
    const file = copyOf(plain)
    delete file.outcome
    const entries = ['award', 'accept', 'deliver', 'approve']
    for (let count = entries.length - 1; count >= 1; count -= 1) {
      const cut = file.records.findIndex((record) => record.type === entries[count])
      file.records = file.records.slice(0, cut)
      const verification = verified(file)
      expect(verification.kind).toBe('valid')
      const verdict = verification.kind === 'valid' ? verification.contracts[0]?.verdict : undefined
      expect(verdict).toMatchObject({ end: null, openAt: count - 1 })
    }
  })

  test.each(['receipt', 'closing'])('without a %s that nothing names is valid', (type) => {
    const file = copyOf(plain)
    const index = file.records.findLastIndex((record) => record.type === type)
    if (index < 0) return
    file.records.splice(index, 1)
    expect(ends(verified(file))).toEqual(['settled'])
  })
})

describe('any one character changed', () => {
  test.each(['type', 'id', 'author', 'bytes', 'signature'] as const)(
    'in %s makes its record invalid',
    (field) => {
      for (const [index, record] of copyOf(plain).records.entries()) {
        for (let at = 0; at < record[field].length; at += 1) {
          const file = copyOf(plain)
          changeRecord(file, index, { [field]: changedAt(record[field], at) })
          expectInvalid(file, index + 1, `${field}[${at}] of record ${index + 1}`)
        }
      }
    },
    120_000,
  )

  test('in view makes its record invalid', () => {
    for (const [index, record] of copyOf(plain).records.entries()) {
      for (const [view, where] of everyChange(record.view)) {
        const file = copyOf(plain)
        changeRecord(file, index, { view })
        expectInvalid(file, index + 1, `view${where} of record ${index + 1}`)
      }
    }
  }, 120_000)

  test('FILE-07: in outcome makes the award of its contract invalid', () => {
    const award = copyOf(plain).records.findIndex((record) => record.type === 'award') + 1
    for (const [outcome, where] of everyChange(copyOf(plain).outcome ?? null)) {
      expectInvalid({ ...copyOf(plain), outcome }, award, `outcome${where}`)
    }
  })

  test('in network makes the first record invalid', () => {
    const { network } = copyOf(plain)
    for (let at = 0; at < network.name.length; at += 1) {
      const name = changedAt(network.name, at)
      expectInvalid({ ...copyOf(plain), network: { ...network, name } }, 1, `network.name[${at}]`)
    }
    for (const [params, where] of everyChange(network.params)) {
      const changed = { ...network, params: params as Record<string, number> }
      expectInvalid({ ...copyOf(plain), network: changed }, 1, `network.params${where}`)
    }
    for (const param of Object.keys(network.params)) {
      const params = { ...network.params }
      delete params[param]
      expectInvalid({ ...copyOf(plain), network: { ...network, params } }, 1, `network without ${param}`)
    }
  }, 60_000)

  test('in a payload makes the delivery that names it invalid', () => {
    const { payloads, records } = copyOf(judged)
    const payload = payloads?.[0]
    const delivery = records.findIndex((record) => record.type === 'deliver') + 1
    expect(payload).toBeDefined()
    if (payload === undefined) return
    for (let at = 0; at < payload.bytes.length; at += 1) {
      const changed = { ...payload, bytes: changedAt(payload.bytes, at) }
      expectInvalid({ ...copyOf(judged), payloads: [changed] }, delivery, `payload[${at}]`)
    }
    for (let at = 0; at < payload.hash.length; at += 1) {
      const changed = { ...payload, hash: changedAt(payload.hash, at) }
      expectInvalid({ ...copyOf(judged), payloads: [changed] }, records.length, `payload hash[${at}]`)
    }
  })

  test('in base64url also when a looser decoder would read the same bytes', () => {
    const file = copyOf(plain)
    for (const [index, record] of file.records.entries()) {
      for (const loose of [`${record.signature}=`, `${record.signature}\n`, ` ${record.signature}`]) {
        const changed = copyOf(plain)
        changeRecord(changed, index, { signature: loose })
        expectInvalid(changed, index + 1, `loose signature of record ${index + 1}`)
      }
    }
  })
})

describe('records', () => {
  test('that others name cannot be missing', () => {
    for (const type of ['bid', 'reopening', 'accept', 'withdraw', 'deliver']) {
      const file = copyOf(twoGenerations)
      const [removed] = file.records.splice(twoIndex(type), 1)
      const verification = verified(file)
      const named = verification.kind === 'invalid' ? file.records[verification.record - 1] : undefined
      expect(JSON.stringify(named?.view)).toContain(removed?.id)
    }
  })

  test('of a contract prove nothing without its award', () => {
    const file = copyOf(twoGenerations)
    file.records.splice(twoIndex('award'), 1)
    expect(verified(file).kind).toBe('invalid')
  })

  test('cannot stand twice, at any place', () => {
    const { records } = copyOf(plain)
    for (const [from, record] of records.entries()) {
      for (let to = 0; to <= records.length; to += 1) {
        const file = copyOf(plain)
        file.records.splice(to, 0, record)
        const second = to === 0 && from > 0 ? 1 : Math.max(from + 2, to + 1)
        expect(short(verified(file)), `record ${from + 1} again at ${to + 1}`).toBe(
          `invalid ${to > from ? to + 1 : second}`,
        )
      }
    }
  })

  test('stand in one order only', () => {
    for (const source of [plain, twoGenerations]) {
      const { records } = copyOf(source)
      for (let one = 0; one < records.length; one += 1) {
        for (let two = one + 1; two < records.length; two += 1) {
          const file = copyOf(source)
          swap(file.records, one, two)
          expectInvalid(file, one + 1, `records ${one + 1} and ${two + 1} swapped`)
        }
      }
    }
  }, 60_000)

  test('of another task cannot be added', () => {
    for (const stranger of copyOf(twoGenerations).records) {
      const file = copyOf(plain)
      file.records.push(stranger)
      expectInvalid(file, file.records.length, `${stranger.type} of another task added`)
    }
  })
})

describe('a text that is no task file', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{"haggle":1,'],
    ['another JSON', '[]'],
    ['another version', '{"haggle":2,"network":{},"records":[]}'],
    ['no records', '{"haggle":1,"network":{"name":"test","params":{}},"records":[]}'],
  ])('(%s) is unreadable', (_, text) => {
    expect(verified(text).kind).toBe('unreadable')
  })

  test('with a name that stands twice is unreadable, since readers would see different files', () => {
    expect(verified(plain.replace('"haggle": 1', '"haggle": 1, "haggle": 1')).kind).toBe('unreadable')
    expect(verified(plain.replace(/"type": "bid"/, '"type": "offer", "type": "bid"')).kind).toBe('unreadable')
  })

  test('with a field that no task file has is unreadable', () => {
    expect(verified(JSON.stringify({ ...copyOf(plain), note: 'trust me' })).kind).toBe('unreadable')
  })
})

describe('a payload shown beside the file', () => {
  const shown = (text: string) => {
    const bytes = Buffer.from(text)
    return { bytes, hash: createHash('sha256').update(bytes).digest('hex') as PayloadHash }
  }
  const options = { verify: ed25519Verify, checkResult: resultCheck }

  test('is found to be what was delivered', () => {
    const verification = verifyTaskFile(plain, { ...options, payload: shown('HELLO') })
    expect(verification.kind === 'valid' && verification.contracts[0]?.shown).toBeGreaterThan(0)
  })

  test('is refused when it is something else', () => {
    const verification = verifyTaskFile(plain, { ...options, payload: shown('HELLO!') })
    expect(verification).toMatchObject({ kind: 'invalid', reason: 'the payload is not what was delivered' })
  })
})

function ends(verification: Verification): readonly (string | null)[] {
  return verification.kind === 'valid'
    ? verification.contracts.map(({ verdict }) => verdict.end)
    : [short(verification)]
}

function expectInvalid(file: FileJson, record: number, what: string): void {
  // Comparing first keeps a test of tens of thousands of files quick.
  const answer = short(verified(file))
  if (answer !== `invalid ${record}`) expect({ what, answer }).toEqual({ what, answer: `invalid ${record}` })
}

function changeRecord(file: FileJson, index: number, change: Partial<RecordJson>): void {
  const record = file.records[index]
  if (record !== undefined) file.records[index] = { ...record, ...change }
}

function swap(records: RecordJson[], one: number, two: number): void {
  const first = records[one]
  const second = records[two]
  if (first === undefined || second === undefined) return
  records[one] = second
  records[two] = first
}

/** Another character of the same kind, so that the text still looks like what it was. */
function changedAt(text: string, at: number): string {
  const old = text.charAt(at)
  const alphabet = /[0-9]/.test(old)
    ? '0123456789'
    : /[a-z]/.test(old)
      ? 'abcdefghijklmnopqrstuvwxyz'
      : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
  const next = alphabet.charAt((alphabet.indexOf(old) + 1) % alphabet.length)
  return `${text.slice(0, at)}${next}${text.slice(at + 1)}`
}

/** The value with each character of each leaf and of each name changed, one at a time. */
function* everyChange(value: Json, where = ''): Generator<readonly [Json, string]> {
  if (typeof value === 'string') {
    for (let at = 0; at < value.length; at += 1) yield [changedAt(value, at), `${where}[${at}]`]
    yield [`${value} `, `${where} longer`]
  } else if (typeof value === 'number') {
    const digits = String(value)
    for (let at = 0; at < digits.length; at += 1) yield [Number(changedAt(digits, at)), `${where} digit ${at}`]
  } else if (typeof value === 'boolean') {
    yield [!value, where]
  } else if (value === null) {
    yield [0, where]
  } else if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      for (const [changed, inner] of everyChange(each, `${where}[${index}]`)) yield [value.with(index, changed), inner]
    }
    yield [[...value, null], `${where} longer`]
  } else {
    for (const [name, each] of Object.entries(value)) {
      for (const [changed, inner] of everyChange(each, `${where}.${name}`)) yield [{ ...value, [name]: changed }, inner]
      for (let at = 0; at < name.length; at += 1) {
        const { [name]: moved, ...rest } = value
        yield [{ ...rest, [changedAt(name, at)]: moved ?? null }, `${where} name ${name}[${at}]`]
      }
    }
  }
}
