import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  agentFromText,
  authenticate,
  decodeCanonical,
  decodeFrame,
  decodeWire,
  encodeFrame,
  encodeWire,
  fromHex,
  networkIdOf,
  protocolParams,
  recordFromText,
  recordView,
  toHex,
  type Decoded,
} from '@haggle/protocol'
import { verifiers, verifyWithCofactor } from './vectors/keys.ts'
import { allVectors, recordTypes } from './vectors/make.ts'
import { NETWORK_NAME, networkId } from './vectors/seal.ts'

const folder = new URL('vectors/', import.meta.url)
const runs = z.array(z.tuple([z.string(), z.number()]))
const specSchema = z.object({ spec: z.array(z.string()) })
const validSchema = z.object({
  type: z.string(),
  author: z.string(),
  authorText: z.string(),
  body: z.unknown(),
  canonical: z.string(),
  id: z.string(),
  idText: z.string(),
  message: z.string(),
  signature: z.string(),
  wire: z.string(),
})
const invalidSchema = z.object({
  wire: z.string().optional(),
  wireRuns: runs.optional(),
  canonical: z.string().optional(),
  signature: z.string().optional(),
  frame: z.string().optional(),
  frameRuns: runs.optional(),
  violation: z.string(),
})

// After a change of the protocol: `UPDATE_VECTORS=1 npx vitest run test/vectors.test.ts`.
if (process.env['UPDATE_VECTORS'] === '1') {
  for (const kind of ['valid', 'invalid']) {
    rmSync(new URL(kind, folder), { recursive: true, force: true })
    mkdirSync(new URL(kind, folder))
  }
  const network = { name: NETWORK_NAME, params: protocolParams, networkId }
  for (const [path, vector] of [...allVectors(), ['network.json', network] as const]) {
    writeFileSync(new URL(path, folder), `${JSON.stringify(vector, null, 2)}\n`)
  }
}

describe('the committed vectors', () => {
  test('are exactly what the generator makes from its fixed seeds', () => {
    const expected = allVectors()
    const committed = (['valid', 'invalid'] as const).flatMap((kind) => namesIn(kind).map((name) => `${kind}/${name}`))
    expect(committed.toSorted()).toEqual([...expected.keys()].toSorted())
    for (const [path, vector] of expected) expect({ path, vector: read(path) }).toEqual({ path, vector })
  })

  test('ID-01 ID-02 the network of all vectors has the id that its name and parameters hash to', () => {
    const network = z.object({ name: z.string(), params: z.record(z.string(), z.number()), networkId: z.string() })
    const { name, params, networkId: committed } = network.parse(read('network.json'))
    expect(name).toBe(NETWORK_NAME)
    expect(params).toEqual(protocolParams)
    expect(networkIdOf(name, params)).toBe(committed)
    expect(committed).toBe(networkId)
  })

  test('break every requirement at which bytes can be refused', () => {
    const broken = namesIn('invalid').flatMap((name) => specSchema.parse(read(`invalid/${name}`)).spec)
    expect([...new Set(broken)].toSorted()).toEqual([
      ...['03', '04', '05', '06', '07', '08', '09', '10', '11', '12', '16', '17', '20', '21'].map(
        (number) => `ENC-${number}`,
      ),
      ...['03', '04', '05', '06', '07', '08'].map((number) => `ID-${number}`),
    ])
  })

  test('cover every record type', () => {
    for (const type of recordTypes) expect(namesIn('valid')).toContain(`${type}.full.json`)
  })
})

