import { HaggleError } from '@haggle/protocol'
import { askRunning } from '../cli/ask-running.ts'
import { readSecret, type NetworkSecret } from '../network-secret.ts'
import { ok, quoted, toMend, type Check } from './check.ts'
import type { ExaminedHolder } from './store-checks.ts'

/** The secret of a private network, when one was named: whether it can be used, and whether a running agent holds the same. */
export async function examineSecret(
  file: string,
  { holder }: ExaminedHolder,
): Promise<{ readonly check: Check; readonly secret: NetworkSecret | undefined }> {
  let secret: NetworkSecret
  try {
    secret = await readSecret(file)
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error
    return { check: toMend('secret', error.message, error.next), secret: undefined }
  }
  const asked = holder === undefined ? {} : await askRunning(holder.socket, { name: 'status' }, secret.mark)
  if (asked === undefined) {
    const saw = `the agent that runs (process ${holder?.pid ?? ''}) answers nobody who holds ${file}: it has another secret, or none`
    const mend = `Stop it with "kill ${holder?.pid ?? ''}" and start it with --secret ${quoted(file)}, or leave --secret out.`
    return { check: toMend('secret', saw, mend), secret: undefined }
  }
  return { check: ok('secret', `${file} can be read by this user alone`), secret }
}
