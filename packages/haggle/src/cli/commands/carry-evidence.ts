import { createReadStream } from 'node:fs'
import type { EvidenceRecord, EvidenceView } from '@haggle/core'
import type { Agent } from '@haggle/node'
import { ed25519Verify } from '@haggle/node/pure'
import { readEvidence } from '../../evidence-file/read.ts'
import { evidenceLines } from '../../evidence-file/write.ts'
import { evidenceJson, evidenceLine } from '../../view/evidence-view.ts'
import { whyText } from '../../view/why-text.ts'
import { whyJson } from '../../view/why-view.ts'
import type { AgentReader } from '../agent-reader.ts'
import { exitCode } from '../exit-code.ts'
import { signalExitCode, writeJson, type Session } from '../session.ts'
import { saveResult, unreadable } from './result-output.ts'

/** Records that are on their way into the store at the same time: their commits share syncs. */
const AT_A_TIME = 64

/** `haggle why`: every record behind the numbers of one agent. */
export async function carryWhy(
  reader: AgentReader,
  peer: string,
  skill: string | null,
  json: boolean,
  session: Session,
): Promise<number> {
  const why = reader.why(peer, skill)
  if (json) await writeJson(session, whyJson(why))
  else await session.write(`${whyText(why)}\n`)
  return exitCode.ok
}

/** `haggle evidence list`: the contracts of which something is held, and what that proves. */
export async function listEvidence(reader: AgentReader, json: boolean, session: Session): Promise<number> {
  const evidence = reader.evidence()
  let contracts = 0
  for (const contract of evidence.contracts()) {
    if (session.unread.aborted) return exitCode.ok
    contracts += 1
    const dossier = evidence.dossier(contract)
    if (json) await writeJson(session, evidenceJson(contract, dossier))
    else await session.write(`${evidenceLine(contract, dossier)}\n`)
  }
  const { size, digest } = evidence
  if (json) await writeJson(session, { contracts, records: size, digest })
  else await session.write(`${size} records on ${contracts} contracts, digest ${digest}\n`)
  return exitCode.ok
}

/** `haggle evidence export`: all of it, as lines that anybody can check. */
export async function exportEvidence(
  reader: AgentReader,
  out: string | null,
  json: boolean,
  session: Session,
): Promise<number> {
  const evidence = reader.evidence()
  async function* stream(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const line of evidenceLines(reader.network, awardsFirst(evidence))) yield Buffer.from(`${line}\n`)
  }
  if (out === null) {
    for await (const chunk of stream()) {
      if (session.unread.aborted) break
      await session.write(chunk)
    }
    return exitCode.ok
  }
  const { size, digest } = evidence
  await saveResult(out, { size, path: async () => out, stream })
  if (json) await writeJson(session, { file: out, records: size, digest })
  else session.note(`haggle: wrote ${size} records to ${out}`)
  return exitCode.ok
}

/** `haggle evidence import`: takes in what verifies alone, and says what became of it. */
export async function importEvidence(
  agent: Agent,
  path: string | null,
  json: boolean,
  session: Session,
): Promise<number> {
  const tally = new Tally()
  const under = new Set<Promise<void>>()
  const init = { file: path ?? 'stdin', network: agent.network, verify: ed25519Verify }
  try {
    for await (const { record } of readEvidence(path === null ? session.input() : bytesOf(path), init)) {
      if (session.interrupted.aborted) break
      const taking = agent.takeEvidence(record).then((answer) => {
        under.delete(taking)
        tally.add(answer)
      })
      under.add(taking)
      if (under.size >= AT_A_TIME) await Promise.race(under)
    }
  } finally {
    // What stands before a bad line verifies alone, so it stays.
    await Promise.all(under)
    if (json) await writeJson(session, tally.json())
    else session.note(`haggle: ${tally.text()}`)
  }
  return session.interrupted.aborted ? signalExitCode(session.interrupted) : exitCode.ok
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    // Without an encoding its chunks are bytes.
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** Each record once, the award of a contract before what is said of it, so that whoever reads this waits for nothing. */
function* awardsFirst(evidence: EvidenceView): Generator<EvidenceRecord, void, undefined> {
  const seen = new Set<string>()
  for (const contract of evidence.contracts()) {
    const dossier = evidence.dossier(contract)
    const awards = dossier.filter(({ type }) => type === 'award')
    for (const record of [...awards, ...dossier.filter(({ type }) => type !== 'award')]) {
      if (!seen.has(record.id)) yield record
      seen.add(record.id)
    }
  }
}

/** What became of the records of a file. */
class Tally {
  #taken = 0
  readonly #not = new Map<string, number>()

  add(answer: Awaited<ReturnType<Agent['takeEvidence']>>): void {
    if (answer.ok) this.#taken += 1
    else this.#not.set(answer.note, (this.#not.get(answer.note) ?? 0) + 1)
  }

  json(): { readonly taken: number; readonly not: { readonly [why: string]: number } } {
    return { taken: this.#taken, not: Object.fromEntries(this.#not) }
  }

  text(): string {
    const not = [...this.#not].map(([why, count]) => `, ${count} not: ${why}`).join('')
    return `${this.#taken} records taken${not}`
  }
}
