/** Bytes of the length before each row. */
const LENGTH_BYTES = 4

/** Rows that were written together, as one value of the database: a key and a checksum for all of them. */
export function pageOf(rows: readonly Uint8Array[]): Uint8Array {
  const page = new Uint8Array(rows.reduce((sum, row) => sum + LENGTH_BYTES + row.length, 0))
  const view = new DataView(page.buffer)
  let at = 0
  for (const row of rows) {
    view.setUint32(at, row.length)
    page.set(row, at + LENGTH_BYTES)
    at += LENGTH_BYTES + row.length
  }
  return page
}

/** The rows of a page, or undefined when the bytes are none. */
export function rowsOf(page: Uint8Array): readonly Uint8Array[] | undefined {
  const view = new DataView(page.buffer, page.byteOffset, page.length)
  const rows: Uint8Array[] = []
  let at = 0
  while (at < page.length) {
    if (at + LENGTH_BYTES > page.length) return undefined
    const end = at + LENGTH_BYTES + view.getUint32(at)
    if (end > page.length) return undefined
    rows.push(page.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  return rows
}
