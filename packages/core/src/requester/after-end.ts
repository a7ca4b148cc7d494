import type { HaggleRecord } from '@haggle/protocol'
import type { ClosedAs } from '../log-entry.ts'
import { isLive, type Deal, type OwnTask } from '../state.ts'
import { coolDown, coolDownAsAsked } from '../market/cool-down.ts'
import { leaveMarket } from '../market/topics.ts'
import type { Turn } from '../turn.ts'
import { candidatesOf, ruledOut } from './candidates.ts'
import { currentContractOf } from './award.ts'
import { isUntried } from '../deal/untried.ts'
import { canReopen, reopen, type Ground } from './reopen.ts'

/** What the end of a contract means for its task: done, on to the next generation, or off the board. */
export function drawEnd(turn: Turn, deal: Deal): void {
  const task = turn.state.own.get(deal.task)
  if (task === undefined) return
  if (deal.outcome?.end === 'settled') leaveMarket(turn, task.job.skill)
  if (!isLive(task)) return
  rememberSilence(turn, deal)
  if (currentContractOf(turn.state, task) !== deal) return
  if (task.withdrawal !== null || deal.outcome?.end === 'cancelled') {
    closeTask(turn, task, 'withdrawn')
    return
  }
  const ground = groundOf(deal)
  if (canReopen(turn, task) && ground !== null && worthReopening(turn, task, deal)) reopen(turn, task, ground)
  else closeTask(turn, task, 'exhausted')
}

/** Takes a task off the board without a settlement. */
export function closeTask(turn: Turn, task: OwnTask, as: Exclude<ClosedAs, 'overtaken'>): void {
  turn.persist({ kind: 'task-closed', at: turn.now.wall, task: task.task, as })
  leaveMarket(turn, task.job.skill)
  if (as === 'withdrawn') return
  const bids = task.bids.size
  const cause =
    as === 'exhausted'
      ? 'attempts'
      : task.contracts.length > 0
        ? 'deadline'
        : isTooDear(turn, task)
          ? 'too-dear'
          : 'no-bids'
  turn.notify({ event: 'expired', at: turn.now.wall, task: task.task, cause, bids })
}

/** Bids came above the budget, or nobody bid and whoever names a price for the skill names one above it. */
function isTooDear(turn: Turn, task: OwnTask): boolean {
  if (task.tooDear > 0 || task.bids.size > 0) return task.tooDear > 0
  const prices: (number | null)[] = []
  for (const { body } of turn.state.board.adverts())
    for (const skill of body.skills) if (skill.name === task.job.skill) prices.push(skill.unitPrice)
  return prices.length > 0 && prices.every((price) => price !== null && price > task.job.value)
}

function rememberSilence(turn: Turn, deal: Deal): void {
  if (deal.outcome?.end === 'lapsed' || (deal.outcome?.end === 'withdrawn' && isUntried(deal)))
    coolDown(turn, deal.peer, deal.skill)
  const last = deal.contract.entries.at(-1)
  if (deal.outcome?.end === 'declined' && last?.type === 'decline')
    coolDownAsAsked(turn, deal.peer, deal.skill, last.body.retryAfterMs)
}

/** A task that was tried goes on only to somebody who has not tried it; who has not may be asked again. */
function worthReopening(turn: Turn, task: OwnTask, deal: Deal): boolean {
  if (isUntried(deal)) return true
  if (candidatesOf(turn, task).length > 0) return true
  const out = ruledOut(turn.state, task)
  for (const advert of turn.state.board.adverts()) {
    const serves = advert.body.skills.some((skill) => skill.name === task.job.skill)
    if (serves && !out.has(advert.author) && advert.author !== turn.state.self) return true
  }
  return false
}

/** LEASE-09: the named ground of a reopening; without a panel a clock that ran out is our own judgement. */
function groundOf(deal: Deal): Ground | null {
  const last = deal.contract.entries.at(-1)
  switch (deal.outcome?.end) {
    case 'lapsed':
      return { reason: 'lapsed', proof: null }
    case 'declined':
      return { reason: 'declined', proof: idOf(last) }
    case 'withdrawn':
      return { reason: 'withdrawn', proof: idOf(last) }
    case 'undecided':
      // LEASE-10: no judgement of ours beside a panel's: the timeout that nobody certified ended it all the same.
      if (deal.contract.award.body.panel.length > 0) return { reason: 'ended', proof: idOf(last) }
      return { reason: 'judgement', proof: null }
    case 'failed':
    case 'breached':
    case 'split':
    case 'cancelled':
      return { reason: 'ended', proof: idOf(last) }
    case 'void':
      return { reason: 'ended', proof: idOf(deal.contract.forks.at(-1)) }
    case 'settled':
    case undefined:
      return null
  }
}

function idOf(record: HaggleRecord | undefined): HaggleRecord['id'] | null {
  return record?.id ?? null
}
