import { writeFile } from 'node:fs/promises'
import type { ContractView, TaskView } from '@haggle/core'
import { HaggleError, recordText } from '@haggle/protocol'
import { contractJson, contractLine, contractText } from '../../view/contract-view.ts'
import { eventLine, eventView } from '../../view/event-view.ts'
import { recordLine } from '../../view/record-line.ts'
import { taskFileOf } from '../../task-file/write.ts'
import type { AgentReader } from '../agent-reader.ts'
import { exitCode } from '../exit-code.ts'
import type { Request } from '../request.ts'
import { signalExitCode, writeJson, type Session } from '../session.ts'
import { carryWhy, exportEvidence, listEvidence } from './carry-evidence.ts'
import { carryTax, taxOf } from './carry-tax.ts'
import { resultJson, saveResult, unwritable, writeResult } from './result-output.ts'

/** Requests that a store answers as well as a running agent. */
export type ReadingRequest = Extract<
  Request,
  {
    name:
      | 'contracts'
      | 'contract-show'
      | 'contract-result'
      | 'contract-export'
      | 'events'
      | 'tax'
      | 'why'
      | 'evidence-list'
      | 'evidence-export'
  }
>

export async function carryReading(
  reader: AgentReader,
  request: ReadingRequest,
  json: boolean,
  session: Session,
): Promise<number> {
  switch (request.name) {
    case 'contracts':
      return listContracts(reader, request.all, json, session)
    case 'contract-show':
      return showContract(reader, request.id, json, session)
    case 'contract-result':
      return printResult(reader, request.id, request.out, json, session)
    case 'contract-export':
      return exportTask(reader, request.id, request.out, session)
    case 'events':
      return printEvents(reader, request.follow, json, session)
    case 'tax':
      return carryTax(reader, request.id, json, session)
    case 'why':
      return carryWhy(reader, request.peer, request.skill, json, session)
    case 'evidence-list':
      return listEvidence(reader, json, session)
    case 'evidence-export':
      return exportEvidence(reader, request.out, json, session)
  }
}

/** From the worker's accept on there is a contract; an award that was declined or lapsed bound nobody. */
function isAccepted({ state, outcome }: ContractView): boolean {
  return state !== 'awaiting-accept' && outcome?.end !== 'declined' && outcome?.end !== 'lapsed'
}

async function listContracts(reader: AgentReader, all: boolean, json: boolean, session: Session): Promise<number> {
  const contracts = reader.contracts().filter((view) => all || isAccepted(view))
  for (const view of contracts) {
    if (session.unread.aborted) break
    if (json) await writeJson(session, contractJson(view))
    else await session.write(`${contractLine(view)}\n`)
  }
  if (contracts.length === 0 && !json) session.note(`haggle: ${reader.name} has no contracts.`)
  return exitCode.ok
}

async function showContract(reader: AgentReader, id: string, json: boolean, session: Session): Promise<number> {
  const view = reader.contract(id)
  const task = view === undefined ? taskOf(reader, id) : undefined
  if (view === undefined && task !== undefined) return showTask(task, json, session)
  const found = known(view, reader, id)
  const records = reader.taskRecords(id)
  if (json) {
    const tax = await taxOf(reader, found.task)
    await writeJson(session, { ...contractJson(found), records: records.map((record) => recordLine(record).json), tax })
  } else {
    await session.write(`${contractText(found)}\nrecords:\n`)
    for (const record of records) await session.write(`  ${recordLine(record).text}\n`)
  }
  return exitCode.ok
}

/** A job nobody has taken yet, or ever took. */
async function showTask(task: TaskView, json: boolean, session: Session): Promise<number> {
  const state = task.closedAs ?? task.state
  if (json) {
    const fields = { contract: null, task: recordText(task.task), generation: task.generation, key: task.key }
    await writeJson(session, { ...fields, skill: task.skill, role: task.role, state, bids: task.bids })
  } else {
    await session.write(
      `task:      ${recordText(task.task)}\nskill:     ${task.skill}\nstate:     ${state}, ${task.bids} bids, no contract\n`,
    )
  }
  return exitCode.ok
}

function taskOf(reader: AgentReader, id: string): TaskView | undefined {
  const found = reader.tasks().filter((task) => task.key === id || recordText(task.task).endsWith(id))
  return found.length === 1 ? found[0] : undefined
}

async function printResult(
  reader: AgentReader,
  id: string,
  out: string | null,
  json: boolean,
  session: Session,
): Promise<number> {
  const result = await reader.result(id)
  if (out !== null) await saveResult(out, result)
  if (json) await writeJson(session, { ...(await resultJson(result, out)), mediaType: result.mediaType })
  else if (out === null) await writeResult(session, result)
  return exitCode.ok
}

async function exportTask(reader: AgentReader, id: string, out: string | null, session: Session): Promise<number> {
  const isHere = reader.contract(id) !== undefined || taskOf(reader, id) !== undefined
  const records = isHere ? reader.taskRecords(id) : await reader.archived(id)
  if (records.length === 0) throw unknownContract(reader, id)
  const text = await taskFileOf(reader, records)
  if (out === null) await session.write(text)
  else {
    await writeFile(out, text).catch((cause: unknown) => {
      throw unwritable(out, cause)
    })
  }
  return exitCode.ok
}

async function printEvents(reader: AgentReader, follow: boolean, json: boolean, session: Session): Promise<number> {
  const signal = AbortSignal.any([session.interrupted, session.unread])
  try {
    for await (const event of reader.events({ follow, signal })) {
      if (json) await writeJson(session, eventView(event))
      else {
        const line = eventLine(event)
        if (line !== undefined) await session.write(`${new Date(event.at).toISOString()}  ${line}\n`)
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return session.interrupted.aborted ? signalExitCode(session.interrupted) : exitCode.ok
}

function known(view: ContractView | undefined, reader: AgentReader, id: string): ContractView {
  if (view === undefined) throw unknownContract(reader, id)
  return view
}

function unknownContract(reader: AgentReader, id: string): HaggleError {
  return new HaggleError(
    'contract/unknown',
    `${reader.name} (…${reader.peerId.slice(-8)}) knows no contract "${id}".`,
    {
      next: `List what it has with "haggle contracts --as ${reader.name}"; ID is any unique ending of the id, or the key given to hire.`,
    },
  )
}
