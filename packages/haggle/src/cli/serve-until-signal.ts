import { setTimeout as pause } from 'node:timers/promises'
import type { Agent, Service } from '@haggle/node'
import type { Journal } from '@haggle/ports'
import { eventLine, eventView } from '../view/event-view.ts'
import { exitCode } from './exit-code.ts'
import type { RunningAgent } from './running-agent.ts'
import { signalExitCode, writeJson, type Session } from './session.ts'
import { showDuration } from './values.ts'

/** How often it is looked whether running work has ended: a person waits for it, so a blink is soon enough. */
const LOOK_MS = 50

/**
 * Runs an agent until it is told to stop. The first signal stops bidding and lets contracts come to their end within the
 * drain; the second withdraws from what is left and kills its commands.
 */
export async function serveUntilSignal(
  running: RunningAgent,
  service: Service | null,
  init: { readonly json: boolean; readonly drainMs: number; readonly from: number },
  session: Session,
): Promise<number> {
  const stopTelling = new AbortController()
  const telling = tell(running.agent, init, session, stopTelling.signal)
  const halted = await Promise.race([running.agent.closed, aborted(session.interrupted), aborted(session.unread)])
  try {
    if (halted instanceof Error) throw halted
    await service?.stop()
    await drain(running, init, session)
    await running.stop(session.killed.aborted ? 'killed' : 'stopped')
  } finally {
    stopTelling.abort()
    await telling
  }
  // A stop that was asked for and came to its end is no failure; work that was cut off is what the signal did.
  return session.killed.aborted ? signalExitCode(session.interrupted) : exitCode.ok
}

/** Waits for contracts and attached commands; a result is fetched by its requester before its worker leaves. */
async function drain(
  { agent, attached }: RunningAgent,
  init: { readonly json: boolean; readonly drainMs: number },
  session: Session,
): Promise<void> {
  const live = (): number => agent.status().contractsLive
  const busy = (): boolean => live() > 0 || attached.running > 0
  if (!busy()) return
  if (!init.json) {
    session.note(
      `haggle: finishing ${live()} contract(s) within ${showDuration(init.drainMs)}; press Ctrl-C again to withdraw and stop at once.`,
    )
  }
  const end = performance.now() + init.drainMs
  while (busy() && performance.now() < end && !session.killed.aborted) {
    await pause(LOOK_MS, undefined, { signal: session.killed }).catch(() => undefined)
  }
}

async function tell(
  agent: Agent,
  { json, from }: { readonly json: boolean; readonly from: number },
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const event of agent.events({ from, follow: true, signal })) {
      // The first line was written when the agent was ready.
      if (event.event === 'ready') continue
      if (json) await writeJson(session, eventView(event))
      else {
        const line = eventLine(event)
        if (line !== undefined) session.note(`haggle: ${line}`)
      }
    }
  } catch (error) {
    if (!signal.aborted) session.note(`haggle: no more events: ${String(error)}`)
  }
}

/**
 * Where the events of a run begin; those of earlier runs are told by `haggle events`. Asked before the agent starts: what ran
 * out while it was away, and what peers bring at once, happens before anybody can listen.
 */
export async function nextEvent(journal: Journal): Promise<number> {
  let next = 0
  for await (const row of journal.read('events')) next = row.seq + 1
  return next
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
