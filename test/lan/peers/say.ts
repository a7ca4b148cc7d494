import { setTimeout as pause } from 'node:timers/promises'
import type { Agent } from '@haggle/node'

const LOOK_MS = 50

/** One line for the test that started this script. */
export function say(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`)
}

/** Resolves when so many that witness have been heard of. */
export async function companyOf(agent: Agent, witnesses: number): Promise<void> {
  while (agent.peers().filter(({ witness }) => witness).length < witnesses) await pause(LOOK_MS)
}
