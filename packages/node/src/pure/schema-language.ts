import type { JsonValue } from '@haggle/protocol'

/** Subschemas in one schema: what compiles in some milliseconds. */
const MAX_NODES = 200
/** Nesting of subschemas, references followed. */
const MAX_SCHEMA_DEPTH = 32
/** Nesting of a value inside `enum`, `const` or an annotation, and of a result. */
export const MAX_VALUE_DEPTH = 64
/** Most comparisons that one place of a result can cost, references followed: each doubles what it names twice. */
const MAX_COST = 10_000
/** The acceptance of an offer holds no longer text. */
const MAX_TEXT_BYTES = 8_192
/** Uniqueness writes each item in a canonical form and sorts its keys. */
const UNIQUE_COST = 16

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
const TYPES: ReadonlySet<unknown> = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'])
const DEFINITION = /^#\/\$defs\/([A-Za-z0-9_.-]{1,64})$/

type JsonObject = { readonly [key: string]: JsonValue }
/** A subschema as it is handed to the compiler: checked, and without annotations. */
export type SchemaNode = boolean | { readonly [keyword: string]: unknown }

/** A schema of the language, checked. `cost` bounds the comparisons that one place of a result can take. */
export interface CheckedSchema {
  readonly root: SchemaNode
  readonly nodes: number
  readonly cost: number
}

/** Why a schema is no schema of the language; `keyword` names the offending keyword. */
export interface SchemaRefusal {
  readonly ok: false
  readonly keyword: string
  readonly reason: string
}

/**
 * Checks a text against the closed result-schema language: a subset of JSON Schema 2020-12 that every implementation can
 * judge in bounded time (CON-42). No `pattern`, no `format`, no recursion, references only to the `$defs` of the root.
 */
export function checkSchemaText(text: string): { readonly ok: true; readonly checked: CheckedSchema } | SchemaRefusal {
  if (new TextEncoder().encode(text).length > MAX_TEXT_BYTES) {
    return { ok: false, keyword: '$schema', reason: `the schema is longer than ${MAX_TEXT_BYTES} bytes` }
  }
  let json: JsonValue
  try {
    // JSON.parse returns nothing but JSON values.
    json = JSON.parse(text) as JsonValue
  } catch {
    return { ok: false, keyword: '$schema', reason: 'the schema is not JSON' }
  }
  try {
    return { ok: true, checked: new SchemaReader(json).read() }
  } catch (thrown) {
    if (thrown instanceof Refused) return { ok: false, keyword: thrown.keyword, reason: thrown.message }
    throw thrown
  }
}

/** Values in a JSON value, itself included, long texts counting more; undefined when it nests deeper than the bound. */
export function valueWeight(value: JsonValue): number | undefined {
  // By levels and without recursion: a megabyte of brackets must not exhaust the stack.
  let weight = 0
  let level: JsonValue[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_VALUE_DEPTH) return undefined
    const next: JsonValue[] = []
    for (const each of level) {
      weight += 1
      if (typeof each === 'string') weight += each.length >> 5
      // Array.isArray widens the items to any; they are those of a JSON value.
      else if (Array.isArray(each)) for (const item of each as readonly JsonValue[]) next.push(item)
      else if (each !== null && typeof each === 'object') for (const item of Object.values(each)) next.push(item)
    }
    level = next
  }
  return weight
}

class Refused extends Error {
  readonly keyword: string
  constructor(keyword: string, reason: string) {
    super(reason)
    this.keyword = keyword
  }
}

interface Read {
  readonly node: SchemaNode
  readonly cost: number
  readonly depth: number
}

/** Reads one schema; every method throws `Refused`. */
class SchemaReader {
  readonly #root: JsonValue
  readonly #definitions: ReadonlyMap<string, JsonValue>
  readonly #read = new Map<string, Read | 'reading'>()
  #nodes = 0

