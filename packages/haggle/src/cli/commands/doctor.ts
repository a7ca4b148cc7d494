import { examine } from '../../doctor/examine.ts'
import type { Check } from '../../doctor/check.ts'
import { haggleHome } from '../../home.ts'
import { printable } from '../../view/event-view.ts'
import { exitCode } from '../exit-code.ts'
import type { NetworkFlags } from '../flags.ts'
import { localSession } from '../local-session.ts'
import { DEFAULT_AGENT } from '../on-agent.ts'
import { writeJson } from '../session.ts'

const SHOWN = { ok: 'ok', warning: 'warning', mend: 'MEND' } as const

/** `haggle doctor`: what an agent needs, what is there, and how to mend what is not. */
export async function runDoctor(flags: NetworkFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const name = flags.as ?? DEFAULT_AGENT
  const checks = examine({
    ...{ home: haggleHome(), name, network: flags.network, secret: flags.secret, genesis: flags.genesis },
    ...{ listen: flags.listen, peers: flags.peer ?? [], mdns: flags.mdns, profile: flags.profile ?? 'lan' },
  })
  let toMend = 0
  for await (const check of checks) {
    if (check.state === 'mend') toMend += 1
    if (flags.json === true) await writeJson(session, check)
    else await session.write(textOf(check))
  }
  if (toMend === 0) return exitCode.ok
  session.note(`haggle: ${toMend} thing(s) must be mended before agent ${name} can do its work.`)
  return exitCode.configuration
}

function textOf({ check, state, saw, mend }: Check): string {
  const head = `${check.padEnd(10)} ${SHOWN[state].padEnd(8)} `
  const next = mend === null || state === 'ok' ? '' : `${' '.repeat(head.length)}${printable(mend)}\n`
  return `${head}${printable(saw)}\n${next}`
}
