import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonValue } from '@haggle/protocol'
import type { CheckAnswer } from '@haggle/ports'
import { Lru } from './lru.ts'
import { checkSchemaText, MAX_VALUE_DEPTH, UNIQUE_KEYWORD, valueWeight } from './schema-language.ts'
import type { CheckedSchema, SchemaNode, SchemaRefusal } from './schema-language.ts'

/** Largest result that a schema judges: a document, not a data set. */
const MAX_RESULT_BYTES = 1_048_576
/**
 * Most comparisons in one check: the values of the result times the cost of the schema. It bounds a check to about a second
 * at worst; being a count, it is the same everywhere.
 */
const MAX_STEPS = 8_000_000
/** Compiled schemas kept: far more than the offers in one market differ in, at some 100 KiB each. */
const CACHED_SCHEMAS = 128
/** Longest reason handed on. */
const MAX_REASON = 200

/** A schema that can judge results. */
export interface ResultSchema {
  /** Subschemas, and the bound of comparisons per value of the result. */
  readonly nodes: number
  readonly cost: number
  /** CON-43: judges the bytes of a result: pure, bounded, same answer everywhere. */
  check(result: Uint8Array): CheckAnswer
}
/** A schema that can judge results, or the keyword that the closed language does not allow. */
export type ParsedSchema = { readonly ok: true; readonly schema: ResultSchema } | SchemaRefusal

const parsed = new Lru<string, ParsedSchema>(CACHED_SCHEMAS)

/**
 * Reads a schema of the closed result-schema language, or says which keyword it does not allow. The worker may call this on
 * an offer before bidding: equal texts are read and compiled once.
 */
export function parseResultSchema(text: string): ParsedSchema {
  const held = parsed.get(text)
  if (held !== undefined) return held
  const answer = checkSchemaText(text)
  const schema: ParsedSchema = answer.ok ? { ok: true, schema: compiled(answer.checked) } : answer
  parsed.set(text, schema)
  return schema
}

function compiled({ root, nodes, cost }: CheckedSchema): ResultSchema {
  const judge = judgeOf(root)
  return {
    nodes,
    cost,
    check(result) {
      if (result.length > MAX_RESULT_BYTES) return fail(`the result is larger than ${MAX_RESULT_BYTES} bytes`)
      const value = jsonOf(result)
      if (value === undefined) return fail('the result is not JSON in UTF-8')
      const weight = valueWeight(value)
      if (weight === undefined) return fail(`the result nests deeper than ${MAX_VALUE_DEPTH}`)
      if (weight * cost > MAX_STEPS) return fail(`the check would take more than ${MAX_STEPS} steps`)
      return judge(value)
    },
  }
}

function judgeOf(root: SchemaNode): (value: JsonValue) => CheckAnswer {
  // One compiler for one schema: it remembers all that it compiled, and leaves with it.
  const ajv = new Ajv2020({
    meta: false,
    validateSchema: false,
    strict: false,
    logger: false,
    allErrors: false,
    addUsedSchema: false,
    // A definition is compiled once, however often it is named.
    inlineRefs: false,
    // A result without `toString` has none, whatever its prototype says.
    ownProperties: true,
  })
  ajv.addKeyword({ keyword: UNIQUE_KEYWORD, type: 'array', schemaType: 'boolean', errors: false, validate: isUnique })
  const validate = ajv.compile(root)
  return (value) => {
    if (validate(value) === true) return { kind: 'pass' }
    const error = validate.errors?.[0]
    const keyword = error?.keyword === UNIQUE_KEYWORD ? 'uniqueItems' : (error?.keyword ?? 'false')
    const place = error?.instancePath === undefined || error.instancePath === '' ? 'the result' : error.instancePath
    return fail(`${place} does not satisfy ${keyword}`)
  }
}

/** Linear in the size of the list: items are compared by their canonical text. */
function isUnique(_schema: boolean, items: readonly JsonValue[]): boolean {
  const seen = new Set<string>()
  for (const item of items) {
    const text = canonical(item)
    if (seen.has(text)) return false
    seen.add(text)
  }
  return true
}

/** Equal texts for equal values; a number too large for a double is read as infinity, which JSON could not write. */
function canonical(value: JsonValue): string {
  if (typeof value === 'number') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  // Array.isArray widens the items to any; they are those of a JSON value.
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(canonical).join(',')}]`
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}

function jsonOf(bytes: Uint8Array): JsonValue | undefined {
  try {
    // JSON.parse returns nothing but JSON values.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as JsonValue
  } catch {
    return undefined
  }
}

function fail(reason: string): CheckAnswer {
  // Names inside a result are a stranger's text: nothing in them may reach a terminal.
  return { kind: 'fail', reason: reason.replaceAll(/[^ -~]/g, '?').slice(0, MAX_REASON) }
}
