import { HaggleError } from '@haggle/protocol'
import * as values from '../../../packages/haggle/src/cli/values.ts'
import { newSecretText, secretFromText } from '../../../packages/haggle/src/network-secret.ts'
import { durationMs } from '../../../packages/node/src/duration.ts'
import { mutated, type Material } from '../mutator.ts'
import type { Random } from '../random.ts'
import { mustHold, stateless, type Run, type Target } from '../target.ts'

const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value))

/** The file that all agents of a private network hold a copy of. */
export const secrets: Target = {
  name: 'network-secret',
  about: 'files with the secret of a private network',
  open() {
    const given = '/key/swarm/psk/1.0.0/\n/base16/\n'.concat('0123456789abcdefABCDEF0123456789'.repeat(2), '\n')
    const corpus = [given, given.replaceAll('\n', '\r\n'), given.trimEnd()].map(text)
    const forms: readonly Material[] = [
      { form: 'text', corpus },
      { form: 'binary', corpus },
    ]
    mustHold(secretFromText(newSecretText(), 'a new one').bytes.length === 32, 'a new secret is none')
    return stateless(
      (random) => mutated(random.pick(forms), random),
      (bytes) => {
        try {
          const secret = secretFromText(Buffer.from(bytes).toString(), 'a file')
          mustHold(secret.bytes.length === 32 && /^[0-9a-f]{16}$/.test(secret.mark), 'a secret of another length')
          return 'secret'
        } catch (error) {
          if (error instanceof HaggleError && error.code === 'config/secret') return error.code
          throw error
        }
      },
    )
  },
}

type Reader = readonly [name: string, read: (text: string) => void, ...examples: readonly string[]]

/** Every kind of value that a command takes, with what people write. */
const readers: readonly Reader[] = [
  ['duration', readDuration, '500ms', '1h30m', '1.5m', '366d'],
  ['sdk-duration', (each) => whole(durationMs(each, 'a span')), '30s', '0.5h'],
  ['credits', readCredits, '3', '0.25', '9007199254.740991'],
  ['size', (each) => whole(values.parseSize(each, 2 ** 40)), '64K', '256MiB', '1'],
  ['count', (each) => whole(values.parseCount(each, 1, 256)), '1', '256'],
  ['name', (each) => void values.parseName(each, 'an agent'), 'echo', 'a.b_c-d'],
  ['id', (each) => void values.parseId(each, 'id'), 'bafyabc'],
  ['metrics', readMetrics, '9464', '127.0.0.1:0', '[::1]:9464', 'localhost:80'],
  ['acceptance', (each) => void values.parseAcceptance(each), `hash:${'ab'.repeat(32)}`, 'schema:x.json', 'cmd:wc -l'],
  ['word', (each) => void values.parseWord(each, ['lan', 'wan'], 'profile'), 'lan'],
]

/** What stands on a command line. */
export const cliValues: Target = {
  name: 'cli-values',
  about: 'values of flags and arguments: a number in bounds, or words of help',
  open(): Run {
    const materials = readers.map(([, , ...examples]): Material => ({
      form: 'text',
      corpus: examples.map(text),
      dictionary: examples.map(text),
    }))
    // The first byte says what kind of value it is, so that bytes alone are a whole input.
    return stateless((random: Random) => {
      const kind = random.below(readers.length)
      const material = materials[kind] ?? random.pick(materials)
      return Uint8Array.from([kind, ...mutated(material, random).subarray(0, 4_096)])
    }, readValue)
  },
}

function readValue(bytes: Uint8Array): string {
  const [name, read] = readers[(bytes[0] ?? 0) % readers.length] ?? ['none', () => undefined]
  try {
    read(Buffer.from(bytes.subarray(1)).toString())
    return name
  } catch (error) {
    if (error instanceof values.ValueProblem) return `no ${name}`
    if (error instanceof HaggleError && error.code === 'argument/invalid') return `no ${name}`
    throw error
  }
}

function whole(value: number): void {
  mustHold(Number.isSafeInteger(value) && value >= 0, `a value is ${value}`)
}

function readDuration(each: string): void {
  const spanMs = values.parseDuration(each)
  whole(spanMs)
  values.showDuration(spanMs)
}

function readCredits(each: string): void {
  const micro = values.parseCredits(each)
  whole(micro)
  mustHold(values.parseCredits(values.showCredits(micro)) === micro, 'an amount is shown as another')
}

function readMetrics(each: string): void {
  const { host, port } = values.parseMetricsAddress(each)
  mustHold(host !== '' && port >= 0 && port <= 65_535, 'an address without a port')
  values.isLoopback(host)
}
