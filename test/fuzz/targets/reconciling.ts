import {
  bounds,
  createRecord,
  decodeFrame,
  encodeFrame,
  limits,
  schemas,
  type ReconcileFrame,
  type RecordId,
} from '@haggle/protocol'
import { EvidenceSet, Reconciliation, type ReconcileStep } from '@haggle/core'
import { bodyOf } from '../../vectors/make.ts'
import { networkId, worker } from '../../vectors/seal.ts'
import { mutated, type Material } from '../mutator.ts'
import type { Random } from '../random.ts'
import { mustHold, type Run, type Target } from '../target.ts'
import { vectorBytes } from '../vectors.ts'

/** Records that the two honest sides of the corpus hold. */
const HELD = 400
const HOUR_MS = 3_600_000

/** One side of a session about evidence, which hears whatever there is. */
export const reconciling: Target = {
  name: 'reconciling',
  about: 'messages that compare evidence, in their turn as often as not; what is said to them fits a frame',
  open() {
    const set = holding(HELD)
    const honest = conversation()
    const material: Material = { form: 'cbor', corpus: [...honest.map(encodeFrame), ...vectorBytes().frames] }
    let machine = new Reconciliation(set, 1, saltOf(1))
    let step = 0
    const input: Run['input'] = (random) =>
      random.once(3) ? mutated(material, random) : encodeFrame(spoiled(random.pick(honest), random))
    /** Inputs are made ahead, so that what is of the right session is put in its turn here. */
    const inTurn = (frame: ReconcileFrame): ReconcileFrame => {
      if (step > 0) return { ...frame, step, begin: null }
      const begin = frame.begin ?? { salt: saltOf(2), digest: new Uint8Array(32) }
      return { ...frame, step, begin, ranges: [], offer: [], want: [] }
    }
    const fuzz = (bytes: Uint8Array): string => {
      const decoded = decodeFrame(bytes)
      if (!decoded.ok) return decoded.violation.code
      if (decoded.frame.kind !== 'reconcile') return decoded.frame.kind
      const answer = machine.receive(decoded.frame.session === 1 ? inTurn(decoded.frame) : decoded.frame)
      mustFit(answer)
      if (machine.end !== null) {
        machine = new Reconciliation(set, 1, saltOf(1))
        step = 0
        return answer.violation?.code ?? `ended ${answer.end}`
      }
      if (answer.reply === null) return 'out of turn'
      step = answer.reply.step + 1
      return 'answered'
    }
    return { keepsState: true, input, fuzz }
  },
}

/** What an honest side once said, with a few of its ranges left out, put elsewhere, or made to say something else. */
function spoiled(frame: ReconcileFrame, random: Random): ReconcileFrame {
  const ranges = [...frame.ranges]
  const ids = [...frame.ranges.flatMap((range) => range.ids ?? []), ...frame.offer, ...frame.want]
  const some = (): RecordId[] => ids.filter(() => random.below(3) === 0)
  for (let changes = random.below(4); changes > 0 && ranges.length > 0; changes -= 1) {
    const at = random.below(ranges.length)
    const range = random.pick(ranges)
    const spoils = [
      () => ranges.splice(at, 1 + random.below(ranges.length)),
      () => ranges.splice(at, 0, range),
      () => ranges.splice(at, 1, { ...range, print: random.bytes(16), ids: null }),
      () => ranges.splice(at, 1, { ...range, print: null, ids: some() }),
      () => ranges.splice(at, 1, { ...range, epoch: random.below(2 ** 32) }),
      () => ranges.splice(at, 1, { ...range, prefix: random.bytes(random.below(33)) }),
    ]
    random.pick(spoils)()
  }
  return { ...frame, ranges, offer: some(), want: some() }
}

function mustFit({ reply, want, give }: ReconcileStep): void {
  mustHold(want.length <= limits.frameIds, 'more is wanted than a frame names')
  mustHold(give.length <= bounds.reconcileGives, 'more is handed over than a session may')
  mustHold(reply === null || encodeFrame(reply).length <= limits.frameBytes, 'an answer does not fit a frame')
  mustHold(reply === null || reply.step < bounds.reconcileSteps + 2, 'a session goes on for too long')
}

/** Every message of one session between two honest sides. */
function conversation(): readonly ReconcileFrame[] {
  const sides = [
    new Reconciliation(holding(HELD + 20), 1, saltOf(3)),
    new Reconciliation(holding(HELD), 1, saltOf(4)),
  ] as const
  const said: ReconcileFrame[] = []
  let frame: ReconcileFrame | null = sides[0].open()
  for (let turn = 1; frame !== null; turn = 1 - turn) {
    said.push(frame)
    frame = (turn === 1 ? sides[1] : sides[0]).receive(frame).reply
  }
  return said
}

/** A set of so many awards, no two at one moment. */
function holding(count: number): EvidenceSet {
  const set = new EvidenceSet({ isRelevant: () => true, heldUntil: () => 0, quotaOf: () => bounds.evidence })
  const award = schemas.award.decode(bodyOf('award', 'least'), 'award')
  const origin = { networkId, author: worker.key, sign: worker.sign }
  for (let n = 0; n < count; n += 1) {
    const { answer } = set.admit(createRecord('award', { ...award, at: n * HOUR_MS }, origin), count)
    mustHold(answer === 'taken', `an award is ${answer}`)
  }
  return set
}

function saltOf(byte: number): Uint8Array {
  return new Uint8Array(16).fill(byte)
}
