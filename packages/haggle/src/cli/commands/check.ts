import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { checkHistories, type AgentHistory } from '@haggle/checker'
import { ed25519Verify } from '@haggle/node/pure'
import { systemClock } from '@haggle/node/system'
import { agentDirectories, readHistory } from '../../check/read-history.ts'
import { checkJson, checkText } from '../../view/check-view.ts'
import type { CheckFlags } from '../command-flags.ts'
import { exitCode } from '../exit-code.ts'
import { localSession } from '../local-session.ts'
import { writeJson } from '../session.ts'

/** `haggle check`: judges what agents have written down, all given directories together. */
export async function runCheck(paths: readonly string[], flags: CheckFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const directories = new Set<string>()
  for (const path of paths) {
    for (const found of await agentDirectories(resolve(session.cwd, path))) directories.add(await realpath(found))
  }
  const histories: AgentHistory[] = []
  for (const directory of directories) histories.push(await readHistory(directory))
  const report = checkHistories(histories, {
    verify: ed25519Verify,
    restedAt: flags.atRest === true ? systemClock().wall() : null,
    slots: flags.slots ?? null,
  })
  if (flags.json === true) await writeJson(session, checkJson(report))
  else await session.write(checkText(report))
  return report.findings.length === 0 ? exitCode.ok : exitCode.failure
}
