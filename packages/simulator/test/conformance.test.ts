import type { AgentKey } from '@haggle/protocol'
import { clockConformance } from '../../../test/conformance/clock.ts'
import { journalConformance } from '../../../test/conformance/journal.ts'
import { networkConformance } from '../../../test/conformance/network.ts'
import { signerConformance } from '../../../test/conformance/signer.ts'
import { stream } from '../src/random.ts'
import { hashOf } from '../src/trace.ts'
import { Disk } from '../src/world/disk.ts'
import { Ether } from '../src/world/ether.ts'
import { SimJournal } from '../src/world/journal.ts'
import { NodeClock, Oscillator } from '../src/world/node-clock.ts'
import { keyring } from '../src/world/signers.ts'
import { Time } from '../src/world/time.ts'
import { Weather, type Cut } from '../src/world/weather.ts'
import { Wire } from '../src/world/wire.ts'

const STEP_US = 5_000

clockConformance('a clock of a world', () => {
  const time = new Time()
  const clock = new NodeClock(time, new Oscillator(time, 20, 300), 7_000)
  return {
    clock,
    until: async (promise) => {
      const seen = { settled: false }
      const mark = (): void => {
        seen.settled = true
      }
      promise.then(mark, mark)
      while (!seen.settled) await time.pass(time.now + STEP_US)
      return promise
    },
  }
})

journalConformance('a journal of a world', () => {
  const time = new Time()
  const disk = new Disk(1)
  const test = { ended: false }
  const goOn = async (): Promise<void> => {
    while (!test.ended) await time.pass(time.now + STEP_US)
  }
  void goOn()
  const owner = { op: () => true, committed: () => {}, synced: () => {} }
  const open = async (): Promise<SimJournal> => new SimJournal(disk, time, owner, 300, stream(1n, 'disk'))
  return {
    open,
    reopened: async (journal) => {
      await journal.close()
      return open()
    },
    crashed: async () => {
      disk.loseTail('torn', stream(2n, 'tail'))
      return open()
    },
    end: async () => {
      test.ended = true
    },
  }
})

for (const kind of ['fake', 'ed25519'] as const) {
  const keys = keyring(1n, kind)
  signerConformance(`a ${kind} key of a world`, { signer: (seed) => keys.signer(hashOf(seed)), verify: keys.verify })
}

networkConformance('the wire of a world', () => {
  const time = new Time()
  const calm = { delayUs: 500, jitterUs: 300, lossPpm: 0, gossipLoss: 0, duplicate: 200, reorder: 200 }
  const weather = new Weather(1n, [], calm, [])
  const ether = new Ether(1n, time, weather, 10)
  const names: string[] = []
  const ends = new Set<number>()
  const cut: Cut = { breaks: true, cuts: (from, to) => ends.has(from) && ends.has(to) }
  weather.begin(cut)
  return {
    advance: () => time.pass(time.now + STEP_US),
    start: async (name, role, handlers) => {
      if (!names.includes(name)) names.push(name)
      const place = names.indexOf(name)
      if (role === 'end') ends.add(place)
      // Any 32 bytes are a key to this wire.
      const key = name.charCodeAt(0).toString(16).padStart(64, '0') as AgentKey
      const nothing = (): void => {}
      const network = new Wire(ether, {
        ...{ key, place, id: place, op: () => true, wallMs: () => 0, tamper: undefined },
        ...{ sent: nothing, received: nothing, parted: nothing, published: nothing, heard: nothing },
        broke: (error) => {
          throw error
        },
      })
      await network.start(handlers)
      return { network, key }
    },
  }
})
