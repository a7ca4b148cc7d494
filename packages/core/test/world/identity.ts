import { networkIdOf, payloadHashOf, protocolParams, type AgentKey } from '@haggle/protocol'

export const networkId = networkIdOf('world', protocolParams)

/** The key of the n-th agent of a cast. */
export function keyOf(cast: number, n: number): AgentKey {
  // Any 32 bytes serve as a key where nothing verifies signatures.
  return payloadHashOf(Uint8Array.of(n, cast)) as string as AgentKey
}

/** The character codes of an ASCII text. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
}

/** A pure stand-in for Ed25519: nobody makes a signature but through its own `sign`. */
export function fakeSign(key: AgentKey): (message: Uint8Array) => Uint8Array {
  return (message) => {
    const first = payloadHashOf(Uint8Array.of(...bytesOf(key), ...message))
    return Uint8Array.from((first + first).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  }
}
