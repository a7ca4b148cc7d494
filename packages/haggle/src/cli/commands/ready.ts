import type { Agent } from '@haggle/node'
import { writeJson, type Session } from '../session.ts'

/** The first line of a process that stays: how others reach it. Tests and scripts wait for it. */
export async function writeReady(agent: Agent, skill: string | null, json: boolean, session: Session): Promise<void> {
  const addresses = agent.addresses()
  if (json) {
    const served = skill === null ? {} : { skill }
    await writeJson(session, { event: 'ready', peerId: agent.peerId, addresses, ...served })
    return
  }
  const doing = skill === null ? `runs as ${agent.name}` : `serves ${skill} as ${agent.name}`
  session.note(`haggle: ${doing} on network ${agent.network}`)
  session.note(`  peer    ${agent.peerId}`)
  for (const address of addresses) session.note(`  address ${address}`)
}
