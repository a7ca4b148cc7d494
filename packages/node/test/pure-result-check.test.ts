import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { PayloadHash } from '@haggle/protocol'
import { parseResultSchema, resultCheck } from '../src/pure/index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const judge = (schema: unknown, result: string): string =>
  resultCheck({ kind: 'schema', schema: JSON.stringify(schema) }, bytes(result)).kind
const reason = (schema: unknown, result: string): string => {
  const answer = resultCheck({ kind: 'schema', schema: JSON.stringify(schema) }, bytes(result))
  return answer.kind === 'fail' ? answer.reason : answer.kind
}

test('a hash acceptance passes exactly the bytes that it names', () => {
  // The hexadecimal digest of SHA-256 is what the brand says.
  const hash = createHash('sha256').update('done').digest('hex') as PayloadHash
  expect(resultCheck({ kind: 'hash', hash }, bytes('done'))).toEqual({ kind: 'pass' })
  expect(resultCheck({ kind: 'hash', hash }, bytes('done.')).kind).toBe('fail')
})

test('what only people can judge stays unknown', () => {
  expect(resultCheck({ kind: 'requester' }, bytes('x'))).toEqual({ kind: 'unknown' })
  expect(resultCheck({ kind: 'jury', size: 3 }, bytes('x'))).toEqual({ kind: 'unknown' })
  expect(judge({ type: 'string', pattern: 'x' }, '"x"')).toBe('unknown')
})

describe('CON-43: a schema acceptance', () => {
  const summary = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A summary',
    type: 'object',
    properties: { summary: { type: 'string', minLength: 1 }, tags: { $ref: '#/$defs/tags' } },
    required: ['summary'],
    additionalProperties: false,
    $defs: { tags: { type: 'array', items: { type: 'string' }, uniqueItems: true, maxItems: 3 } },
  }
  test.each([
    [summary, '{"summary":"x","tags":["a","b"]}', 'pass'],
    [summary, '{"summary":"x","tags":["a","a"]}', 'fail'],
    [summary, '{"summary":"x","more":1}', 'fail'],
    [summary, '{"tags":[]}', 'fail'],
    [true, '1', 'pass'],
    [false, '1', 'fail'],
    [{ enum: [1, 'a', { b: [null] }] }, '{"b":[null]}', 'pass'],
    [{ enum: [1, 'a', { b: [null] }] }, '{"b":[]}', 'fail'],
    [{ oneOf: [{ type: 'integer' }, { minimum: 2 }] }, '3', 'fail'],
    [{ anyOf: [{ type: 'integer' }, { const: 'x' }], not: { const: 4 } }, '"x"', 'pass'],
    [{ prefixItems: [{ type: 'null' }], items: { type: 'integer', multipleOf: 5 } }, '[null,10]', 'pass'],
    [{ prefixItems: [{ type: 'null' }], items: { type: 'integer', multipleOf: 5 } }, '[null,11]', 'fail'],
    [{ propertyNames: { maxLength: 2 }, maxProperties: 1 }, '{"abc":1}', 'fail'],
    [{ uniqueItems: true }, '[{"a":1,"b":2},{"b":2,"a":1}]', 'fail'],
    [{ uniqueItems: true }, '[1,"1",[1],{"1":1},true,null]', 'pass'],
    [{ uniqueItems: true }, '[1e400,-1e400,0]', 'pass'],
    [{ uniqueItems: true }, '[0,-0]', 'fail'],
    [{ required: ['toString'] }, '{}', 'fail'],
    [{ required: ['constructor'], properties: { constructor: { type: 'integer' } } }, '{"constructor":1}', 'pass'],
    [{ type: 'object', additionalProperties: false }, '{"__proto__":1}', 'fail'],
  ])('%j judges %s: %s', (schema, result, expected) => {
    expect(judge(schema, result)).toBe(expected)
  })

  test('T-54: names the place and the keyword, in characters that no terminal obeys', () => {
    expect(reason({ properties: { a: { type: 'string' } } }, '{"a":1}')).toBe('/a does not satisfy type')
    expect(reason({ uniqueItems: true }, '[1,1]')).toBe('the result does not satisfy uniqueItems')
    expect(reason({ additionalProperties: false }, '{"\\u001b[2J":1}')).toMatch(/^[ -~]{1,200}$/)
    expect(reason({ additionalProperties: { type: 'null' } }, '{"\\u001b[2J":1}')).toMatch(/^[ -~]{1,200}$/)
  })

  test('fails what is not JSON, not UTF-8, too large or too deep', () => {
    expect(judge(true, '{')).toBe('fail')
    expect(judge(true, '\uFEFF1')).toBe('fail')
    expect(resultCheck({ kind: 'schema', schema: 'true' }, Uint8Array.of(0x22, 0xff, 0x22)).kind).toBe('fail')
    expect(judge(true, `"${'x'.repeat(1_048_574)}"`)).toBe('pass')
    expect(judge(true, `"${'x'.repeat(1_048_575)}"`)).toBe('fail')
    expect(judge(true, '['.repeat(64) + ']'.repeat(64))).toBe('pass')
    expect(judge(true, '['.repeat(500_000) + ']'.repeat(500_000))).toBe('fail')
  })
})

