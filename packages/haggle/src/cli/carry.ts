import type { Agent } from '@haggle/node'
import { carryCancel } from './commands/carry-cancel.ts'
import { importEvidence } from './commands/carry-evidence.ts'
import { carryHire } from './commands/carry-hire.ts'
import { carryHireMany } from './commands/carry-hire-many.ts'
import { carryReading } from './commands/carry-reading.ts'
import { carryPeers, carrySkills, statusJson } from './commands/carry-views.ts'
import { exitCode } from './exit-code.ts'
import type { Request } from './request.ts'
import { writeJson, type Session } from './session.ts'
import { statusText } from '../view/status-text.ts'

/** Carries one request out on a running agent, for this process or for an attached one; returns the exit code. */
export async function carry(agent: Agent, request: Request, json: boolean, session: Session): Promise<number> {
  switch (request.name) {
    case 'hire':
      return carryHire(agent, request, json, session)
    case 'hire-many':
      return carryHireMany(agent, request, json, session)
    case 'contract-cancel':
      return carryCancel(agent, request.id, json, session)
    case 'peers':
      return carryPeers(agent, json, session)
    case 'skills':
      return carrySkills(agent, json, session)
    case 'status': {
      const status = statusJson(agent)
      if (json) await writeJson(session, status)
      else await session.write(`${statusText(status)}\n`)
      return exitCode.ok
    }
    case 'evidence-import':
      return importEvidence(agent, request.path, json, session)
    case 'why':
    case 'evidence-list':
    case 'evidence-export':
    case 'contracts':
    case 'contract-show':
    case 'contract-result':
    case 'contract-export':
    case 'events':
    case 'tax':
      return carryReading(agent, request, json, session)
  }
}
