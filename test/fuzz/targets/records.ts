import {
  authenticate,
  decodeCanonical,
  decodeWire,
  encodeWire,
  recordView,
  restoreRecord,
  sha256Of,
  type HaggleRecord,
} from '@haggle/protocol'
import { networkId } from '../../vectors/seal.ts'
import { mutated, type Material } from '../mutator.ts'
import { mustHold, stateless, type Target } from '../target.ts'
import { vectorBytes } from '../vectors.ts'

/** Records in the form in which they travel. */
export const records: Target = {
  name: 'records',
  about: 'the wire form of records; what passes is encoded, shown and stored again',
  open() {
    const material: Material = { form: 'cbor', corpus: vectorBytes().wires }
    return stateless(
      (random) => mutated(material, random),
      (bytes) => {
        const decoded = decodeWire(bytes, networkId)
        if (!decoded.ok) return decoded.violation.code
        const { claimed } = decoded.unverified
        mustHold(equal(encodeWire(claimed), bytes), 'a record has another wire form than the one it came in')
        holdsTogether(claimed)
        const restored = restoreRecord(bytes, networkId, sha256Of)
        mustHold(restored?.id === claimed.id, 'a record that is read from its own log is another one')
        return authentic(claimed)
      },
    )
  },
}

/** Records in the form that is signed. */
export const canonicals: Target = {
  name: 'canonical-records',
  about: 'the canonical form of records, as files keep it',
  open() {
    const { canonicals: corpus } = vectorBytes()
    const signature = new Uint8Array(64).fill(7)
    return stateless(
      (random) => mutated({ form: 'cbor', corpus }, random),
      (bytes) => {
        const decoded = decodeCanonical(bytes, signature, networkId)
        if (!decoded.ok) return decoded.violation.code
        const { claimed } = decoded.unverified
        mustHold(equal(claimed.bytes, bytes), 'a record has other bytes than those it came in')
        holdsTogether(claimed)
        return authentic(claimed)
      },
    )
  },
}

/** Both forms say the same, and both can be shown to a person. */
function holdsTogether(claimed: HaggleRecord): void {
  JSON.stringify(recordView(claimed))
  const again = decodeCanonical(claimed.bytes, claimed.signature, networkId)
  mustHold(again.ok && again.unverified.claimed.id === claimed.id, 'the two forms of a record are two records')
}

/** Every signature is refused here, so that only the check before it is looked at. */
function authentic(claimed: HaggleRecord): string {
  const answer = authenticate({ claimed }, () => false)
  mustHold(!answer.ok, 'a record is authentic although its signature was refused')
  return answer.violation.note
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
