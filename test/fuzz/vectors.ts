import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'

const hexRuns = z.array(z.tuple([z.string(), z.number()]))
const vectorSchema = z.object({
  wire: z.string().optional(),
  wireRuns: hexRuns.optional(),
  canonical: z.string().optional(),
  frame: z.string().optional(),
  frameRuns: hexRuns.optional(),
})

/** The bytes of the committed vectors, those in order first. */
export interface VectorBytes {
  readonly wires: readonly Uint8Array[]
  /** Wire forms of records that are in order. */
  readonly goodWires: readonly Uint8Array[]
  readonly canonicals: readonly Uint8Array[]
  readonly frames: readonly Uint8Array[]
}

let read: VectorBytes | undefined

export function vectorBytes(): VectorBytes {
  return (read ??= readAll())
}

function readAll(): VectorBytes {
  const good = vectorsIn('valid')
  const all = [...good, ...vectorsIn('invalid')]
  const wireOf = ({ wire, wireRuns }: z.infer<typeof vectorSchema>): Uint8Array[] => bytesOf(wire, wireRuns)
  return {
    wires: all.flatMap(wireOf),
    goodWires: good.flatMap(wireOf),
    canonicals: all.flatMap(({ canonical }) => bytesOf(canonical, undefined)),
    frames: all.flatMap(({ frame, frameRuns }) => bytesOf(frame, frameRuns)),
  }
}

function vectorsIn(kind: 'valid' | 'invalid'): z.infer<typeof vectorSchema>[] {
  const folder = new URL(`../vectors/${kind}/`, import.meta.url)
  return readdirSync(folder).map((name) => {
    const json: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
    return vectorSchema.parse(json)
  })
}

/** Long vectors are written as runs: some hexadecimal digits and how often they stand there. */
function bytesOf(hex: string | undefined, runs: z.infer<typeof hexRuns> | undefined): Uint8Array[] {
  const text = hex ?? runs?.map(([piece, times]) => piece.repeat(times)).join('')
  return text === undefined ? [] : [Uint8Array.from(Buffer.from(text, 'hex'))]
}
