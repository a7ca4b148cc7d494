import type { RecordId } from '@haggle/protocol'
import { refuse, type Answer } from './answer.ts'
import type { Command } from './command.ts'
import { isAsking, notYet } from './deal/overtaken.ts'
import { takeEvidence } from './evidence/compare.ts'
import { cancelTask } from './requester/cancel.ts'
import { offerJob } from './requester/offer.ts'
import { approve, reject } from './requester/review.ts'
import type { Deal } from './state.ts'
import { UnfitBody, type Turn } from './turn.ts'
import { serve, witness } from './worker/advertise.ts'
import { makeBid } from './worker/bid.ts'
import { reportProgress } from './worker/progress.ts'
import { rechecked } from './worker/recheck.ts'
import { concede, deliver, fail, withdraw } from './worker/work.ts'

/** Carries out what our own application asks for; every no is a refusal with its reason. */
export function runCommand(turn: Turn, command: Command, entropy: Uint8Array): Answer {
  try {
    return carryOut(turn, command, entropy)
  } catch (error) {
    if (!(error instanceof UnfitBody)) throw error
    return refuse('job/terms', error.message)
  }
}

function carryOut(turn: Turn, command: Command, entropy: Uint8Array): Answer {
  switch (command.kind) {
    case 'offer':
      return offerJob(turn, command.job, entropy)
    case 'serve':
      return serve(turn, command)
    case 'witness':
      return witness(turn, command.maxBytes)
    case 'evidence':
      return takeEvidence(turn, command.record)
    case 'bid':
      return makeBid(turn, command, entropy)
    case 'cancel': {
      const task = turn.state.own.get(command.task)
      return task === undefined
        ? refuse('task/unknown', 'no such task of ours')
        : cancelTask(turn, task, command.reason)
    }
    case 'deliver':
      return withDeal(turn, command.contract, (deal) => deliver(turn, deal, command))
    case 'fail':
      return withDeal(turn, command.contract, (deal) => fail(turn, deal, command))
    case 'progress':
      return withDeal(turn, command.contract, (deal) => reportProgress(turn, deal, command))
    case 'withdraw':
      return withDeal(turn, command.contract, (deal) => withdraw(turn, deal, command.reason))
    case 'concede':
      return withDeal(turn, command.contract, (deal) => concede(turn, deal))
    case 'rechecked':
      return withDeal(turn, command.contract, (deal) => rechecked(turn, deal, command.word))
    case 'approve':
      return withDeal(turn, command.contract, (deal) => approve(turn, deal, command.milestone))
    case 'reject':
      return withDeal(turn, command.contract, (deal) =>
        reject(turn, deal, command.milestone, command.reason, command.note),
      )
  }
}

function withDeal(turn: Turn, contract: RecordId, act: (deal: Deal) => Answer): Answer {
  const deal = turn.state.deals.get(contract)
  if (deal === undefined) return refuse('contract/unknown', 'no such contract here')
  if (deal.overtaken) return refuse('contract/overtaken', 'another process with our key has gone on with it')
  return isAsking(deal) ? notYet() : act(deal)
}
