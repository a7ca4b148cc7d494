import { resolve } from 'node:path'
import type { EvidenceFlags, WhyFlags } from '../command-flags.ts'
import type { AgentFlags, NetworkFlags } from '../flags.ts'
import { onAgent, onStore } from '../on-agent.ts'

/** Commands about evidence: asked of the running agent, or of its store. */
export async function runWhy(peer: string, flags: WhyFlags): Promise<number> {
  return onStore(flags, { name: 'why', peer, skill: flags.skill ?? null })
}

export async function runEvidenceList(flags: AgentFlags): Promise<number> {
  return onStore(flags, { name: 'evidence-list' })
}

export async function runEvidenceExport(flags: EvidenceFlags): Promise<number> {
  const { out } = flags
  return onStore(flags, { name: 'evidence-export', out: out === undefined || out === '-' ? null : resolve(out) })
}

/** What is taken in spreads from here, so the agent runs for it. */
export async function runEvidenceImport(file: string, flags: NetworkFlags): Promise<number> {
  return onAgent(flags, { name: 'evidence-import', path: file === '-' ? null : resolve(file) })
}
