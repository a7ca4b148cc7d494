import { HaggleError } from '@haggle/protocol'
import { checkNetwork, keptRoot } from '../genesis/genesis-setting.ts'
import { readGenesis, type TrustRoot } from '../genesis/genesis.ts'
import { ok, quoted, toMend, warning, type Check } from './check.ts'
import type { ExaminedHolder } from './store-checks.ts'

/** Whom an agent trusts beside itself, and whether that is the genesis that was named, if one was. */
export async function checkGenesis(
  file: string | undefined,
  { path, network }: { readonly path: string; readonly network: string },
  { holder }: ExaminedHolder,
): Promise<Check> {
  let kept: TrustRoot | undefined
  let given: TrustRoot | undefined
  try {
    kept = await keptRoot(path)
    if (file !== undefined) {
      given = await readGenesis(file)
      checkNetwork(given, network)
    }
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error
    return toMend('genesis', error.message, error.next)
  }
  if (file === undefined || given === undefined) return ok('genesis', trusts(kept))
  if (given.mark === kept?.mark) return ok('genesis', `${trusts(kept)}, as ${file} says`)
  const saw = `${trusts(kept)}; ${file} names ${given.anchors.length}, and they are not the same`
  if (holder === undefined)
    return warning('genesis', saw, `Start the agent with --genesis ${quoted(file)} to trust them.`)
  const mend = `Stop it with "kill ${holder.pid}" and start it with --genesis ${quoted(file)}, or leave --genesis out.`
  return toMend('genesis', saw, mend)
}

function trusts(root: TrustRoot | undefined): string {
  if (root === undefined) return 'trusts no anchors, so its numbers are its own'
  return `trusts ${root.anchors.length} anchor(s) of network ${root.network}`
}
