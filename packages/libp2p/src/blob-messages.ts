import { fromHex, toHex } from '@haggle/protocol'
import type { PayloadHash } from '@haggle/protocol'

export const BLOB_PROTOCOL = '/haggle/blob/1'

/** NET-23: 32 bytes of hash, 8 bytes of offset. */
export const REQUEST_BYTES = 40
/** NET-23: 1 byte of status, 8 bytes of whole size; numbers are big-endian. */
export const ANSWER_BYTES = 9

export const blobStatus = { held: 0, missing: 1, busy: 2, pastEnd: 3 } as const
export type BlobStatus = (typeof blobStatus)[keyof typeof blobStatus]

export function blobRequest(hash: PayloadHash, offset: number): Uint8Array {
  const bytes = new Uint8Array(REQUEST_BYTES)
  bytes.set(fromHex(hash))
  new DataView(bytes.buffer).setBigUint64(32, BigInt(offset))
  return bytes
}

export function readBlobRequest(bytes: Uint8Array): { readonly hash: PayloadHash; readonly offset: number } {
  const offset = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(32))
  // 32 bytes in hexadecimal are what a payload hash is; whether anybody holds it is another question.
  return { hash: toHex(bytes.subarray(0, 32)) as PayloadHash, offset }
}

export function blobAnswer(status: BlobStatus, size: number): Uint8Array {
  const bytes = new Uint8Array(ANSWER_BYTES)
  bytes[0] = status
  new DataView(bytes.buffer).setBigUint64(1, BigInt(size))
  return bytes
}

export function readBlobAnswer(bytes: Uint8Array): { readonly status: number; readonly size: number } {
  return {
    status: bytes[0] ?? blobStatus.missing,
    size: Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1)),
  }
}
