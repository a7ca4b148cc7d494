import { writeFile } from 'node:fs/promises'
import { agentText, HaggleError } from '@haggle/protocol'
import { genesisFromObject, genesisText, readGenesis, type TrustRoot } from '../../genesis/genesis.ts'
import { DEFAULT_NETWORK } from '../../network-setting.ts'
import { printable } from '../../view/event-view.ts'
import type { NetworkInitFlags } from '../command-flags.ts'
import { exitCode } from '../exit-code.ts'
import type { CommonFlags } from '../flags.ts'
import { localSession } from '../local-session.ts'
import { writeJson, type Session } from '../session.ts'
import { UsageError } from '../usage-error.ts'

/** `haggle network init`: one genesis, to a file of its own or to stdout. */
export async function runNetworkInit(flags: NetworkInitFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const root = typed(flags)
  const { out } = flags
  const text = genesisText(root)
  if (out === undefined || out === '-') {
    if (flags.json === true) await writeJson(session, viewOf(root))
    else await session.write(text)
    return exitCode.ok
  }
  await writeGenesis(out, text, flags.force === true)
  if (flags.json === true) await writeJson(session, { file: out, ...viewOf(root) })
  else
    session.note(
      `haggle: wrote ${out}; copy it to every host of network ${root.network} and start agents with --genesis ${out}`,
    )
  return exitCode.ok
}

/** `haggle network show`: what a genesis file says, or what is wrong with it. */
export async function runNetworkShow(file: string, flags: CommonFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const root = await readGenesis(file)
  if (flags.json === true) await writeJson(session, { file, ...viewOf(root) })
  else await writeRows(session, root)
  return exitCode.ok
}

/** Whatever is wrong with it was typed here. */
function typed({ network, anchor, note }: NetworkInitFlags): TrustRoot {
  if (anchor === undefined) {
    throw new UsageError(
      'a genesis names at least one anchor.',
      'Write --anchor PEER for each agent that all are to trust; "haggle status" prints the PeerId of yours.',
    )
  }
  const named = { haggle: 1, network: network ?? DEFAULT_NETWORK, anchors: anchor }
  try {
    return genesisFromObject(note === undefined ? named : { ...named, note }, 'no genesis can say this')
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error
    throw new UsageError(
      `${error.message}.`,
      'Copy each PeerId from "haggle status" of its agent, or from "haggle peers".',
    )
  }
}

async function writeGenesis(file: string, text: string, force: boolean): Promise<void> {
  try {
    // Agents of a network that runs may have been started with the file that is there.
    await writeFile(file, text, { flag: force ? 'w' : 'wx' })
  } catch (cause) {
    const there = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    throw new HaggleError(
      'config/genesis',
      `the genesis file ${file} ${there ? 'is there already' : 'cannot be written'}`,
      {
        next: there ? 'Choose another --out, or replace it with --force.' : 'Choose a file in a folder of yours.',
        cause,
      },
    )
  }
}

function viewOf({ network, anchors, note, mark }: TrustRoot): {
  readonly network: string
  readonly anchors: readonly string[]
  readonly note: string | null
  readonly mark: string
} {
  return { network, anchors: anchors.map(agentText), note, mark }
}

async function writeRows(session: Session, root: TrustRoot): Promise<void> {
  const { network, anchors, note, mark } = viewOf(root)
  const rows = [
    ['network', network],
    ...anchors.map((anchor) => ['anchor', anchor]),
    ...(note === null ? [] : [['note', printable(note)]]),
    ['mark', mark],
  ]
  for (const [label = '', value = ''] of rows) await session.write(`${`${label}:`.padEnd(18)}${value}\n`)
}
