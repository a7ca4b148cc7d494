/** One item of CBOR within some bytes: its head, and where it ends. */
export interface CborItem {
  readonly start: number
  readonly headEnd: number
  readonly end: number
}

/** Items looked at in one input, which bounds what a lying length can cost the mutator. */
const MOST_ITEMS = 512
const MOST_DEPTH = 32

/** The items of bytes that are CBOR as far as anybody can tell; where they stop to be, the list ends. */
export function itemsOf(bytes: Uint8Array): readonly CborItem[] {
  const items: CborItem[] = []
  walk(bytes, 0, items, 0)
  return items
}

/** Reads one item and what is in it; undefined when it does not end within the bytes. */
function walk(bytes: Uint8Array, start: number, items: CborItem[], depth: number): number | undefined {
  const first = bytes[start]
  if (first === undefined || items.length >= MOST_ITEMS || depth > MOST_DEPTH) return undefined
  const info = first & 31
  const size = info < 24 ? 0 : info > 27 ? undefined : 2 ** (info - 24)
  if (size === undefined) return undefined
  let value = info
  if (size > 0) {
    value = 0
    for (let at = 1; at <= size; at += 1) value = value * 256 + (bytes[start + at] ?? 0)
  }
  const headEnd = start + 1 + size
  const place = items.push({ start, headEnd, end: headEnd }) - 1
  const end = endOf(bytes, first >>> 5, { headEnd, value }, items, depth)
  if (end === undefined || end > bytes.length) return undefined
  items[place] = { start, headEnd, end }
  return end
}

function endOf(
  bytes: Uint8Array,
  major: number,
  { headEnd, value }: { readonly headEnd: number; readonly value: number },
  items: CborItem[],
  depth: number,
): number | undefined {
  if (major === 2 || major === 3) return headEnd + value
  if (major !== 4 && major !== 5) return headEnd
  let at: number | undefined = headEnd
  for (let left = major === 4 ? value : 2 * value; left > 0 && at !== undefined; left -= 1) {
    at = walk(bytes, at, items, depth + 1)
  }
  return at
}