  constructor(root: JsonValue) {
    this.#root = root
    const defs = isObject(root) ? root['$defs'] : undefined
    if (defs !== undefined && !isObject(defs)) throw new Refused('$defs', 'must be an object of schemas')
    this.#definitions = new Map(Object.entries(defs ?? {}))
  }

  read(): CheckedSchema {
    const { node, cost } = this.#schema(this.#root, 0, true)
    // A definition that nothing names is held to the language all the same.
    for (const name of this.#definitions.keys()) this.#definition(name, 0)
    const $defs: Record<string, SchemaNode> = {}
    for (const [name, read] of this.#read) if (read !== 'reading') $defs[name] = read.node
    if (cost > MAX_COST) throw new Refused('$ref', `checking could take ${cost} steps for one value, not ${MAX_COST}`)
    const root = typeof node === 'boolean' || this.#read.size === 0 ? node : { ...node, $defs }
    return { root, nodes: this.#nodes, cost }
  }

  #schema(json: JsonValue, depth: number, atRoot = false): Read {
    this.#nodes += 1
    if (this.#nodes > MAX_NODES) throw new Refused('$defs', `the schema has more than ${MAX_NODES} subschemas`)
    if (depth > MAX_SCHEMA_DEPTH) throw new Refused('$ref', `the schema nests deeper than ${MAX_SCHEMA_DEPTH}`)
    if (typeof json === 'boolean') return { node: json, cost: 1, depth }
    if (!isObject(json)) throw new Refused('$schema', 'a schema is an object or a boolean')
    const node: Record<string, unknown> = {}
    let cost = 1
    let deepest = depth
    for (const [keyword, value] of Object.entries(json)) {
      if (keyword === '$defs' && atRoot) continue
      if (keyword === '$schema' && atRoot && value === DIALECT) continue
      const part = this.#keyword(keyword, value, depth)
      if (part.node !== undefined) node[part.keyword ?? keyword] = part.node
      cost += part.cost
      deepest = Math.max(deepest, part.depth ?? depth)
    }
    return { node, cost, depth: deepest }
  }

  #keyword(keyword: string, value: JsonValue, depth: number): Part {
    switch (keyword) {
      case 'items':
      case 'additionalProperties':
      case 'propertyNames':
      case 'not':
        return this.#schema(value, depth + 1)
      case 'properties':
        return this.#properties(value, depth)
      case 'prefixItems':
      case 'allOf':
      case 'anyOf':
      case 'oneOf':
        return this.#list(keyword, value, depth)
      case '$ref':
        return this.#reference(value, depth)
      default:
        return plainKeyword(keyword, value)
    }
  }

  #properties(value: JsonValue, depth: number): Part {
    if (!isObject(value)) throw new Refused('properties', 'must be an object of schemas')
    const node: Record<string, SchemaNode> = {}
    let cost = 0
    let deepest = depth
    for (const [name, json] of Object.entries(value)) {
      // Assigning it would set a prototype instead of a property.
      if (name === '__proto__') throw new Refused('properties', 'a property cannot be named __proto__')
      const read = this.#schema(json, depth + 1)
      node[name] = read.node
      cost += read.cost
      deepest = Math.max(deepest, read.depth)
    }
    return { node, cost, depth: deepest }
  }

  #list(keyword: string, value: JsonValue, depth: number): Part {
    if (!isList(value) || value.length === 0) throw new Refused(keyword, 'must be a list of at least one schema')
    const read = value.map((json) => this.#schema(json, depth + 1))
    return {
      node: read.map((each) => each.node),
      cost: read.reduce((sum, each) => sum + each.cost, 0),
      depth: Math.max(...read.map((each) => each.depth)),
    }
  }

  #reference(value: JsonValue, depth: number): Part {
    const name = typeof value === 'string' ? DEFINITION.exec(value)?.[1] : undefined
    if (name === undefined || !this.#definitions.has(name)) {
      throw new Refused('$ref', 'must name a schema in the $defs of the root, as "#/$defs/name"')
    }
    const target = this.#definition(name, depth + 1)
    return { node: value, cost: target.cost, depth: target.depth }
  }

