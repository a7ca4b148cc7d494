import type { Because, CreditPart, DebtPart } from '@haggle/core'
import type { Why } from '@haggle/node'
import { agentText, protocolParams, recordText, type AgentKey, type JsonValue } from '@haggle/protocol'
import { creditsView } from './credits-view.ts'

type Fields = { readonly [field: string]: JsonValue }

/** Everything as one JSON object: amounts in credits, ids in full. */
export function whyJson({ because, epoch, roots, debt, exposure, skill }: Why): Fields {
  const { agent, tombstone, capacity, rank, quality, debts } = because
  return {
    agent: agentText(agent),
    epoch,
    roots: roots.map(agentText),
    tombstone: tombstone === null ? null : tombstone.proof.map(recordText),
    capacity: {
      total: creditsView(capacity.total),
      grant: creditsView(capacity.grant),
      credits: capacity.credits.map(creditJson),
      debts: capacity.debts.map((part) => ({ ...debtJson(part), counted: creditsView(part.counted) })),
      uncarried: creditsView(capacity.uncarried),
    },
    rank: {
      total: rank.total,
      of: protocolParams.rankMass,
      restart: rank.restart,
      shares: rank.shares.map(({ from, mass }) => ({
        from: agentText(from),
        mass,
        contracts: approvedBy(because, from),
      })),
    },
    quality: {
      permille: quality.quality,
      skill,
      successes: quality.successes.map(({ fact, weight, counted }) => ({
        ...{ contract: recordText(fact.contract), from: agentText(fact.from), skill: fact.skill, epoch: fact.epoch },
        ...{ weight, counted },
      })),
      faults: quality.faults.map(({ fact, counted }) => ({
        ...{ id: recordText(fact.id), contract: recordText(fact.contract), fault: fact.fault, grade: fact.grade },
        ...{ skill: fact.skill, epoch: fact.epoch, counted },
      })),
    },
    debt: { total: creditsView(debt), exposure: creditsView(exposure), parts: debts.map(debtJson) },
  }
}

function creditJson({ fact, decayed, counted }: CreditPart): Fields {
  return {
    ...{ from: agentText(fact.from), to: agentText(fact.to), contract: recordText(fact.contract), skill: fact.skill },
    ...{ epoch: fact.epoch, amount: creditsView(fact.amount) },
    ...{ decayed: creditsView(decayed), counted: creditsView(counted) },
  }
}

function debtJson(part: DebtPart): Fields {
  const { party, contract, stake } = part.fact
  const common = { kind: part.kind, party: agentText(party), contract: recordText(contract), stake: creditsView(stake) }
  if (part.kind === 'pledge') return { ...common, untilEpoch: part.fact.untilEpoch, amount: creditsView(part.amount) }
  const { id, fault, grade, slash, epoch } = part.fact
  return {
    ...common,
    id: recordText(id),
    fault,
    grade,
    slash: creditsView(slash),
    epoch,
    amount: creditsView(part.amount),
  }
}

/** The contracts by whose approval one agent passes rank on to this one. */
function approvedBy({ quality }: Because, giver: AgentKey): readonly string[] {
  return quality.successes.filter(({ fact }) => fact.from === giver).map(({ fact }) => recordText(fact.contract))
}
