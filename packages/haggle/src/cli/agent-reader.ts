import type { Agent } from '@haggle/node'

/** What can be asked of an agent that runs as well as of the store of one that does not. */
export type AgentReader = Pick<
  Agent,
  | 'name'
  | 'peerId'
  | 'network'
  | 'contracts'
  | 'contract'
  | 'tasks'
  | 'result'
  | 'sealed'
  | 'taskRecords'
  | 'archived'
  | 'tax'
  | 'events'
  | 'why'
  | 'evidence'
>
