import { expect, test } from 'vitest'
import { hearing } from '../../../test/conformance/hearing.ts'
import { agent, met, networkOf, pair } from './support/agents.ts'

const { handlers } = hearing()

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /TCPSocketWrap|TCPServerWrap|UDPWRAP/.test(kind)).length

/** Handles leave the event loop a few turns after they are closed; only that ends this. */
async function socketsBack(to: number): Promise<void> {
  while (sockets() > to) await new Promise((resolve) => setImmediate(resolve))
}

test('NET-02: a port that is taken is a coded error, and leaves nothing open', async () => {
  const ada = await agent('ada')
  const before = sockets()
  const taken = ada.address.split('/p2p/')[0] ?? ''
  await expect(networkOf('eve', { listen: [taken] }).start(handlers)).rejects.toMatchObject({
    code: 'net/listen-failed',
  })
  await socketsBack(before)
})

test('NET-02: a start that is given up leaves nothing open', async () => {
  const before = sockets()
  const abort = new AbortController()
  const net = networkOf('eve')
  const started = net.start(handlers, abort.signal)
  abort.abort(new Error('given up'))
  await expect(started).rejects.toThrow('given up')
  await socketsBack(before)
})

test.each([{ listen: ['127.0.0.1:4001'] }, { bootstrap: ['somewhere'] }])(
  'NET-02: %j is a bad address',
  async (over) => {
    await expect(networkOf('eve', over).start(handlers)).rejects.toMatchObject({ code: 'net/bad-address' })
  },
)

test('NET-03: a dial of what is no address is a coded error', async () => {
  const ada = await agent('ada')
  await expect(ada.net.dial('nowhere')).rejects.toMatchObject({ code: 'net/bad-address' })
})

test('NET-03: an address under which another agent answers is not taken for the one that was asked for', async () => {
  const [ada, bob, cyd] = await Promise.all([agent('ada'), agent('bob'), agent('cyd')])
  const wrong = `${bob.address.split('/p2p/')[0] ?? ''}/p2p/${cyd.address.split('/p2p/')[1] ?? ''}`
  await expect(ada.net.dial(wrong)).rejects.toMatchObject({ code: 'net/dial-failed' })
  expect(ada.net.peers()).toEqual([])
})

test('NET-07: a handler that throws stops the network', async () => {
  const [ada, bob] = await pair(
    {},
    {
      frame: () => {
        throw new Error('a bug')
      },
    },
  )
  ada.net.send(bob.key, Uint8Array.of(1))
  await ada.until(() => ada.seen.downs.length === 1)
  expect(() => bob.net.subscribe('haggle/1/lab/adverts')).toThrow(expect.objectContaining({ code: 'net/stopped' }))
})

test('NET-24: a network that does not run refuses with a code', async () => {
  const net = networkOf('eve')
  expect(() => net.subscribe('x')).toThrow(expect.objectContaining({ code: 'net/stopped' }))
  await expect(net.publish('x', new Uint8Array())).rejects.toMatchObject({ code: 'net/stopped' })
  expect(net.addresses()).toEqual([])
  await net.stop()
  await expect(net.start(handlers)).rejects.toMatchObject({ code: 'net/stopped' })
})

test('NET-24: a stop ends within two seconds, and leaves no socket, also in the middle of traffic', async () => {
  const before = sockets()
  const [ada, bob] = await pair()
  const cyd = await agent('cyd', { bootstrap: [ada.address, bob.address] })
  await Promise.all([met(cyd, ada), met(cyd, bob)])
  for (let n = 0; n < 40; n += 1) ada.net.send(bob.key, new Uint8Array(65_536))
  const waiting = ada.net.listening('never', 1).catch((error: unknown) => error)
  const began = performance.now()
  await Promise.all([ada.net.stop(), bob.net.stop(), cyd.net.stop()])
  expect(performance.now() - began).toBeLessThan(2_000)
  await expect(waiting).resolves.toMatchObject({ code: 'net/stopped' })
  await socketsBack(before)
  expect([ada.net.peers(), ada.net.addresses()]).toEqual([[], []])
})
