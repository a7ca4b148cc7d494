import { ed25519Verify } from '@haggle/node/pure'
import { HaggleError, type HaggleRecord } from '@haggle/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { readEvidence } from '../src/evidence-file/read.ts'
import { evidenceLines } from '../src/evidence-file/write.ts'
import { taskFile } from './task-files.ts'

let records: readonly HaggleRecord[]
let text: string
beforeAll(async () => {
  const shout = await taskFile([async (task) => (await task.text()).toUpperCase()])
  records = shout.records
  text = [...evidenceLines('test', records)].map((line) => `${line}\n`).join('')
})

/** The bytes of a text in pieces of so many. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(given: string | Uint8Array, size = 1_000): Promise<readonly HaggleRecord[]> {
  const found: HaggleRecord[] = []
  const init = { file: 'e.jsonl', network: 'test', verify: ed25519Verify }
  for await (const { record } of readEvidence(pieces(Buffer.from(given), size), init)) found.push(record)
  return found
}

/** How many records are given before the problem, and the problem. */
async function problemOf(given: string | Uint8Array): Promise<readonly [number, string, string]> {
  let count = 0
  const init = { file: 'e.jsonl', network: 'test', verify: ed25519Verify }
  try {
    for await (const { line } of readEvidence(pieces(Buffer.from(given), 65_536), init)) count = line - 1
  } catch (error) {
    if (error instanceof HaggleError && error.next !== '') return [count, error.code, error.message]
    throw error
  }
  return [count, 'none', '']
}

/** The file with something else on one line, counted from 1. */
function withLine(number: number, change: (line: string) => string): string {
  const lines = text.split('\n')
  lines[number - 1] = change(lines[number - 1] ?? '')
  return lines.join('\n')
}

/** The line with one character of a field changed. */
function changed(line: string, field: string): string {
  const at = line.indexOf(`"${field}":"`) + field.length + 44
  return `${line.slice(0, at)}${line[at] === 'B' ? 'C' : 'B'}${line.slice(at + 1)}`
}

describe('an evidence file', () => {
  test.each([1, 7, 1_000, 1_000_000])(
    'gives back the records that were written, in pieces of %i bytes',
    async (size) => {
      expect((await read(text, size)).map(({ id }) => id)).toEqual(records.map(({ id }) => id))
    },
  )

  test('needs no end of its last line, and may hold nothing', async () => {
    expect(await read(text.trimEnd())).toHaveLength(records.length)
    expect(await read(text.slice(0, text.indexOf('\n')))).toEqual([])
  })

  test.each([
    ['is empty', () => '', 'it is empty'],
    ['is something else', () => 'hello\n', 'its first line is not JSON'],
    ['is a task file', () => '{"haggle":1,"network":{},"records":[]}\n', 'it is no evidence file'],
    ['is of another version', () => text.replace('"haggle":1', '"haggle":2'), 'it has version 2'],
    ['has a field more', () => text.replace('"haggle":1', '"haggle":1,"x":1'), 'it is no evidence file'],
    ['is of another network', () => text.replace('"name":"test"', '"name":"home"'), 'it is of network home'],
    ['is of no network', () => text.replace('"name":"test"', '"name":"Test!"'), 'its name is no network name'],
    [
      'has another parameter',
      () => text.replace('"epochMs":3600000', '"epochMs":1'),
      'under another parameter epochMs',
    ],
  ])('that %s is unreadable', async (_, given, problem) => {
    expect(await problemOf(given())).toEqual([0, 'evidence/unreadable', expect.stringContaining(problem)])
  })

  test.each([
    ['is no JSON', () => withLine(4, (line) => line.slice(1)), 'it is not JSON'],
    ['is cut off', () => withLine(4, (line) => line.slice(0, -9)), 'it is not JSON'],
    ['is empty', () => withLine(4, () => ''), 'it is not JSON'],
    ['names a field twice', () => withLine(4, (line) => line.replace('{', '{"type":"offer",')), 'stands twice'],
    ['has a field more', () => withLine(4, (line) => line.replace('{', '{"x":1,')), 'it is not { type, id, author'],
    ['says another type', () => withLine(4, (line) => line.replace(/"type":"\w+"/, '"type":"vote"')), 'its type is'],
    ['says another id', () => withLine(4, (line) => line.replace(/bafyrei./, 'bafyreib')), 'its id is'],
    ['is changed', () => withLine(4, (line) => changed(line, 'bytes')), 'line 4: '],
    ['is signed by nobody', () => withLine(4, (line) => changed(line, 'signature')), 'signature'],
    ['is longer than any record', () => withLine(4, (line) => line + ' '.repeat(131_072)), 'longer than any record'],
  ])('with a line that %s gives what stands before it, and names the line', async (_, given, problem) => {
    const [count, code, message] = await problemOf(given())
    expect([count, code]).toEqual([2, 'evidence/invalid'])
    expect(message).toContain('e.jsonl, line 4: ')
    expect(message).toContain(problem)
  })

  test('that never ends its line is refused before it is held', async () => {
    let given = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(text)
      for (;;) {
        given += 65_536
        yield new Uint8Array(65_536).fill(0x20)
      }
    }
    const init = { file: 'e.jsonl', network: 'test', verify: ed25519Verify }
    const all = async (): Promise<void> => {
      for await (const { record } of readEvidence(endless(), init)) expect(record.id).toBeDefined()
    }
    await expect(all()).rejects.toMatchObject({ code: 'evidence/invalid', detail: { line: records.length + 2 } })
    expect(given).toBeLessThan(400_000)
  })

  test('that is not UTF-8 is refused by its line', async () => {
    const bytes = Buffer.from(text)
    bytes[bytes.indexOf('\n') + 5] = 0xff
    expect(await problemOf(bytes)).toEqual([0, 'evidence/invalid', 'e.jsonl, line 2: it is not UTF-8'])
  })
})
