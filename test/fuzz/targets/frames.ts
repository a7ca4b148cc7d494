import { decodeFrame, encodeFrame } from '@haggle/protocol'
import { mutated, type Material } from '../mutator.ts'
import { mustHold, stateless, type Target } from '../target.ts'
import { vectorBytes } from '../vectors.ts'
import { equal } from './records.ts'

/** Up to this size a frame without records costs its sender one token (NET-41). */
const USUAL_BYTES = 2_048

/** Frames between two peers. */
export const frames: Target = {
  name: 'frames',
  about: 'frames of the direct stream, of all sizes; what passes is encoded again',
  open() {
    const materials = framesUpTo(Infinity)
    return stateless(
      (random) => mutated(random.pick(materials), random),
      (bytes) => {
        const decoded = decodeFrame(bytes)
        if (!decoded.ok) return decoded.violation.code
        mustHold(equal(encodeFrame(decoded.frame), bytes), 'a frame has another encoding than the one it came in')
        return decoded.frame.kind
      },
    )
  },
}

/** What a flood of malformed frames costs: frames of the usual size alone, none of which is in order. */
export const malformedFrames: Target = {
  name: 'malformed-frames',
  about: 'malformed frames of usual size',
  atLeast: 100_000,
  open() {
    const materials = framesUpTo(USUAL_BYTES)
    return stateless(
      (random) => {
        for (;;) {
          const bytes = mutated(random.pick(materials), random)
          if (bytes.length <= USUAL_BYTES && !decodeFrame(bytes).ok) return bytes
        }
      },
      (bytes) => {
        const decoded = decodeFrame(bytes)
        mustHold(!decoded.ok, 'a frame was refused and is in order')
        return decoded.violation.code
      },
    )
  },
}

/** Half of what is mutated begins in order, however many vectors of the other kind there are. */
function framesUpTo(most: number): readonly Material[] {
  const corpus = vectorBytes().frames.filter((bytes) => bytes.length <= most)
  return [
    { form: 'cbor', corpus },
    { form: 'cbor', corpus: corpus.filter((bytes) => decodeFrame(bytes).ok) },
  ]
}
