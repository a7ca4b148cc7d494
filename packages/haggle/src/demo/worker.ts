import type { Agent, AgentEvent, Task, TaskResult } from '@haggle/node'
import { recordText, type RecordId } from '@haggle/protocol'
import { setTimeout as pause } from 'node:timers/promises'
import { eventView } from '../view/event-view.ts'
import { pranks, type Manner, type Worker } from './cast.ts'
import { say } from './message.ts'
import { saveTask } from './requester.ts'
import { crafts } from './skills.ts'

/** One who is kept waiting by a bad customer serves the others meanwhile. */
const SLOTS = 4

/** Serves one skill in the worker's own manner; resolves once the skill is announced. */
export async function playWorker(agent: Agent, { skill, price, manner }: Worker, files: string): Promise<void> {
  void follow(agent, manner, files)
  const service = agent.serve(skill, { price, slots: SLOTS }, async (task): Promise<TaskResult> => {
    switch (manner) {
      case 'honest':
        return crafts[skill](await task.bytes())
      case 'garbles':
        return { words: 'plenty', lines: 'a few', longest: 'the long one' }
      case 'dawdles':
        return dawdle(task)
      case 'vanishes':
        return untilStopped(task)
    }
  })
  await service.ready
}

/** The ghost leaves the moment the contract binds it: no word, no clean-up, a process that is simply gone. */
async function follow(agent: Agent, manner: Manner, files: string): Promise<void> {
  for await (const event of agent.events({ follow: true })) {
    tell(event)
    if (event.event === 'slashed' && event.fault === 'SILENT_REVIEW') await exportDenied(agent, event.contract, files)
    if (manner === 'vanishes' && event.event === 'opened') process.kill(process.pid, 'SIGKILL')
  }
}

/** Of work that was taken and never reviewed the worker holds the proof. */
async function exportDenied(agent: Agent, contract: RecordId, files: string): Promise<void> {
  const label = pranks.find(({ by }) => by === 'denier')?.label
  if (label !== undefined) await saveTask(agent, agent.taskRecords(recordText(contract)), label, files)
}

function tell(event: AgentEvent): void {
  say({ say: 'event', errand: null, event: eventView(event) })
}

/** Reports progress every second, truthfully, and never gets anywhere near the end. */
async function dawdle(task: Task): Promise<TaskResult> {
  for (let percent = 5; ; percent += 5) {
    task.progress(percent / 100, 'counting carefully')
    await pause(1_000, undefined, { signal: task.signal })
  }
}

function untilStopped(task: Task): Promise<never> {
  return new Promise((_resolve, reject) => {
    task.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
  })
}
