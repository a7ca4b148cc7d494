import { createHash } from 'node:crypto'
import type { AgentKey } from '@haggle/protocol'
import { ed25519Verify } from '@haggle/node/pure'
import { Gate } from '../../../packages/node/src/gate.ts'
import { networkId } from '../../vectors/seal.ts'
import { mutated, type Material } from '../mutator.ts'
import { mustHold, type Target } from '../target.ts'
import { vectorBytes } from '../vectors.ts'

/** More than a peer can send: what is measured is what a record costs, and not what a quota spares. */
const quota = { burst: 1e12, perSecond: 1e9 }
// Any 32 bytes are a key to the gate.
const from = createHash('sha256').update('a hostile peer').digest('hex') as AgentKey
/** The encoded head of a signature. */
const SIGNATURE_HEAD = Buffer.from([0x58, 64])

/** What a gate answers: a record in order, or how it is refused. */
function admitting(verify: typeof ed25519Verify): (bytes: Uint8Array) => string {
  const gate = new Gate({ networkId, verify, quota })
  let now = 0
  return (bytes) => {
    now += 1
    const admission = gate.admit(from, bytes, null, now)
    mustHold(admission.kind === 'record' || admission.kind === 'violation', 'there is no bound here')
    return admission.kind === 'record' ? 'admitted' : admission.violation.code
  }
}

/** What is refused before its signature is looked at: a flood of it costs no more than this. */
export const gate: Target = {
  name: 'gate',
  about: 'malformed records at the gate, none of which costs a signature check',
  atLeast: 100_000,
  open() {
    const material: Material = { form: 'cbor', corpus: vectorBytes().wires }
    let isChecked = false
    const noted: typeof ed25519Verify = () => {
      isChecked = true
      return false
    }
    // What would have been checked is not malformed: another input takes its place.
    const probe = admitting(noted)
    const admit = admitting(noted)
    return {
      keepsState: false,
      input(random) {
        for (;;) {
          const bytes = mutated(material, random)
          isChecked = false
          probe(bytes)
          if (!isChecked) return bytes
        }
      },
      fuzz(bytes) {
        isChecked = false
        const said = admit(bytes)
        mustHold(!isChecked, 'a signature was checked that another run did not look at')
        return said
      },
    }
  },
}

/** What is in order but for its signature: each costs a check, and nothing more. */
export const signatures: Target = {
  name: 'signatures',
  about: 'well-formed records with a forged signature, each of which costs a check',
  atLeast: 10_000,
  open() {
    const corpus = vectorBytes().goodWires
    const admit = admitting(ed25519Verify)
    return {
      keepsState: false,
      input(random) {
        const bytes = Buffer.from(random.pick(corpus))
        const start = bytes.indexOf(SIGNATURE_HEAD) + SIGNATURE_HEAD.length
        // The last byte of R and of S stay: with them both remain canonical, so that nothing cheaper refuses them.
        const at = start + random.below(31) + (random.once(2) ? 32 : 0)
        bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255))
        return bytes
      },
      fuzz(bytes) {
        const said = admit(bytes)
        mustHold(said === 'record/signature', `a forged signature ended as ${said}`)
        return said
      },
    }
  },
}
