import type { JsonValue } from '@haggle/protocol'

/** A JSON object whose fields nobody has looked at yet. */
export type JsonObject = { readonly [key: string]: JsonValue }

/** The JSON object of a text, or undefined when it is none. */
export function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    // JSON.parse returns nothing but JSON values, and this one is an object.
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
