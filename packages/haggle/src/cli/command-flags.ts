import type { AgentFlags, CommonFlags, NetworkFlags } from './flags.ts'
import type { AcceptanceChoice } from './values.ts'

export interface WorkFlags extends NetworkFlags {
  readonly witness: boolean
  readonly price: number
  readonly slots: number
  readonly drain: number
  readonly maxResult: number
  readonly cwd?: string
  readonly allow?: readonly string[]
  readonly stake?: number
  readonly panel?: number
  readonly minQuality?: number
}

export interface UpFlags extends NetworkFlags {
  readonly witness: boolean
  readonly drain: number
}

export interface DemoFlags extends CommonFlags {
  readonly without?: readonly string[]
}

/** Read by the simulator, so that every mistake has its code. */
export interface SimFlags extends CommonFlags {
  readonly seed?: string
  readonly seeds?: string
  readonly plan?: string
  readonly agents?: string
  readonly scenario?: string
  readonly mutant?: string
  readonly mutants?: true
  readonly jobs?: string
  readonly svg?: string
}

export interface HireFlags extends NetworkFlags {
  readonly input?: readonly string[]
  readonly out?: string
  readonly outDir?: string
  readonly jobs: number
  readonly deadline: number
  readonly wait: number
  readonly attempts: number
  readonly lease?: number
  readonly budget: number
  readonly stake?: number
  readonly mode: 'auction' | 'claim'
  readonly sealed?: true
  readonly bids?: number
  readonly ask?: number
  readonly key?: string
  readonly accept?: AcceptanceChoice
  readonly save?: string
  readonly panel?: number
  readonly minQuality?: number
}

export interface WhyFlags extends AgentFlags {
  readonly skill?: string
  readonly genesis?: string
}

export interface EvidenceFlags extends AgentFlags {
  readonly out?: string
}

export interface StatusFlags extends AgentFlags {
  readonly genesis?: string
}

export interface NetworkInitFlags extends CommonFlags {
  readonly network?: string
  readonly anchor?: readonly string[]
  readonly note?: string
  readonly out?: string
  readonly force?: true
}

export interface VerifyFlags extends CommonFlags {
  readonly payload?: string
}

export interface ResultFlags extends AgentFlags {
  readonly out?: string
}

export interface ContractsFlags extends AgentFlags {
  readonly all?: true
}

export interface EventsFlags extends AgentFlags {
  readonly follow?: true
}

export interface CheckFlags extends CommonFlags {
  readonly atRest?: true
  readonly slots?: number
}
