import { isLoopback, type MetricsAddress } from '../values.ts'
import type { RunningAgent } from '../running-agent.ts'
import { writeJson, type Session } from '../session.ts'

/** The first line of a process that stays: how others reach it. Tests and scripts wait for it. */
export async function writeReady(
  { agent, metrics }: RunningAgent,
  skill: string | null,
  flags: { readonly json?: true; readonly metrics?: MetricsAddress },
  session: Session,
): Promise<void> {
  const addresses = agent.addresses()
  if (flags.json === true) {
    const served = skill === null ? {} : { skill }
    const watched = metrics === null ? {} : { metrics }
    await writeJson(session, { event: 'ready', peerId: agent.peerId, addresses, ...served, ...watched })
  } else {
    const doing = skill === null ? `runs as ${agent.name}` : `serves ${skill} as ${agent.name}`
    session.note(`haggle: ${doing} on network ${agent.network}`)
    session.note(`  peer    ${agent.peerId}`)
    for (const address of addresses) session.note(`  address ${address}`)
    if (metrics !== null) session.note(`  metrics ${metrics}`)
  }
  if (flags.metrics !== undefined && !isLoopback(flags.metrics.host)) {
    session.note(
      `haggle: whoever reaches ${metrics} reads what this agent does and with whom; --metrics ${flags.metrics.port} keeps it on this machine.`,
    )
  }
}
