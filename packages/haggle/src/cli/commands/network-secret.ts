import { writeFile } from 'node:fs/promises'
import { HaggleError } from '@haggle/protocol'
import { newSecretText, secretFromText } from '../../network-secret.ts'
import { exitCode } from '../exit-code.ts'
import type { CommonFlags } from '../flags.ts'
import { localSession } from '../local-session.ts'
import { writeJson } from '../session.ts'

/** `haggle network secret`: one secret, to a file of its own or to stdout. */
export async function runNetworkSecret(file: string | undefined, flags: CommonFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const text = newSecretText()
  const { mark } = secretFromText(text, 'the new secret')
  if (file === undefined || file === '-') {
    if (flags.json === true) await writeJson(session, { secret: text, mark })
    else await session.write(text)
    return exitCode.ok
  }
  try {
    // A file that is there may be the secret of a network that runs.
    await writeFile(file, text, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new HaggleError('config/secret', `the secret ${file} cannot be written`, {
      next: 'Choose a file that is not there yet, in a folder of yours.',
      cause,
    })
  }
  if (flags.json === true) await writeJson(session, { file, mark })
  else
    session.note(`haggle: wrote ${file}; copy it to every host of the network and start agents with --secret ${file}`)
  return exitCode.ok
}
