import type { Agent, AgentEvent, Task, TaskResult } from '@haggle/node'
import { setTimeout as pause } from 'node:timers/promises'
import { eventView } from '../view/event-view.ts'
import type { Manner, Worker } from './cast.ts'
import { say } from './message.ts'
import { crafts } from './skills.ts'

/** Serves one skill in the worker's own manner; resolves once the skill is announced. */
export async function playWorker(agent: Agent, { skill, price, manner }: Worker): Promise<void> {
  void follow(agent, manner)
  const service = agent.serve(skill, { price }, async (task): Promise<TaskResult> => {
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
async function follow(agent: Agent, manner: Manner): Promise<void> {
  for await (const event of agent.events({ follow: true })) {
    tell(event)
    if (manner === 'vanishes' && event.event === 'opened') process.kill(process.pid, 'SIGKILL')
  }
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
