import { z } from 'zod'

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
const span = z.number().int().min(0)
const micro = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const file = z.string().min(1).max(4_096)
const id = z.string().min(1).max(256)
const mark = z.string().regex(/^[0-9a-f]{16}$/)

/** Where the input of a task comes from. */
const input = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
  z.strictObject({ kind: z.literal('file'), path: file }),
  z.strictObject({ kind: z.literal('stdin') }),
])

const accept = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hash'), hex: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.strictObject({ kind: z.literal('schema'), text: z.string().max(65_536) }),
  z.strictObject({ kind: z.literal('cmd'), command: z.string().min(1).max(32_768) }),
])

const hire = z.strictObject({
  name: z.literal('hire'),
  skill: name,
  input,
  out: file.nullable(),
  save: file.nullable(),
  deadlineMs: span,
  waitMs: span,
  attempts: z.number().int().min(1),
  leaseMs: span.nullable(),
  budget: micro,
  stake: micro.nullable(),
  mode: z.enum(['auction', 'claim']),
  sealed: z.boolean(),
  bidsMs: span.nullable(),
  ask: micro.nullable(),
  key: id.nullable(),
  accept: accept.nullable(),
  panel: z.number().int().min(0).max(10).nullable(),
  minQuality: z.number().int().min(0).max(1_000).nullable(),
})
export type HireRequest = z.infer<typeof hire>

const hireMany = z.strictObject({
  name: z.literal('hire-many'),
  /** What all jobs have in common. */
  hire,
  /** A null path is stdin; `name` is that of the result in `outDir`. */
  inputs: z.array(z.strictObject({ path: file.nullable(), name: z.string().min(1).max(255) })).min(1),
  outDir: file.nullable(),
  /** Jobs at the same time. */
  jobs: z.number().int().min(1).max(256),
})
export type HireManyRequest = z.infer<typeof hireMany>

const request = z.discriminatedUnion('name', [
  hire,
  hireMany,
  z.strictObject({ name: z.literal('contracts'), all: z.boolean() }),
  z.strictObject({ name: z.literal('contract-show'), id }),
  z.strictObject({ name: z.literal('contract-result'), id, out: file.nullable() }),
  z.strictObject({ name: z.literal('contract-export'), id, out: file.nullable() }),
  z.strictObject({ name: z.literal('contract-cancel'), id }),
  z.strictObject({ name: z.literal('peers') }),
  z.strictObject({ name: z.literal('skills') }),
  z.strictObject({ name: z.literal('events'), follow: z.boolean() }),
  z.strictObject({ name: z.literal('tax'), id: id.nullable() }),
  z.strictObject({ name: z.literal('status') }),
  z.strictObject({ name: z.literal('why'), peer: id, skill: name.nullable() }),
  z.strictObject({ name: z.literal('evidence-list') }),
  z.strictObject({ name: z.literal('evidence-export'), out: file.nullable() }),
  z.strictObject({ name: z.literal('evidence-import'), path: file.nullable() }),
])
/** What the running agent can be asked to carry out; file names are absolute. */
export type Request = z.infer<typeof request>
export type RequestOf<N extends Request['name']> = Extract<Request, { name: N }>

const call = z.strictObject({
  request,
  json: z.boolean(),
  debug: z.boolean(),
  /** The network that the caller insists on, or null: the agent's own will do. */
  network: name.nullable(),
  /** The mark of the network's secret that the caller insists on, or null. */
  secret: mark.nullable(),
  /** The mark of the genesis that the caller insists on, or null. */
  genesis: mark.nullable(),
  session: z.strictObject({
    cwd: file,
    tty: z.strictObject({ stdin: z.boolean(), stdout: z.boolean(), stderr: z.boolean() }),
    color: z.boolean(),
  }),
})
/** One command of an attached process. */
export type Call = z.infer<typeof call>

/** Parses what an attached process sent; undefined when it is not a call of this version. */
export function parseCall(value: unknown): Call | undefined {
  const parsed = call.safeParse(value)
  return parsed.success ? parsed.data : undefined
}
