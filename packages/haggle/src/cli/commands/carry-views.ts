import type { Agent } from '@haggle/node'
import type { JsonValue } from '@haggle/protocol'
import { showOff } from '../../view/clock-text.ts'
import { creditsText, creditsView } from '../../view/credits-view.ts'
import { printable } from '../../view/event-view.ts'
import { exitCode } from '../exit-code.ts'
import { writeJson, type Session } from '../session.ts'

/** A peer's clock that is further from ours than this is worth a word: twice the ε of `lan`. */
const CLOCK_MS = 1_000

/** Peers of a running agent, those with the best record first. */
export async function carryPeers(agent: Agent, json: boolean, session: Session): Promise<number> {
  const peers = agent.peers().toSorted((a, b) => b.quality - a.quality || a.peerId.localeCompare(b.peerId))
  for (const peer of peers) {
    const { peerId, addresses, clockSkewMs, rttMs, skills, witness, settled, faults, quality } = peer
    if (json) {
      const known = { peer: peerId, addresses, clockSkewMs, rttMs, skills, witness }
      await writeJson(session, { ...known, settled, faults, quality })
    } else {
      const record = `${settled} settled, ${faults} faults, quality ${quality}`
      const clock = Math.abs(clockSkewMs) > CLOCK_MS ? `clock ${showOff(clockSkewMs)} ours  ` : ''
      const does = [...skills.map(printable), ...(witness ? ['(witness)'] : [])].join(', ')
      await session.write(`${peerId}  ${record}  ${clock}${does}\n`)
    }
  }
  if (peers.length === 0 && !json) session.note(`haggle: no other agent on network ${agent.network}.`)
  return exitCode.ok
}

/** What live adverts of others offer, cheapest first. */
export async function carrySkills(agent: Agent, json: boolean, session: Session): Promise<number> {
  const dearest = Number.MAX_SAFE_INTEGER
  const rows = agent
    .skills()
    .toSorted((a, b) => a.skill.localeCompare(b.skill) || (a.price ?? dearest) - (b.price ?? dearest))
  for (const { skill, version, note, price, peerId, slots, free, quality } of rows) {
    if (json) {
      const shown = price === null ? null : creditsView(price)
      await writeJson(session, { skill, version, note, price: shown, peer: peerId, slots, free, quality })
    } else {
      const asks = price === null ? 'price on request' : creditsText(price)
      await session.write(
        `${skill.padEnd(20)} ${asks.padEnd(16)} ${free}/${slots} free  quality ${quality}  ${peerId}\n`,
      )
    }
  }
  if (rows.length === 0 && !json) session.note(`haggle: nobody offers a skill on network ${agent.network}.`)
  return exitCode.ok
}

/** What an agent is and does now. */
export function statusJson(agent: Agent): { readonly [field: string]: JsonValue } {
  const { startedAt, addresses, serving, clock, reputation, evidence, ...rest } = agent.status()
  const { capacity, quality, debt, exposure } = reputation
  return {
    ...rest,
    reputation: {
      ...{ quality, capacity: creditsView(capacity) },
      ...{ debt: creditsView(debt), exposure: creditsView(exposure) },
    },
    evidence: { ...evidence },
    running: true,
    addresses: [...addresses],
    serving: [...serving],
    clock: clock === null ? null : { cause: clock.cause, offMs: clock.offMs },
    startedAt: new Date(startedAt).toISOString(),
  }
}
