import { resolve } from 'node:path'
import type { AgentFlags } from '../flags.ts'
import type { ResultFlags } from '../command-flags.ts'
import { onAgent, onStore } from '../on-agent.ts'
import type { ReadingRequest } from './carry-reading.ts'

/** Commands that look at an agent's contracts and events: asked of the running agent, or of its store. */
export async function runReading(request: ReadingRequest, flags: AgentFlags): Promise<number> {
  return onStore(flags, request)
}

export async function runResult(id: string, flags: ResultFlags): Promise<number> {
  return onStore(flags, { name: 'contract-result', id, out: outOf(flags) })
}

export async function runExport(id: string, flags: ResultFlags): Promise<number> {
  return onStore(flags, { name: 'contract-export', id, out: outOf(flags) })
}

/** Cancelling needs the other side, so the agent runs for it. */
export async function runCancel(id: string, flags: AgentFlags): Promise<number> {
  return onAgent({ ...flags, mdns: true }, { name: 'contract-cancel', id })
}

function outOf(flags: ResultFlags): string | null {
  return flags.out === undefined || flags.out === '-' ? null : resolve(flags.out)
}
