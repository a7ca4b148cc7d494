import type { Command, Input } from '@haggle/core'
import { networkIdOf, protocolParams } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import { play } from '../../../test/check/support/played.ts'
import { flightRecorder, replayFlight, type FlightRecorder, type FlightSink, type Replayed } from '../src/index.ts'
import { ed25519Signer } from '../src/pure/ed25519.ts'

/** Segments in memory, each as its lines; a new one begins after so many. */
class Segments implements FlightSink {
  readonly all: string[][] = []
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get isFull(): boolean {
    return (this.all.at(-1)?.length ?? 0) > this.#most
  }

  begin(lines: readonly string[]): boolean {
    this.all.push([...lines])
    return true
  }

  add(line: string): boolean {
    this.all.at(-1)?.push(line)
    return true
  }

  close(): void {}
}

/** Every flight of every agent of a world, in which some crash and come back. */
async function recorded(seed: number, most: number): Promise<readonly Segments[]> {
  const flights: { readonly sink: Segments; readonly recorder: FlightRecorder }[] = []
  await play(seed, (identity) => {
    const sink = new Segments(most)
    const recorder = flightRecorder(sink)
    flights.push({ sink, recorder })
    return recorder.createEngine(identity)
  })
  for (const { recorder } of flights) recorder.close()
  return flights.map(({ sink }) => sink)
}

const replay = (lines: readonly string[]): Promise<Replayed> => replayFlight(asyncOf(lines))

async function* asyncOf(lines: readonly string[]): AsyncIterable<string> {
  yield* lines
}

const firstState = (lines: readonly string[]): unknown => (JSON.parse(lines[0] ?? '{}') as { state?: unknown }).state
const lastState = (lines: readonly string[]): unknown => (JSON.parse(lines.at(-1) ?? '{}') as { state?: unknown }).state

describe('a flight record', () => {
  it('is replayed to the same state, from any of its segments, restarts included', async () => {
    let inputs = 0
    for (const seed of [1, 2, 3]) {
      const flights = await recorded(seed, 60)
      expect(flights.length).toBeGreaterThan(5)
      for (const { all } of flights) {
        for (const lines of all) {
          const replayed = await replay(lines)
          expect(replayed).toEqual(expect.objectContaining({ differsAt: null, note: '', state: lastState(lines) }))
          inputs += replayed.inputs
        }
      }
    }
    expect(inputs).toBeGreaterThan(3_000)
  })

  it('ends each segment in the state in which the next one begins', async () => {
    const flights = await recorded(4, 60)
    const borders = flights.flatMap(({ all }) => all.slice(1).map((lines, index) => [all[index] ?? [], lines] as const))
    expect(borders.length).toBeGreaterThan(10)
    expect(borders.map(([, next]) => firstState(next))).toEqual(borders.map(([before]) => lastState(before)))
  })

  it('shows the first input after which something is not the same', async () => {
    const [flight] = await recorded(5, 1_000)
    const lines = flight?.all[0] ?? []
    const at = lines.findIndex((line) => line.includes('"kind":"offer"'))
    const changed = lines.toSpliced(at, 1, (lines[at] ?? '').replace(/"maxBids":\d+/, '"maxBids":1'))
    expect(changed[at]).not.toBe(lines[at])
    // Two lines stand before the first input.
    expect(await replay(changed)).toMatchObject({ differsAt: at - 1 })
  })

  it('counts a last line that was cut off for nothing, and refuses any other', async () => {
    const [flight] = await recorded(6, 1_000)
    const lines = flight?.all[0] ?? []
    const torn = [...lines.slice(0, 20), (lines[20] ?? '').slice(0, 30)]
    expect(await replay(torn)).toMatchObject({ inputs: 18, differsAt: null })
    await expect(replay([...torn, ...lines.slice(21)])).rejects.toMatchObject({ code: 'flight/unreadable' })
    await expect(replay(['{"flight":2}'])).rejects.toMatchObject({ code: 'flight/unreadable' })
    await expect(replay([])).rejects.toMatchObject({ code: 'flight/unreadable' })
  })

  it('holds whom the agent trusts, whose numbers depend on it', async () => {
    const sink = new Segments(10)
    const signer = ed25519Signer(new Uint8Array(32).fill(1))
    const anchors = [ed25519Signer(new Uint8Array(32).fill(2)).key]
    const networkId = networkIdOf('haggle', protocolParams)
    const recorder = flightRecorder(sink)
    recorder
      .createEngine({ self: signer.key, networkId, anchors, sign: (message) => signer.sign(message) })
      .handle({ kind: 'started', now: { wall: 1_800_000_000_000, mono: 0 } })
    recorder.close()
    const [[head = '', ...rest] = []] = sink.all
    expect(JSON.parse(head)).toMatchObject({ anchors })
    expect(await replay([head, ...rest])).toMatchObject({ differsAt: null })
    const spoilt = head.replace(JSON.stringify(anchors), '["x"]')
    await expect(replay([spoilt, ...rest])).rejects.toMatchObject({ code: 'flight/unreadable' })
  })

  it('holds the input that broke the engine, and shows that it breaks it again', async () => {
    const sink = new Segments(10)
    const signer = ed25519Signer(new Uint8Array(32).fill(1))
    const networkId = networkIdOf('haggle', protocolParams)
    const recorder = flightRecorder(sink)
    const engine = recorder.createEngine({ self: signer.key, networkId, sign: (message) => signer.sign(message) })
    const now = { wall: 1_800_000_000_000, mono: 0 }
    engine.handle({ kind: 'started', now })
    // A command that no application of ours can give: what breaks an engine is a bug.
    const broken = JSON.parse('{ "kind": "offer" }') as Command
    const command: Input = { kind: 'command', now, command: broken, entropy: new Uint8Array(64) }
    expect(() => engine.handle(command)).toThrow(TypeError)
    recorder.close()
    const [lines = []] = sink.all
    expect(await replay(lines)).toMatchObject({
      inputs: 2,
      differsAt: null,
      note: expect.stringContaining('the engine broke, as it did then'),
    })
  })
})
