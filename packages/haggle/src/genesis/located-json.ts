/** A value of a JSON text, and the line on which it begins. */
export type Located = { readonly line: number } & (
  | { readonly kind: 'object'; readonly fields: readonly LocatedField[] }
  | { readonly kind: 'array'; readonly items: readonly Located[] }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'other'; readonly value: number | boolean | null }
)

/** A field of an object; one name may stand twice. */
export interface LocatedField {
  readonly name: string
  readonly line: number
  readonly value: Located
}

/** What is wrong with a text, and on which line. */
export class LineProblem extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** Files that people write are flat: a deeper one is no file of ours, and would use up the stack. */
const DEEPEST = 8
const BLANK = /[ \t\r\n]*/y
const TOKEN = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\]:,]/y

/**
 * Reads a JSON text so that a person can be told the line of whatever is wrong in it: `JSON.parse` forgets lines, says
 * differently in each version of Node what is amiss, and keeps the second of two fields of one name in silence. Throws `LineProblem`.
 */
export function locatedJson(text: string): Located {
  const reader = new Reader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

interface Token {
  readonly text: string
  readonly line: number
}

class Reader {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): Located {
    const token = this.#next()
    const { line } = token
    if (depth > DEEPEST) throw new LineProblem(line, `values stand in each other more than ${DEEPEST} deep`)
    if (token.text === '{') return { kind: 'object', line, fields: this.#list('}', () => this.#field(depth)) }
    if (token.text === '[') return { kind: 'array', line, items: this.#list(']', () => this.value(depth + 1)) }
    if (/^[}\]:,]$/.test(token.text)) throw new LineProblem(line, `${shown(token)} stands where a value is expected`)
    if (token.text.startsWith('"')) return { kind: 'text', line, value: stringOf(token) }
    // A token that is no string and no sign is a number or one of the three words.
    return { kind: 'other', line, value: JSON.parse(token.text) as number | boolean | null }
  }

  end(): void {
    this.#skipBlank()
    if (this.#at < this.#text.length) throw new LineProblem(this.#line, 'something stands after the end')
  }

  #field(depth: number): LocatedField {
    const token = this.#next()
    if (!token.text.startsWith('"'))
      throw new LineProblem(token.line, `${shown(token)} stands where the name of a field is expected`)
    this.#expect(':')
    return { name: stringOf(token), line: token.line, value: this.value(depth + 1) }
  }

  #list<T>(close: string, read: () => T): readonly T[] {
    const list: T[] = []
    if (this.#peek() === close) {
      this.#next()
      return list
    }
    for (;;) {
      list.push(read())
      const token = this.#next()
      if (token.text === close) return list
      if (token.text !== ',')
        throw new LineProblem(token.line, `${shown(token)} stands where "," or "${close}" is expected`)
    }
  }

  #expect(sign: string): void {
    const token = this.#next()
    if (token.text !== sign) throw new LineProblem(token.line, `${shown(token)} stands where "${sign}" is expected`)
  }

  #peek(): string {
    this.#skipBlank()
    return this.#text.charAt(this.#at)
  }

  #next(): Token {
    this.#skipBlank()
    TOKEN.lastIndex = this.#at
    const text = TOKEN.exec(this.#text)?.[0]
    if (text === undefined) {
      const over = this.#at >= this.#text.length
      throw new LineProblem(this.#line, over ? 'it ends too soon' : 'this is not JSON')
    }
    this.#at += text.length
    return { text, line: this.#line }
  }

  #skipBlank(): void {
    BLANK.lastIndex = this.#at
    const blank = BLANK.exec(this.#text)?.[0] ?? ''
    this.#at += blank.length
    this.#line += blank.split('\n').length - 1
  }
}

/** A sign as it is; a value may be long, and hold what no terminal should be sent. */
function shown({ text }: Token): string {
  return /^[{}[\]:,]$/.test(text) ? `"${text}"` : 'a value'
}

function stringOf({ text, line }: Token): string {
  try {
    return String(JSON.parse(text))
  } catch {
    throw new LineProblem(line, 'a text does not end on its line, or has something in it that JSON writes otherwise')
  }
}
