import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'

/** The fields that every event of a contract has. */
export function ofDeal(
  turn: Turn,
  deal: Deal,
): {
  at: number
  task: Deal['task']
  contract: Deal['id']
  generation: number
  peer: Deal['peer']
  role: Deal['role']
} {
  return {
    at: turn.now.wall,
    task: deal.task,
    contract: deal.id,
    generation: deal.generation,
    peer: deal.peer,
    role: deal.role,
  }
}
