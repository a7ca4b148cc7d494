import { HaggleError, recordText } from '@haggle/protocol'
import type { ContractView, EngineEvent, TaskView } from '@haggle/core'
import type { HireErrorCode } from './hire-types.ts'
import type { JobState } from './agent-types.ts'

export type ExpiryCause = Extract<EngineEvent, { readonly event: 'expired' }>['cause']

/** How far a task of ours is. `cause` is what its `expired` event said, `met` how many peers were ever met. */
export function jobState(
  task: TaskView,
  contracts: readonly ContractView[],
  cause: ExpiryCause | undefined,
  met: number,
): JobState {
  const settled = contracts.find((each) => each.outcome?.end === 'settled')
  if (settled !== undefined) return { kind: 'settled', contract: settled.contract }
  const last = contracts.at(-1)
  if (task.closedAs === null) {
    const runs = last !== undefined && last.outcome === null && last.opened
    return runs ? { kind: 'running', contract: last.contract } : { kind: 'open' }
  }
  return { kind: 'ended', code: endCode(task, last, cause, met), contract: last?.contract ?? null }
}

function endCode(
  task: TaskView,
  last: ContractView | undefined,
  cause: ExpiryCause | undefined,
  met: number,
): HireErrorCode {
  if (task.closedAs === 'withdrawn') return 'hire/cancelled'
  if (task.closedAs === 'overtaken') return 'hire/overtaken'
  if (last !== undefined) return codeOfEnd(task, last)
  if (cause === 'too-dear') return 'hire/too-dear'
  return met === 0 ? 'hire/no-peers' : 'hire/no-bids'
}

/** The last contract names the end: what came before it was tried again. */
function codeOfEnd(task: TaskView, last: ContractView): HireErrorCode {
  const rest: HireErrorCode = task.closedAs === 'exhausted' ? 'hire/attempts' : 'hire/deadline'
  const { outcome } = last
  switch (outcome?.end) {
    case 'failed':
      return 'hire/task-failed'
    case 'split':
      return 'hire/rejected'
    case 'breached':
      return outcome.fault === 'BAD' || outcome.fault === 'CONCEDE' ? 'hire/rejected' : rest
    case 'cancelled':
      return 'hire/cancelled'
    case 'undecided':
    case 'void':
      return 'hire/undecided'
    case 'settled':
    case 'declined':
    case 'lapsed':
    case 'withdrawn':
    case undefined:
      return rest
  }
}

const words: Readonly<Record<HireErrorCode, Words>> = {
  'hire/no-bids': {
    says: 'nobody bid',
    next: 'Look at `haggle skills` for who offers the skill, raise the budget, or wait longer.',
  },
  'hire/too-dear': {
    says: 'every price is above the budget',
    next: 'Raise the budget: `haggle skills` shows what is asked.',
  },
  'hire/no-peers': {
    says: 'no other agent was met',
    next: 'Start a worker on this network, name one with --peer, or run `haggle peers` to see who is there.',
  },
  'hire/deadline': {
    says: 'the deadline passed',
    next: 'Give it a longer deadline; `haggle contract show` says how far it came.',
  },
  'hire/attempts': {
    says: 'every attempt ended without a result',
    next: 'Look at `haggle contract show` for how the attempts ended; allow more attempts, or other workers.',
  },
  'hire/rejected': {
    says: 'the result was rejected',
    next: 'Look at the rejection in the task file; ask again with clearer terms.',
  },
  'hire/task-failed': {
    says: 'the task itself failed',
    next: 'Mend the input: the worker did its work and this was the outcome.',
  },
  'hire/cancelled': {
    says: 'the task was cancelled',
    next: 'Nothing to do; hire again under another key if it is still wanted.',
  },
  'hire/overtaken': {
    says: 'another process has gone on with it under the same key, so nothing more is signed here',
    next: 'This directory is a copy, or was restored from a backup: use the other one, and make a new agent here with --as NAME.',
  },
  'hire/undecided': {
    says: 'the contract ended undecided',
    next: 'Nobody is at fault and nothing was settled: hire again, with a longer lease if the worker fell silent.',
  },
}

interface Words {
  readonly says: string
  readonly next: string
}

/** Whoever bids and is given nothing was not trusted with it: that is another matter than silence. */
function wordsFor(code: HireErrorCode, { bids }: TaskView): Words {
  if (code !== 'hire/no-bids' || bids === 0) return words[code]
  return {
    says: 'nobody who bid is trusted with it',
    next: 'Run `haggle why PEER` to see what is proven of them; ask for a smaller --stake or --min-quality, or wait for others.',
  }
}

/** How the task itself failed, as the codes of `haggle work` say it; a handler's own code speaks for itself. */
function failureWords(code: string): Words {
  if (code.startsWith('signal-'))
    return {
      says: 'the command of the worker was ended by a signal',
      next: 'Whether the input or the worker’s machine was the cause cannot be told from here: hire again, or another worker.',
    }
  return failures[code] ?? words['hire/task-failed']
}

const failures: Readonly<Record<string, Words>> = {
  'result-too-large': {
    says: 'the result is larger than the worker delivers',
    next: 'Ask for less, or hire a worker with a larger --max-result.',
  },
  'timed-out': {
    says: 'the command of the worker did not end in time',
    next: 'Hire again with a longer --deadline, or with a smaller input.',
  },
  'output-held-open': {
    says: 'the command of the worker left a process behind that kept its output open, so what it wrote may not be all',
    next: 'Tell the worker: its command has to end what it starts, or close its output.',
  },
}

/** What `settled` rejects with. */
export function hireError(
  code: HireErrorCode,
  task: TaskView,
  last: ContractView | undefined,
  met: number,
): HaggleError {
  const failure = code === 'hire/task-failed' ? last?.failure : null
  const { says, next } = failure ? failureWords(failure.code) : wordsFor(code, task)
  return new HaggleError(code, `${task.skill}: ${says}${failure ? ` (${failure.code})` : ''}`, {
    next,
    detail: {
      task: recordText(task.task),
      contract: last === undefined ? null : recordText(last.contract),
      bids: task.bids,
      peersMet: met,
      end: last?.outcome?.end ?? null,
      fault: last?.outcome?.fault ?? null,
      ...(failure ? { failure: failure.code } : {}),
    },
  })
}
