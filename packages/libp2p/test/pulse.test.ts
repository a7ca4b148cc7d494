import { streamPair } from '@libp2p/utils'
import { expect, onTestFinished, test } from 'vitest'
import { helloBytes } from '../src/hello.ts'
import { channels, Link } from '../src/link.ts'
import { helloOf } from './support/agents.ts'

interface End {
  readonly link: Link
  readonly ready: Promise<void>
  /** Frames of the application, each given to whoever waits for one. */
  frame(): Promise<void>
}

/** Two links on one stream; `handle` is what the first does with a frame. */
async function joined(handle: () => void | Promise<void> = () => {}): Promise<readonly [End, End]> {
  const [one, other] = await streamPair()
  return [end(one, handle), end(other, () => {})]
}

function end(stream: ConstructorParameters<typeof Link>[0], handle: () => void | Promise<void>): End {
  const waiting: (() => void)[] = []
  let isReady = (): void => {}
  const ready = new Promise<void>((resolve) => (isReady = resolve))
  const link: Link = new Link(stream, {
    hello: () => ({ bytes: helloBytes(helloOf(), []), time: Date.now() }),
    greeted: () => true,
    ready: () => isReady(),
    peers: () => {},
    frame: () => {
      for (const wake of waiting.splice(0)) wake()
      return handle()
    },
    ended: () => {},
  })
  onTestFinished(() => link.cut(new Error('the test is over')))
  return { link, ready, frame: () => new Promise((resolve) => waiting.push(resolve)) }
}

/** A pulse and a frame of `other` are done with, and `one` waits for the next. */
async function heard(one: End, other: End): Promise<void> {
  const told = one.frame()
  other.link.send(channels.pulse, new Uint8Array())
  other.link.send(channels.app, new Uint8Array([1]))
  await told
  // A link that has read for a while lets others run before it waits again.
  await new Promise(setImmediate)
  await new Promise(setImmediate)
}

test('NET-30: a peer of which four looks in a row find nothing is silent, and any frame ends its silence', async () => {
  const [one, other] = await joined()
  await Promise.all([one.ready, other.ready])
  await heard(one, other)
  expect([1, 2, 3].map(() => one.link.isSilent())).toEqual([false, false, false])
  await heard(one, other)
  expect([1, 2, 3, 4].map(() => one.link.isSilent())).toEqual([false, false, false, true])
})

test('NET-30: a peer whose frame is not done with yet is not silent', async () => {
  let done = (): void => {}
  const [one, other] = await joined(() => new Promise<void>((resolve) => (done = resolve)))
  await Promise.all([one.ready, other.ready])
  const told = one.frame()
  other.link.send(channels.app, new Uint8Array([1]))
  await told
  expect([1, 2, 3, 4, 5].map(() => one.link.isSilent())).toEqual([false, false, false, false, false])
  done()
})
