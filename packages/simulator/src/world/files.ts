import { checkTaskRecords, judge, orderTaskRecords, type JudgePorts } from '@haggle/core'
import { resultCheck } from '@haggle/node/pure'
import type { ShownContract } from '../oracle/observer.ts'
import type { Actor } from './actor.ts'

/** What the task files of these agents prove of each contract, as anybody who verifies them is told. */
export function filesOf(actors: readonly Actor[], opensSeal: JudgePorts['opensSeal'] & {}): readonly ShownContract[] {
  return actors.flatMap(({ agent, process, disk }) => {
    if (process === null) return []
    const { engine } = process.driver
    const ports = {
      checkResult: resultCheck,
      opensSeal,
      payload: (hash: Parameters<typeof disk.payload>[0]) => disk.payload(hash),
    }
    return engine.tasks().flatMap(({ task }) => {
      const records = orderTaskRecords(engine.records(task))
      if (!checkTaskRecords(records).ok) return []
      return judge(records, ports).map(({ contract, end, party, fault }): ShownContract => ({
        agent,
        contract,
        end,
        party,
        fault,
      }))
    })
  })
}
