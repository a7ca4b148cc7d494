import { parseResultSchema } from '@haggle/node/pure'
import { mutated, type Material } from '../mutator.ts'
import { mustHold, type Target } from '../target.ts'

const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value))
const schemas = [
  '{"type":"object","required":["a"],"properties":{"a":{"type":"string","maxLength":9}},"additionalProperties":false}',
  '{"type":"array","items":{"type":"integer","minimum":0,"maximum":255},"minItems":1,"maxItems":16}',
  '{"anyOf":[{"const":null},{"enum":[1,"a",[2]]}],"not":{"type":"boolean"}}',
  '{"$defs":{"n":{"type":"number"}},"type":"object","patternProperties":{},"properties":{"n":{"$ref":"#/$defs/n"}}}',
  '{"type":"string","format":"date","pattern":"^a+$","uniqueItems":true}',
]
const results = ['{"a":"x"}', '[1,2,255]', 'null', '{"n":1.5}', '"2026-01-01"', '[[[]]]', '{"__proto__":1}', '1e400']

/** The schema of an offer is a stranger's program, which judges a stranger's bytes. */
export const resultSchemas: Target = {
  name: 'result-schemas',
  about: 'schemas of offers, and results judged by them',
  open() {
    const forSchemas: Material = { form: 'text', corpus: schemas.map(text) }
    const forResults: Material = { form: 'text', corpus: results.map(text) }
    return {
      keepsState: false,
      // A zero byte, which JSON never holds, stands between schema and result.
      input(random) {
        const isSchemaOurs = random.once(2)
        const schema = isSchemaOurs ? random.pick(forSchemas.corpus) : mutated(forSchemas, random)
        const result = isSchemaOurs || random.once(4) ? mutated(forResults, random) : random.pick(forResults.corpus)
        return Uint8Array.from(Buffer.concat([schema.subarray(0, 4_096), Uint8Array.of(0), result.subarray(0, 4_096)]))
      },
      fuzz(bytes) {
        const end = bytes.indexOf(0)
        const parsed = parseResultSchema(Buffer.from(bytes.subarray(0, Math.max(end, 0))).toString())
        if (!parsed.ok) return 'refused'
        const result = bytes.subarray(end + 1)
        const said = parsed.schema.check(result)
        if (said.kind !== 'fail') return said.kind
        mustHold(/^[\x20-\x7e]{0,200}$/.test(said.reason), 'the reason of a failed check is long or not printable')
        return 'fail'
      },
    }
  },
}
