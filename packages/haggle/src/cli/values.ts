/** What a person typed and cannot be taken; `hint` says how to write it. */
export class ValueProblem extends Error {
  constructor(problem: string, hint: string) {
    super(`${problem} ${hint}`)
    this.name = 'ValueProblem'
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const MAX_DURATION_MS = 366 * 86_400_000

/** `500ms`, `10s`, `1.5m`, `2h`, `1h30m`: milliseconds. A bare number is refused, since nobody knows its unit. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)/gy)]
  const taken = parts.reduce((sum, part) => sum + part[0].length, 0)
  if (parts.length === 0 || taken !== text.length) {
    throw new ValueProblem(
      `"${text}" is not a span of time.`,
      'Write a number with its unit, such as 500ms, 10s, 2m or 1h30m.',
    )
  }
  // Rounds to the nearest millisecond.
  const spanMs = Math.round(
    parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0),
  )
  if (spanMs > MAX_DURATION_MS) throw new ValueProblem(`"${text}" is longer than a year.`, 'Write a shorter span.')
  return spanMs
}

/** A span for people: `850 ms`, `4.2 s`, `3 min`, `2 h`. */
export function showDuration(spanMs: number): string {
  if (spanMs < 1_000) return `${Math.round(spanMs)} ms`
  if (spanMs < 120_000) return `${trimmed(spanMs / 1_000, 1)} s`
  if (spanMs < 7_200_000) return `${trimmed(spanMs / 60_000, 1)} min`
  return `${trimmed(spanMs / 3_600_000, 1)} h`
}

/** Decimal credits with at most six places: micro-credits, below 2^53. */
export function parseCredits(text: string): number {
  const match = /^(\d{1,10})(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null) {
    throw new ValueProblem(
      `"${text}" is not an amount of credits.`,
      'Write a decimal number with at most six places, such as 3 or 0.25.',
    )
  }
  const micro = Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0'))
  if (!Number.isSafeInteger(micro))
    throw new ValueProblem(`"${text}" credits are too many.`, 'The largest amount is 9007199254.')
  return micro
}

/** Micro-credits as decimal credits without trailing zeros. */
export function showCredits(micro: number): string {
  const whole = Math.floor(micro / 1_000_000)
  const rest = String(micro % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return rest === '' ? String(whole) : `${whole}.${rest}`
}

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, K: 1_024, M: 1_048_576, G: 1_073_741_824 }

/** `4096`, `64K`, `256M`, `1G`: bytes, in powers of 1,024; `max` bounds it. */
export function parseSize(text: string, max: number): number {
  const match = /^(\d{1,12})([KMG]?)(?:i?B)?$/i.exec(text)
  if (match === null)
    throw new ValueProblem(`"${text}" is not a size.`, 'Write bytes, or a number with K, M or G, such as 64K or 256M.')
  const bytes = Number(match[1]) * (UNIT_BYTES[(match[2] ?? '').toUpperCase()] ?? 1)
  if (bytes < 1 || bytes > max)
    throw new ValueProblem(`"${text}" is outside 1 byte to ${showSize(max)}.`, 'Write a size within it.')
  return bytes
}

/** A size for people: `12 bytes`, `64 KiB`, `8.1 MiB`. */
export function showSize(bytes: number): string {
  if (bytes < 1_024) return `${bytes} byte${bytes === 1 ? '' : 's'}`
  if (bytes < 1_048_576) return `${trimmed(bytes / 1_024, 1)} KiB`
  return `${trimmed(bytes / 1_048_576, 1)} MiB`
}

/** A whole number within bounds. */
export function parseCount(text: string, min: number, max: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(count >= min && count <= max))
    throw new ValueProblem(`"${text}" is not a whole number from ${min} to ${max}.`, `Write one, such as ${min}.`)
  return count
}

/** Names of agents and skills: what a shell, a file name and a topic all accept. */
export function parseName(text: string, what: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(text)) {
    throw new ValueProblem(
      `"${text}" is not a name for ${what}.`,
      'Use 1 to 63 of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit.',
    )
  }
  return text
}

/** The key of a job, or the end of an id: 1 to 256 characters. */
export function parseId(text: string, what: string): string {
  if (text.trim() !== '' && text.length <= 256) return text
  throw new ValueProblem(
    `That is no ${what}: it has ${text.trim() === '' ? 'no' : 'too many'} characters.`,
    'Write 1 to 256.',
  )
}

/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string
  readonly port: number
}

/** TAX-13: `9464`, `127.0.0.1:9464`, `[::1]:0`: a port alone is of this machine only. */
export function parseMetricsAddress(text: string): MetricsAddress {
  const [, v6, v4] = /^(?:\[([0-9a-fA-F:.]{2,45})\]|(localhost|\d{1,3}(?:\.\d{1,3}){3})):\d{1,5}$/.exec(text) ?? []
  const host = /^\d{1,5}$/.test(text) ? '127.0.0.1' : (v6 ?? v4)
  const port = Number(/\d+$/.exec(text)?.[0])
  if (host !== undefined && port <= 65_535 && !(v4 ?? '').split('.').some((part) => Number(part) > 255))
    return { host, port }
  throw new ValueProblem(
    `"${text}" is not an address to serve metrics at.`,
    'Write a port, such as 9464, or an IP address with one: 127.0.0.1:9464 or [::1]:9464. Port 0 takes any.',
  )
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** One of a closed list of words. */
export function parseWord<const W extends string>(text: string, words: readonly W[], what: string): W {
  const found = words.find((word) => word === text)
  if (found === undefined) throw new ValueProblem(`"${text}" is not a ${what}.`, `Write one of ${words.join(', ')}.`)
  return found
}

export type AcceptanceChoice =
  | { readonly kind: 'hash'; readonly hex: string }
  | { readonly kind: 'schema'; readonly file: string }
  | { readonly kind: 'cmd'; readonly command: string }

/** `hash:HEX`, `schema:FILE` or `cmd:COMMAND`: how a result is checked. */
export function parseAcceptance(text: string): AcceptanceChoice {
  const colon = text.indexOf(':')
  const kind = text.slice(0, Math.max(colon, 0))
  const rest = text.slice(colon + 1)
  if (kind === 'hash' && /^[0-9a-fA-F]{64}$/.test(rest)) return { kind, hex: rest.toLowerCase() }
  if (kind === 'hash')
    throw new ValueProblem(
      `"${rest}" is not a SHA-256 in hexadecimal.`,
      'Write its 64 digits, as sha256sum prints them.',
    )
  if (kind === 'schema' && rest !== '') return { kind, file: rest }
  if (kind === 'cmd' && rest.trim() !== '') return { kind, command: rest }
  throw new ValueProblem(`"${text}" is not a way to check a result.`, 'Write hash:HEX, schema:FILE or cmd:COMMAND.')
}

function trimmed(value: number, places: number): string {
  return String(Number(value.toFixed(places)))
}
