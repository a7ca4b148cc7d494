const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g

/**
 * The first name that stands twice in one object of a JSON text, or undefined. `JSON.parse` keeps the last of two and
 * says nothing, so a reader who sees the first would believe another file than the one that was judged.
 * The text must be valid JSON.
 */
export function duplicateName(text: string): string | undefined {
  const open: (Set<string> | null)[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKENS)) {
    switch (token) {
      case '{':
        open.push(new Set())
        break
      case '[':
        open.push(null)
        break
      case '}':
      case ']':
        open.pop()
        break
      case ':': {
        const names = open.at(-1)
        const name = String(JSON.parse(last))
        if (names?.has(name) === true) return name
        names?.add(name)
        break
      }
      default:
        last = token
    }
  }
  return undefined
}