  /** The definition of that name, with its depth as seen from `depth`. */
  #definition(name: string, depth: number): Read {
    const held = this.#read.get(name)
    if (held === 'reading') throw new Refused('$ref', `the definition ${name} contains itself`)
    const read = held ?? this.#readDefinition(name)
    const deepest = depth + read.depth
    if (deepest > MAX_SCHEMA_DEPTH) throw new Refused('$ref', `the schema nests deeper than ${MAX_SCHEMA_DEPTH}`)
    return { ...read, depth: deepest }
  }

  #readDefinition(name: string): Read {
    if (!DEFINITION.test(`#/$defs/${name}`)) throw new Refused('$defs', 'a name is 1 to 64 of A-Z a-z 0-9 _ . -')
    if (name === '__proto__') throw new Refused('$defs', 'a definition cannot be named __proto__')
    this.#read.set(name, 'reading')
    const read = this.#schema(this.#definitions.get(name) ?? true, 0)
    this.#read.set(name, read)
    return read
  }
}

interface Part {
  /** What the compiler gets; undefined for an annotation. */
  readonly node?: unknown
  readonly cost: number
  readonly depth?: number
  /** The keyword under which the compiler gets it, when not its own. */
  readonly keyword?: string
}

/** Keywords without subschemas. */
function plainKeyword(keyword: string, value: JsonValue): Part {
  switch (keyword) {
    case 'type': {
      const names = isList(value) ? value : [value]
      const known = names.length > 0 && names.every((each) => TYPES.has(each)) && new Set(names).size === names.length
      if (!known) throw new Refused(keyword, 'must name types of JSON, each once')
      return { node: value, cost: names.length }
    }
    case 'enum':
      if (!isList(value) || value.length === 0) throw new Refused(keyword, 'must be a list of at least one value')
      return { node: value, cost: value.length + weightOf(keyword, value) }
    case 'const':
      return { node: value, cost: weightOf(keyword, value) }
    case 'required': {
      const names = isList(value) ? value : [null]
      if (!names.every((name) => typeof name === 'string') || new Set(names).size !== names.length) {
        throw new Refused(keyword, 'must be a list of names, each once')
      }
      return { node: value, cost: names.length }
    }
    case 'uniqueItems':
      if (typeof value !== 'boolean') throw new Refused(keyword, 'must be true or false')
      // The compiler's own keyword compares each item with each other: a check of ours takes its place.
      return value ? { node: true, cost: UNIQUE_COST, keyword: UNIQUE_KEYWORD } : { cost: 0 }
    case 'minItems':
    case 'maxItems':
    case 'minLength':
    case 'maxLength':
    case 'minProperties':
    case 'maxProperties':
      if (!Number.isSafeInteger(value) || Number(value) < 0) throw new Refused(keyword, 'must be a whole number from 0')
      return { node: value, cost: 1 }
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
    case 'multipleOf':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw new Refused(keyword, 'must be a number')
      if (keyword === 'multipleOf' && value <= 0) throw new Refused(keyword, 'must be above 0')
      return { node: value, cost: 1 }
    case 'title':
    case 'description':
    case '$comment':
    case 'default':
    case 'examples':
      return { cost: 0 }
    default:
      throw new Refused(keyword, 'is not part of the result schema language')
  }
}

/** The keyword under which the compiler finds our own check of uniqueness. */
export const UNIQUE_KEYWORD = 'haggleUnique'

function weightOf(keyword: string, value: JsonValue): number {
  const weight = valueWeight(value)
  if (weight === undefined) throw new Refused(keyword, `its value nests deeper than ${MAX_VALUE_DEPTH}`)
  return weight
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
