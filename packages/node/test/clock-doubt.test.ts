import { describe, expect, it } from 'vitest'
import type { Agent, AgentEvent } from '../src/index.ts'
import { World } from './agents.ts'

const HOUR = 3_600_000

type ClockEvent = Extract<AgentEvent, { event: 'clock' }>

/** The next word about a clock, in virtual time. */
async function nextClockEvent(agent: Agent): Promise<ClockEvent> {
  for await (const event of agent.events({ follow: true })) if (event.event === 'clock') return event
  throw new Error('the events ended without a word about a clock')
}

describe('an agent and the clocks around it', () => {
  it('TIME-25: an idle agent tells of its own clock within 5 s of a jump, shows it in its status, and is content when it is back', async () => {
    const world = new World()
    const agent = await world.stand(1).start()
    const told = nextClockEvent(agent)
    await world.clock.pass(1_000)
    world.clock.stepWall(HOUR)
    const event = await world.clock.until(told, 5_000)
    expect(event).toMatchObject({ who: 'own', peer: null, cause: 'jump', offMs: HOUR, agrees: false })
    expect(event.seq).toBeGreaterThan(0)
    expect(agent.status().clock).toEqual({ cause: 'jump', offMs: HOUR })
    world.clock.stepWall(-HOUR)
    await world.clock.pass(5_000)
    expect(agent.status().clock).toBeNull()
    await world.end()
    expect(world.clock.armed).toBe(0)
  })

  it('TIME-28: a peer whose clock is an hour off is told of as soon as it is met, and shown among the peers', async () => {
    const world = new World()
    const agent = await world.stand(1).start()
    const told = nextClockEvent(agent)
    const late = world.stand(2)
    late.network.clockAheadMs = -HOUR
    const peer = await late.start()
    const event = await world.clock.until(told, 5_000)
    expect(event).toMatchObject({ who: 'peer', peer: peer.key, offMs: -HOUR, agrees: false })
    expect(agent.peers()).toMatchObject([{ key: peer.key, clockSkewMs: -HOUR }])
    expect(agent.status().clock).toBeNull()
    await world.end()
  })

  it('TIME-26: three peers that agree put the own clock in doubt within 5 s of the third', async () => {
    const world = new World()
    const stands = [2, 3, 4].map((number) => world.stand(number))
    for (const stand of stands) {
      stand.network.clockAheadMs = HOUR
      await stand.start()
    }
    const agent = await world.stand(1).start()
    await world.clock.pass(5_000)
    expect(agent.status().clock).toEqual({ cause: 'peers', offMs: -HOUR })
    await world.end()
  })
})
