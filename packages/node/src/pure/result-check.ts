import { createHash } from 'node:crypto'
import type { ResultCheck } from '@haggle/ports'
import { parseResultSchema } from './result-schema.ts'

/**
 * Re-runs an objective acceptance: the hash of the result, or its schema. A schema outside the language judges nothing;
 * both sides refuse it before a contract can hold it.
 */
export const resultCheck: ResultCheck = (acceptance, result) => {
  switch (acceptance.kind) {
    case 'hash': {
      const hash = createHash('sha256').update(result).digest('hex')
      return hash === acceptance.hash ? { kind: 'pass' } : { kind: 'fail', reason: `the result has the hash ${hash}` }
    }
    case 'schema': {
      const parsed = parseResultSchema(acceptance.schema)
      return parsed.ok ? parsed.schema.check(result) : { kind: 'unknown' }
    }
    case 'requester':
    case 'jury':
      return { kind: 'unknown' }
  }
}