describe('CON-42: the schema language is closed', () => {
  const definitions = (count: number, of: (n: number) => object): object =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`d${n}`, of(n)]))
  const deep = (levels: number): object => (levels === 0 ? {} : { items: deep(levels - 1) })
  const deepList = (levels: number): unknown => (levels === 0 ? 0 : [deepList(levels - 1)])
  test.each([
    ['pattern', { properties: { a: { pattern: '(a+)+$' } } }],
    ['format', { type: 'string', format: 'email' }],
    ['patternProperties', { patternProperties: { a: true } }],
    ['unevaluatedProperties', { unevaluatedProperties: false }],
    ['$dynamicRef', { $dynamicRef: '#x' }],
    ['$id', { $id: 'http://example.com/x' }],
    ['contains', { contains: true }],
    ['constructor', { constructor: 1 }],
    ['$schema', { $schema: 'http://json-schema.org/draft-07/schema#' }],
    ['$schema', { items: 3 }],
    ['$schema', null],
    ['$defs', { items: { $defs: {} } }],
    ['$ref', { $ref: '#' }],
    ['$ref', { $ref: '#/properties/a', properties: { a: true } }],
    ['$ref', { $ref: 'http://example.com/' }],
    ['$ref', { $ref: '#/$defs/missing', $defs: {} }],
    ['$ref', { $ref: '#/$defs/a', $defs: { a: { items: { $ref: '#/$defs/b' } }, b: { not: { $ref: '#/$defs/a' } } } }],
    ['$ref', { $defs: { unused: { items: { $ref: '#/$defs/unused' } } } }],
    ['$ref', deep(33)],
    [
      '$ref',
      { $ref: '#/$defs/d0', $defs: definitions(40, (n) => (n === 39 ? {} : { items: { $ref: `#/$defs/d${n + 1}` } })) },
    ],
    ['$defs', { anyOf: Array.from({ length: 200 }, () => true) }],
    ['$defs', { $defs: { 'a/b': true } }],
    ['type', { type: 'integre' }],
    ['type', { type: [] }],
    ['enum', { enum: [] }],
    ['const', { const: deepList(70) }],
    ['required', { required: ['a', 'a'] }],
    ['anyOf', { anyOf: [] }],
    ['minLength', { minLength: -1 }],
    ['maximum', { maximum: '1' }],
    ['multipleOf', { multipleOf: 0 }],
    ['uniqueItems', { uniqueItems: 1 }],
  ])('%s is refused by name: %j', (keyword, schema) => {
    expect(parseResultSchema(JSON.stringify(schema))).toMatchObject({ ok: false, keyword })
  })

  test('a property named __proto__ is refused', () => {
    expect(parseResultSchema('{"properties":{"__proto__":true}}')).toMatchObject({ ok: false, keyword: 'properties' })
    expect(parseResultSchema('{"$defs":{"__proto__":true}}')).toMatchObject({ ok: false, keyword: '$defs' })
  })

  test('text that is too long or no JSON is refused', () => {
    expect(parseResultSchema('{').ok).toBe(false)
    expect(parseResultSchema(JSON.stringify({ description: 'x'.repeat(8_192) })).ok).toBe(false)
  })

  test('T-52: references that double at each step are counted, not followed to the end', () => {
    const twice = (n: number): object =>
      n === 30 ? { type: 'integer' } : { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] }
    const schema = { $ref: '#/$defs/d0', $defs: definitions(31, twice) }
    expect(parseResultSchema(JSON.stringify(schema))).toMatchObject({ ok: false, keyword: '$ref' })
  })
})

describe('CON-43: no result and no schema keeps the check busy', () => {
  const million = (item: string): string =>
    `[${Array.from({ length: Math.floor(1_048_000 / (item.length + 1)) }, () => item).join(',')}]`
  const branches = { items: { anyOf: Array.from({ length: 198 }, (_, n) => ({ const: -n - 1 })) } }
  const numbers = `[${Array.from({ length: 150_000 }, (_, n) => n).join(',')}]`
  const hard: readonly (readonly [string, unknown, string])[] = [
    ['unique numbers', { uniqueItems: true }, numbers],
    ['unique objects', { uniqueItems: true }, `[${Array.from({ length: 60_000 }, (_, n) => `{"a":${n}}`).join(',')}]`],
    ['a huge enum', { items: { enum: Array.from({ length: 1_500 }, (_, n) => -n - 1) } }, million('1')],
    ['many branches', branches, million('1')],
    ['many branches just within the bound', branches, `[${Array.from({ length: 13_000 }, () => '1').join(',')}]`],
    ['many required names', { items: { required: Array.from({ length: 800 }, (_, n) => `n${n}`) } }, million('{}')],
    [
      'long texts under many rules',
      { allOf: Array.from({ length: 199 }, () => ({ minLength: 1 })) },
      `"${'x'.repeat(1_048_000)}"`,
    ],
  ]
  test.each(hard)('%s', (_name, schema, result) => {
    // The bound is a count of steps; the clock only tells a bounded check from one that would take minutes.
    const start = performance.now()
    expect(['pass', 'fail']).toContain(judge(schema, result))
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  test('T-53: what would take too many steps fails, by a count and not by a clock', () => {
    const tooMany = 'the check would take more than 8000000 steps'
    expect(reason(branches, million('1'))).toBe(tooMany)
    expect(reason({ items: { enum: Array.from({ length: 1_500 }, (_, n) => n) } }, million('1'))).toBe(tooMany)
    expect(judge({ items: { enum: [1, 2] } }, million('1'))).toBe('pass')
  })
})
