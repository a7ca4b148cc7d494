import type { Verify } from '@haggle/ports'
import { HaggleError, networkIdOf, type HaggleRecord, type JsonValue, type NetworkId } from '@haggle/protocol'
import { duplicateName } from '../task-file/duplicate-name.ts'
import { hasExactly, isFields, networkOf, otherParam, recordOf } from '../task-file/fields.ts'
import { EVIDENCE_FILE_VERSION } from './write.ts'

/** The largest record in base64url with its signature and fields is below two thirds of it. */
const LINE_BYTES = 131_072
const WRITE_ONE = 'Write one with "haggle evidence export"; the file may have been cut or changed on its way.'

/** A record of an evidence file, which verifies alone, and the line that it stands on. */
export interface EvidenceLine {
  readonly line: number
  readonly record: HaggleRecord
}

/**
 * Reads an evidence file line by line, however long it is. Throws `evidence/unreadable` when it is none or is of another network, and
 * `evidence/invalid` at the first line that is no record which verifies alone: all before it were given already.
 */
export async function* readEvidence(
  chunks: AsyncIterable<Uint8Array>,
  { file, network, verify }: { readonly file: string; readonly network: string; readonly verify: Verify },
): AsyncGenerator<EvidenceLine, void, undefined> {
  let networkId: NetworkId | undefined
  let line = 0
  for await (const text of lines(chunks, file)) {
    line += 1
    if (networkId === undefined) {
      networkId = headOf(text, file, network)
      continue
    }
    const read = recordOf(jsonOf(text, file, line), { networkId, verify, hasView: false })
    if (!read.ok) throw invalid(file, line, read.reason)
    yield { line, record: read.value }
  }
  if (networkId === undefined) throw unreadable(file, 'it is empty')
}

function headOf(text: string, file: string, network: string): NetworkId {
  let head: JsonValue
  try {
    // JSON.parse returns nothing but JSON values.
    head = JSON.parse(text) as JsonValue
  } catch (cause) {
    throw unreadable(file, 'its first line is not JSON', cause)
  }
  const isEvidence = isFields(head) && hasExactly(head, ['haggle', 'file', 'network']) && head['file'] === 'evidence'
  if (!isFields(head) || !isEvidence) throw unreadable(file, 'it is no evidence file')
  if (head['haggle'] !== EVIDENCE_FILE_VERSION)
    throw unreadable(file, `it has version ${JSON.stringify(head['haggle'])}`)
  const named = networkOf(head['network'])
  if (!named.ok) throw unreadable(file, `the network: ${named.reason}`)
  const { name, params } = named.value
  if (name !== network) throw unreadable(file, `it is of network ${name}, and this agent is on ${network}`)
  const param = otherParam(named.value)
  if (param !== undefined) throw unreadable(file, `it was made under another parameter ${param}`)
  return networkIdOf(name, params)
}

function jsonOf(text: string, file: string, line: number): JsonValue {
  let value: JsonValue
  try {
    // JSON.parse returns nothing but JSON values.
    value = JSON.parse(text) as JsonValue
  } catch (cause) {
    throw invalid(file, line, 'it is not JSON', cause)
  }
  const twice = duplicateName(text)
  if (twice !== undefined) throw invalid(file, line, `the name ${JSON.stringify(twice)} stands twice`)
  return value
}

/** The lines of a stream; a last one without its end is one too. */
async function* lines(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = Buffer.alloc(0)
  let line = 1
  const textOf = (bytes: Uint8Array): string => {
    try {
      return decoder.decode(bytes)
    } catch (cause) {
      throw invalid(file, line, 'it is not UTF-8', cause)
    }
  }
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let from = 0
    for (let end = rest.indexOf(0x0a, from); end >= 0; end = rest.indexOf(0x0a, from)) {
      if (end - from > LINE_BYTES) throw invalid(file, line, 'it is longer than any record')
      yield textOf(rest.subarray(from, end))
      line += 1
      from = end + 1
    }
    rest = rest.subarray(from)
    if (rest.length > LINE_BYTES) throw invalid(file, line, 'it is longer than any record')
  }
  if (rest.length > 0) yield textOf(rest)
}

function unreadable(file: string, why: string, cause?: unknown): HaggleError {
  return new HaggleError('evidence/unreadable', `${file} is no evidence file of this network: ${why}`, {
    next: WRITE_ONE,
    cause,
  })
}

function invalid(file: string, line: number, why: string, cause?: unknown): HaggleError {
  const message = `${file}, line ${line}: ${why}`
  return new HaggleError('evidence/invalid', message, { next: WRITE_ONE, detail: { line }, cause })
}
