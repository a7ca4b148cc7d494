/** What a record can hold as a short machine-readable reason: lower-case letters, digits, `.`, `_`, `/`, `-`, at most 64. */
export function codeText(text: string, fallback: string): string {
  const code = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._/-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64)
  return code === '' ? fallback : code
}

/**
 * What is said of an error in a record: its message, never its stack; what a schema objects to has one and is no `Error`. The engine
 * cuts it to what the record holds.
 */
export function noteText(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}
