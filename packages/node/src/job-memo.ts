import type { JobMemo } from './hire-types.ts'
import type { Json } from './payload-types.ts'

const receipt: JobMemo = { review: 'receipt', app: {} }

/** The text that the engine stores with a job. */
export function memoText(memo: JobMemo): string {
  return JSON.stringify(memo)
}

/** Reads a stored memo; a text that this version does not know is a job that is approved on receipt. */
export function readMemo(text: string): JobMemo {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return receipt
  }
  if (typeof value !== 'object' || value === null) return receipt
  const review = 'review' in value ? readReview(value.review) : 'receipt'
  // A value that came out of JSON.parse is Json, and this one is a plain object.
  const app = 'app' in value && isObject(value.app) ? (value.app as Readonly<Record<string, Json>>) : {}
  return { review, app }
}

function readReview(value: unknown): JobMemo['review'] {
  if (value === 'callback') return 'callback'
  if (isObject(value) && 'cmd' in value && typeof value.cmd === 'string') return { cmd: value.cmd }
  return 'receipt'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
