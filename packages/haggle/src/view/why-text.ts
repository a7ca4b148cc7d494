import type { Because, CreditPart, DebtPart, FailurePart, SuccessPart } from '@haggle/core'
import type { Why } from '@haggle/node'
import { agentText, protocolParams, recordText, type RecordId } from '@haggle/protocol'
import { showCredits } from '../cli/values.ts'
import { printable, shortAgent } from './event-view.ts'

const { epochMs, qualityPriorSuccess, qualityPriorWeight, rankMass } = protocolParams
const AMOUNT_WIDTH = 16

/** The numbers of one agent for people: each with the sum that it is, line by line, by record id. */
export function whyText(why: Why): string {
  const { because, epoch, roots } = why
  const anchors = roots.length === 1 ? 'by own experience alone' : `in the eyes of ${roots.length} roots`
  return [
    `${agentText(because.agent)}  ${anchors}, at epoch ${epoch} (${hourOf(epoch)})`,
    ...tombstoneLines(because),
    ...capacityLines(because),
    ...qualityLines(why),
    ...rankLines(because),
    ...debtLines(why),
  ].join('\n')
}

function tombstoneLines({ tombstone }: Because): readonly string[] {
  if (tombstone === null) return []
  return [
    'it signed two histories, so that every number is 0',
    ...tombstone.proof.map((id) => line('', `proof ${recordText(id)}`)),
  ]
}

function capacityLines({ capacity }: Because): readonly string[] {
  const { total, grant, credits, debts, uncarried } = capacity
  return [
    `capacity ${showCredits(total)} credits: what it can still be trusted with`,
    ...(grant === 0 ? [] : [line(`+ ${showCredits(grant)}`, 'a root is given so much')]),
    ...credits.map((part) => line(`+ ${showCredits(part.counted)}`, creditText(part))),
    ...debts.map((part) => line(`- ${showCredits(part.counted)}`, debtText(part))),
    ...(uncarried === 0 ? [] : [line(`+ ${showCredits(uncarried)}`, 'of these debts, which no credit carries')]),
  ]
}

function qualityLines({ because, skill }: Why): readonly string[] {
  const { quality, successes, faults } = because.quality
  const sum = (parts: readonly { readonly counted: number }[]): number =>
    parts.reduce((all, { counted }) => all + counted, 0)
  const [r, f] = [sum(successes), sum(faults)]
  const about = skill === null ? 'over all skills' : `for ${printable(skill)}`
  const formula =
    because.tombstone === null
      ? ` = (r + ${qualityPriorSuccess}) · 1000 div (r + f + ${qualityPriorWeight}), r = ${r}, f = ${f}`
      : ''
  return [
    `quality ${quality} of 1000 ${about}${formula}`,
    ...successes.map((part) => line(`r + ${part.counted}`, successText(part))),
    ...faults.map((part) => line(`f + ${part.counted}`, failureText(part))),
  ]
}

function rankLines({ rank }: Because): readonly string[] {
  return [
    `rank ${rank.total} of ${rankMass}`,
    ...(rank.restart === 0 ? [] : [line(`+ ${rank.restart}`, 'a root begins with so much')]),
    ...rank.shares.map(({ from, mass }) => line(`+ ${mass}`, `from ${shortAgent(from)}, by its approvals`)),
  ]
}

function debtLines({ because, debt, exposure }: Why): readonly string[] {
  if (because.debts.length === 0) return ['owes nothing, and has nothing at risk']
  return [
    `owes ${showCredits(debt)} credits, of which ${showCredits(exposure)} are at risk in contracts that are not over`,
    ...because.debts.map((part) => line(`+ ${showCredits(part.amount)}`, debtText(part))),
  ]
}

function creditText({ fact, decayed, counted }: CreditPart): string {
  const { from, to, amount, epoch } = fact
  const cut = counted < decayed ? `, of ${showCredits(decayed)} below the cap of a pair` : ''
  const aged = decayed < amount ? `, ${showCredits(amount)} then` : ''
  return `${shortAgent(from)} approved of ${shortAgent(to)}, ${named(fact.contract)}, ${hourOf(epoch)}${aged}${cut}`
}

function debtText(part: DebtPart): string {
  const { party, contract } = part.fact
  if (part.kind === 'pledge')
    return `${shortAgent(party)} has it at risk, ${named(contract)}, until ${hourOf(part.fact.untilEpoch + 1)} at the latest`
  const { fault, grade, slash, epoch, id } = part.fact
  const aged = part.amount < slash ? `, ${showCredits(slash)} then` : ''
  return `${fault} of ${shortAgent(party)}, ${grade}, ${named(contract)}, ${hourOf(epoch)}${aged}, fault ${recordText(id)}`
}

function successText({ fact, weight }: SuccessPart): string {
  const { from, skill, contract, epoch } = fact
  const weighed = weight === 1_000 ? '' : `, weight ${weight}`
  return `${shortAgent(from)} approved, ${printable(skill)}, ${named(contract)}, ${hourOf(epoch)}${weighed}`
}

function failureText({ fact }: FailurePart): string {
  return `${fact.fault}, ${fact.grade}, ${printable(fact.skill)}, ${named(fact.contract)}, ${hourOf(fact.epoch)}, fault ${recordText(fact.id)}`
}

function named(contract: RecordId): string {
  return `contract ${recordText(contract)}`
}

/** The hour that an epoch begins with. */
function hourOf(epoch: number): string {
  return new Date(epoch * epochMs).toISOString().replace(':00.000Z', 'Z')
}

function line(amount: string, text: string): string {
  return `  ${amount.padEnd(AMOUNT_WIDTH)} ${text}`
}
