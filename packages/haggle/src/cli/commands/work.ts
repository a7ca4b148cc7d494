import { mkdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findCommand, openAgentDirectory } from '@haggle/node/system'
import { agentFromText, MICRO, type AgentKey } from '@haggle/protocol'
import { agentPath, haggleHome } from '../../home.ts'
import type { WorkFlags } from '../command-flags.ts'
import { localSession } from '../local-session.ts'
import { takePlace } from '../place.ts'
import { runAgent, type Service } from '../running-agent.ts'
import { nextEvent, serveUntilSignal } from '../serve-until-signal.ts'
import type { Session } from '../session.ts'
import { UsageError } from '../usage-error.ts'
import { commandHandler } from './command-handler.ts'
import { writeReady } from './ready.ts'

/** `haggle work`: serves a skill with a command until it is told to stop. */
export async function runWork(
  skill: string,
  words: readonly string[],
  command: readonly string[] | undefined,
  flags: WorkFlags,
): Promise<number> {
  const [program, ...args] = commandOf(skill, words, command)
  const name = flags.as ?? skill
  const session = localSession({ catchSignals: true })
  const offered = serviceOf(flags)
  const file = found(program)
  const cwd = flags.cwd === undefined ? undefined : await folder(flags.cwd)
  const directory = await openAgentDirectory(agentPath(haggleHome(), name))
  const journal = await takePlace(directory.path, directory.storePath, name)
  const from = await nextEvent(journal)
  const running = await runAgent(directory, journal, name, flags, offered)
  try {
    const workPath = join(directory.path, 'work')
    await mkdir(workPath, { recursive: true, mode: 0o700 })
    const handler = await commandHandler({
      file,
      args,
      workPath,
      cwd,
      maxResult: flags.maxResult,
      blobs: running.blobs,
      log: (text) => session.note(text),
    })
    const service = running.agent.serve(
      skill,
      { slots: flags.slots, price: flags.price / 1_000_000, maxResult: flags.maxResult },
      handler,
    )
    await service.ready
    await writeReady(running, skill, flags, session)
    warn(skill, running.agent.network, flags, session)
    return await serveUntilSignal(running, service, { json: flags.json === true, drainMs: flags.drain, from }, session)
  } finally {
    await running.stop('stopped')
  }
}

function commandOf(
  skill: string,
  words: readonly string[],
  command: readonly string[] | undefined,
): readonly [string, ...string[]] {
  const option = words.find((word) => word.startsWith('-'))
  if (command !== undefined && words.length > 0) {
    throw new UsageError(
      option === undefined ? `"${words.join(' ')}" stands before the "--".` : `there is no option ${option}.`,
      `Options come first, then "--", then the command: haggle work ${skill} --slots 2 -- COMMAND`,
    )
  }
  const [program, ...args] = command ?? []
  if (program !== undefined) return [program, ...args]
  throw new UsageError(
    words.length > 0 ? 'the "--" before the command is missing.' : 'work needs a command to serve the skill with.',
    `Write: haggle work ${skill} -- ${words.length > 0 ? words.join(' ') : 'tr a-z A-Z'}`,
  )
}

/** A command that is not there would fail every task: it is looked up before anything is announced. */
function found(program: string): string {
  const file = findCommand(program, process.cwd())
  if (file !== undefined) return file
  throw new UsageError(
    `there is no command "${program}".`,
    'Check its spelling and PATH; a pipeline needs a shell: -- sh -c "a | b".',
  )
}

/** The same holds for its folder. */
async function folder(path: string): Promise<string> {
  const there = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
  if (there) return resolve(path)
  throw new UsageError(
    `--cwd ${path} is no folder.`,
    'Make it, or leave --cwd out: each task then has an empty folder.',
  )
}

function warn(skill: string, network: string, flags: WorkFlags, session: Session): void {
  if (flags.allow !== undefined) {
    session.note(`haggle: only ${flags.allow.length} agent(s) can send input to this command.`)
    return
  }
  const who = flags.secret === undefined ? 'every agent' : 'every agent that holds the secret'
  const narrower = flags.secret === undefined ? '--allow PEER or --secret FILE' : '--allow PEER'
  session.note(
    `haggle: ${who} on network ${network} can send input to this command. Narrow it: haggle work ${skill} ${narrower} -- …`,
  )
}

function serviceOf({ witness, allow, stake, panel, minQuality }: WorkFlags): Service {
  return {
    witness,
    ...(allow === undefined ? {} : { allow: allow.map(agentKeyOf) }),
    ...(stake === undefined ? {} : { maxStake: stake / MICRO }),
    ...(panel === undefined ? {} : { minPanel: panel }),
    ...(minQuality === undefined ? {} : { minQuality }),
  }
}

/** A PeerId as a flag names it. */
function agentKeyOf(text: string): AgentKey {
  const key = agentFromText(text)
  if (key === undefined)
    throw new UsageError(`--allow ${text} is no PeerId.`, 'Copy it from "haggle peers" or "haggle status".')
  return key
}
