import { openFilesLimit } from '@haggle/node/system'
import { ok, toMend, warning, type Check } from './check.ts'

/** With fewer not even the modules of the command load: it refuses before that, as it does on an old Node. */
const TOO_FEW_FILES = 256
/** Below this a busy agent may run out. */
const FEW_FILES = 1_024

/** The oldest Node that haggle runs on; the command itself refuses older ones before any of this is loaded. */
const NODE_FLOOR = [20, 19] as const

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [least, leastMinor] = NODE_FLOOR
  if (major > least || (major === least && minor >= leastMinor)) return ok('node', `Node ${version}`)
  return toMend(
    'node',
    `Node ${version} is too old: haggle needs ${NODE_FLOOR.join('.')} or newer`,
    'Install a newer Node from https://nodejs.org, or with your version manager: nvm install 22',
  )
}

/** Open files of the process that runs the agent, or of this one, which was started in the same way. */
export async function checkFiles(pid: number | undefined): Promise<Check> {
  const limit = await openFilesLimit(pid)
  if (limit === undefined) return warning('files', 'the limit of open files cannot be read here', null)
  const saw = `${limit === Infinity ? 'any number of' : limit} open files${pid === undefined ? '' : ' in the running agent'}`
  const mend = 'Raise it before you start the agent: ulimit -n 4096 (in a systemd unit: LimitNOFILE=4096)'
  if (limit < TOO_FEW_FILES) return toMend('files', `only ${saw}: peers, the store and commands need more`, mend)
  return limit < FEW_FILES ? warning('files', `only ${saw}: enough for a few peers`, mend) : ok('files', saw)
}
