import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { HaggleError } from '@haggle/protocol'
import { jsonText } from './payload.ts'
import type { Payload, Result } from './payload-types.ts'
import type { HireTerms, ReviewAnswer } from './hire-types.ts'
import { parseResultSchema } from './pure/result-schema.ts'
import type {
  AnySchema,
  JsonSchema,
  SchemaHandler,
  SchemaServeOptions,
  ServeOptions,
  Task,
  TaskHandler,
} from './service-types.ts'
import { TaskFailed, TaskGivenBack } from './task-failed.ts'

/** An input is held whole while its schema looks at it: more than this is no document. */
const MOST_INPUT_BYTES = 16_777_216
/** What the note of an advert holds. */
const NOTE_BYTES = 256
const TARGET = 'draft-2020-12'

type Checked = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }

/** The handler of a skill with schemas, as the service desk runs every handler. */
export function schemaHandler<In extends AnySchema, Out extends AnySchema>(
  { input, output }: SchemaServeOptions<In, Out>,
  handler: SchemaHandler<In, Out>,
): TaskHandler {
  // Without schemas there is nothing to add: a task without an input schema has no input.
  // The types then let the handler take any task and return what a plain one may.
  if (input === undefined && output === undefined) return handler as TaskHandler
  return async (task: Task) => {
    const value = input === undefined ? undefined : await checkedInput(input, task)
    // The schema says that what it let through is of its output type; without a schema that type is undefined.
    const typed = { ...task, input: value as StandardSchemaV1.InferOutput<In> }
    const result = await handler(typed)
    // Without an output schema the types let a handler return nothing but a TaskResult.
    if (output === undefined) return result as Awaited<ReturnType<TaskHandler>>
    const checked = await check(output, result)
    if (!checked.ok) throw new TaskGivenBack(`output: ${checked.why}`)
    return { payload: new TextEncoder().encode(jsonText(checked.value)), mediaType: 'application/json' }
  }
}

/** The options of a skill with its advert's note filled in: the JSON Schema of its input, where that is short enough. */
export function advertised(options: SchemaServeOptions): ServeOptions {
  if (options.note !== undefined || options.input === undefined) return options
  const schema = options.inputJsonSchema ?? jsonSchemaOf(options.input)
  const note = schema === undefined ? undefined : `takes ${JSON.stringify(bare(schema))}`
  return note === undefined || new TextEncoder().encode(note).length > NOTE_BYTES
    ? options
    : { ...options, note: note.normalize('NFC') }
}

/**
 * Terms whose `output` became what judges the result: the acceptance, where its language can say the schema, else a review by
 * this process, before the caller's own. Throws `argument/invalid`.
 */
export function judgedTerms(terms: HireTerms): HireTerms {
  const { output, ...rest } = terms
  if (output === undefined) return rest
  if (rest.accept !== undefined || rest.reviewCommand !== undefined) {
    throw new HaggleError(
      'argument/invalid',
      'output says how the result is judged, and so do accept and reviewCommand',
      {
        next: 'Give one of them.',
      },
    )
  }
  const known = jsonSchemaOf(output)
  const schema = known === undefined ? undefined : JSON.stringify(bare(known))
  if (schema !== undefined && parseResultSchema(schema).ok) return { ...rest, accept: { kind: 'schema', schema } }
  const { review } = rest
  return {
    ...rest,
    review: async (result) => {
      const answer = await reviewBy(output, result)
      return answer === 'approve' && review !== undefined ? review(result) : answer
    },
  }
}

async function reviewBy(schema: StandardSchemaV1, result: Result): Promise<ReviewAnswer> {
  if (result.size > MOST_INPUT_BYTES) return { reject: `longer than ${MOST_INPUT_BYTES} bytes` }
  const value = jsonOf(await result.text())
  if (value === undefined) return { reject: 'not JSON' }
  const checked = await check(schema, value.json)
  return checked.ok ? 'approve' : { reject: checked.why }
}

/** Declared as JSON it is a JSON value; otherwise its text, or the value that the text spells where the schema refuses the text. */
async function checkedInput(schema: StandardSchemaV1, task: Payload): Promise<unknown> {
  if (task.size > MOST_INPUT_BYTES) throw new TaskFailed('input', `the input is longer than ${MOST_INPUT_BYTES} bytes`)
  const text = textOf(await task.bytes())
  if (text === undefined) throw new TaskFailed('input', 'the input is not text in UTF-8')
  const json = jsonOf(text)
  const isJson = /^application\/(json|[^;]*\+json)\b/.test(task.mediaType ?? '')
  if (isJson && json === undefined) throw new TaskFailed('input', 'the input is declared as JSON and is none')
  const asText = isJson ? undefined : await check(schema, text)
  if (asText?.ok === true) return asText.value
  const asJson = json === undefined ? undefined : await check(schema, json.json)
  if (asJson?.ok === true) return asJson.value
  throw new TaskFailed('input', (asJson ?? asText)?.why ?? '')
}

async function check(schema: StandardSchemaV1, value: unknown): Promise<Checked> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return { ok: true, value: result.value }
  const [first] = result.issues
  const path = (first?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  const why = first?.message ?? 'refused by the schema'
  return { ok: false, why: path === '' ? why : `${path}: ${why}` }
}

/** The JSON Schema of what a schema takes, where its library can give one. */
function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema | undefined {
  const standard: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> = schema['~standard']
  try {
    return standard.jsonSchema?.input({ target: TARGET })
  } catch {
    // A library throws for what JSON Schema cannot say: a transformation, a class, a date.
    return undefined
  }
}

/** Without the name of its dialect, which goes without saying here. */
function bare(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$schema'))
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function jsonOf(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}
