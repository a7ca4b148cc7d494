import { HaggleError } from '@haggle/protocol'
import { parseCall } from '../../../packages/haggle/src/cli/request.ts'
import { ControlDecoder, encodeControl } from '../../../packages/node/src/system/control-frame.ts'
import { jsonObject } from '../../../packages/node/src/system/json-object.ts'
import { joined, mutated, type Material } from '../mutator.ts'
import { mustHold, stateless, type Target } from '../target.ts'

const call = {
  request: { name: 'contract-show', id: 'abc' },
  json: true,
  debug: false,
  network: null,
  secret: '0123456789abcdef',
  session: { cwd: '/', tty: { stdin: false, stdout: false, stderr: false }, color: false },
}
const hire = {
  ...{ name: 'hire', skill: 'echo', input: { kind: 'text', text: 'x' }, out: null, save: '/tmp/x', deadlineMs: 1 },
  ...{ waitMs: 0, attempts: 3, leaseMs: null, budget: 1, stake: null, mode: 'auction', sealed: false, bidsMs: null },
  ...{ ask: null, key: 'k', accept: { kind: 'schema', text: '{}' } },
}

/** What a process says that connects to the control socket of an agent. */
export const control: Target = {
  name: 'control',
  about: 'frames of the control socket, in pieces, and the calls in them',
  open() {
    const one = encodeControl(call, undefined)
    const corpus = [
      one,
      encodeControl({ ...call, request: hire }, undefined),
      encodeControl({ kind: 'input' }, new Uint8Array(100).fill(0x61)),
      encodeControl({ kind: 'input' }, new Uint8Array()),
      joined(one, encodeControl({ kind: 'end' }, Uint8Array.of(1)), one),
    ]
    const materials: readonly Material[] = [
      { form: 'binary', corpus },
      { form: 'text', corpus },
    ]
    return stateless((random) => mutated(random.pick(materials), random), readPieces)
  },
}

/** The same bytes say the same whatever the pieces they come in. */
function readPieces(bytes: Uint8Array): string {
  const whole = messagesOf([bytes])
  const half = bytes.length >> 1
  const pieces = messagesOf([bytes.subarray(0, half), bytes.subarray(half, half + 1), bytes.subarray(half + 1)])
  if (whole === undefined || pieces === undefined) {
    mustHold(whole === pieces, 'bytes are refused whole and taken in pieces, or the other way round')
    return 'malformed'
  }
  mustHold(whole.text === pieces.text, 'bytes say something else when they come in pieces')
  return whole.said
}

function messagesOf(pieces: readonly Uint8Array[]): { readonly text: string; readonly said: string } | undefined {
  const decoder = new ControlDecoder()
  try {
    const messages = pieces.flatMap((piece) => decoder.push(piece))
    const calls = messages.filter(({ message }) => parseCall(message) !== undefined)
    return {
      text: JSON.stringify(messages.map(({ message, chunk }) => [message, chunk?.length ?? null])),
      said: calls.length > 0 ? 'calls' : messages.length > 0 ? 'messages' : 'nothing yet',
    }
  } catch (error) {
    if (error instanceof HaggleError && error.code === 'control/malformed') return undefined
    throw error
  }
}

/** Files in which a directory says who holds it and how it is set: JSON objects, or nothing. */
export const settings: Target = {
  name: 'settings',
  about: 'JSON files of an agent directory',
  open() {
    const corpus = ['{"pid":1,"started":"x","socket":"/tmp/s"}\n', '{"port":4001,"network":"haggle"}'].map((each) =>
      Uint8Array.from(Buffer.from(each)),
    )
    return stateless(
      (random) => mutated({ form: 'text', corpus }, random),
      (bytes) => {
        const object = jsonObject(Buffer.from(bytes).toString())
        if (object === undefined) return 'none'
        mustHold(Object.getPrototypeOf(object) === Object.prototype, 'a name in a file replaced the prototype')
        return 'object'
      },
    )
  },
}