describe.each(Object.entries(verifiers))('under %s', (_, verify) => {
  const valid = namesIn('valid').filter((name) => !name.startsWith('frame.'))
  test.each(valid)('ENC-01 ENC-02 ENC-13 ID-04 ID-07 valid %s is accepted, from the wire and from a file', (name) => {
    const vector = validSchema.parse(read(`valid/${name}`))
    // Independent of our own code: the id, the message and the signature follow from the canonical bytes alone.
    const id = createHash('sha256').update(vector.canonical, 'hex').digest('hex')
    expect(id).toBe(vector.id)
    expect(vector.message).toBe(Buffer.from(`haggle/1/${vector.type}\0`).toString('hex') + id)

    const wire = fromHex(vector.wire)
    const signature = fromHex(vector.signature)
    for (const decoded of [
      decodeWire(wire, networkId),
      decodeCanonical(fromHex(vector.canonical), signature, networkId),
    ]) {
      const checked = decoded.ok ? authenticate(decoded.unverified, verify) : decoded
      if (!checked.ok) throw new Error(`${checked.violation.code}: ${checked.violation.note}`)
      expect(checked.record).toMatchObject({ type: vector.type, id, author: vector.author })
      expect(toHex(encodeWire(checked.record))).toBe(vector.wire)
      expect(recordView(checked.record)).toEqual(vector.body)
    }
    expect(recordFromText(vector.idText)).toBe(vector.id)
    expect(agentFromText(vector.authorText)).toBe(vector.author)
  })

  test.each(namesIn('invalid'))(
    'ENC-03 ENC-04 ENC-05 ENC-06 ENC-07 ENC-08 ENC-09 ENC-10 ENC-11 ENC-12 ENC-16 ENC-17 ENC-19 ID-03 ID-04 ID-05 ID-06 ID-07 ID-08 invalid %s is refused with the violation that it names',
    (name) => {
      const vector = invalidSchema.parse(read(`invalid/${name}`))
      expect(violationOf(vector, verify)).toBe(vector.violation)
    },
  )
})

test.each(namesIn('valid').filter((name) => name.startsWith('frame.')))(
  'ENC-16 valid %s is read and written',
  (name) => {
    const { frame } = z.object({ frame: z.string() }).parse(read(`valid/${name}`))
    const decoded = decodeFrame(fromHex(frame))
    if (!decoded.ok) throw new Error(decoded.violation.note)
    expect(toHex(encodeFrame(decoded.frame))).toBe(frame)
  },
)

test('ID-05 ID-06 ID-08 each crafted signature passes the loosest rule in use, so only our own rule refuses it', () => {
  const names = namesIn('invalid').filter((name) =>
    /^accept\.(small-order|order-eight|non-canonical|minus-zero|mixed)/.test(name),
  )
  expect(names.length).toBeGreaterThanOrEqual(8)
  const passing = names.filter((name) => {
    const { wire, message } = z.object({ wire: z.string(), message: z.string() }).parse(read(`invalid/${name}`))
    const decoded = decodeWire(fromHex(wire), networkId)
    if (!decoded.ok) throw new Error(`${name} is refused before its signature is looked at`)
    const { author, signature } = decoded.unverified.claimed
    return verifyWithCofactor(author, fromHex(message), signature)
  })
  expect(passing).toEqual(names)
})

function violationOf(
  vector: z.infer<typeof invalidSchema>,
  verify: Parameters<typeof authenticate>[1],
): string | undefined {
  const frame = vector.frame ?? (vector.frameRuns === undefined ? undefined : unrolled(vector.frameRuns))
  if (frame !== undefined) {
    const decoded = decodeFrame(fromHex(frame))
    return decoded.ok ? undefined : decoded.violation.code
  }
  const decoded = decodedRecord(vector)
  const checked = decoded.ok ? authenticate(decoded.unverified, verify) : decoded
  return checked.ok ? undefined : checked.violation.code
}

function decodedRecord({ wire, wireRuns, canonical, signature }: z.infer<typeof invalidSchema>): Decoded {
  if (canonical !== undefined) return decodeCanonical(fromHex(canonical), fromHex(signature ?? ''), networkId)
  return decodeWire(fromHex(wire ?? unrolled(wireRuns ?? [])), networkId)
}

function unrolled(pieces: readonly (readonly [string, number])[]): string {
  return pieces.map(([hex, times]) => hex.repeat(times)).join('')
}

function namesIn(kind: 'valid' | 'invalid'): string[] {
  return readdirSync(new URL(`${kind}/`, folder))
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'))
}
