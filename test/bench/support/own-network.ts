import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Options } from './options.ts'
import { buildRevision, type OtherTree } from './other-tree.ts'

/** Set for the process that measures: where it may write, and whose network it is in. */
const DIRECTORY = 'HAGGLE_BENCH_DIRECTORY'
const NETWORK = 'HAGGLE_BENCH_NETWORK'
/** The tree of another revision, built for `--paired`. */
const OTHER = 'HAGGLE_BENCH_OTHER'

export interface Place {
  readonly directory: string
  readonly network: 'own' | 'host'
  readonly other: string | null
}

/** The place to measure in, or undefined in the process that was started by hand. */
export function place(): Place | undefined {
  const directory = process.env[DIRECTORY]
  if (directory === undefined) return undefined
  return { directory, network: process.env[NETWORK] === 'own' ? 'own' : 'host', other: process.env[OTHER] ?? null }
}

const UP = 'ip link set lo up && exec "$@"'
// Whatever is still running in there ends with it, also when the bench itself is killed.
const apart = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc']
const ways = [apart, ['--user', '--map-root-user', ...apart]]

/** Runs the same command again with a directory and, where this machine lets us, a network of its own; returns its exit code. */
export async function runApart(options: Options, root: string): Promise<number> {
  const way = ways.find((args) => spawnSync('unshare', [...args, 'sh', '-c', UP, 'sh', 'true']).status === 0)
  if (way === undefined) {
    process.stderr.write(
      'no network of its own (needs Linux with unshare and ip): measuring in the network of this machine\n',
    )
  }
  const directory = await mkdtemp(join(options.directory, 'haggle-bench-'))
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const [program = '', ...args] = way === undefined ? self : ['unshare', ...way, 'sh', '-c', UP, 'sh', ...self]
  // A package that is not here yet cannot be fetched from within a network of one's own.
  let other: OtherTree | undefined
  try {
    if (options.paired !== null) other = await buildRevision(root, options.paired, directory)
    const env = { ...process.env, [DIRECTORY]: directory, [NETWORK]: way === undefined ? 'host' : 'own' }
    const child = spawn(program, args, {
      stdio: 'inherit',
      env: other === undefined ? env : { ...env, [OTHER]: other.path },
    })
    const end = (): void => void child.kill('SIGKILL')
    process.once('SIGINT', end).once('SIGTERM', end)
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => resolve(code ?? 130))
    })
  } finally {
    await other?.remove()
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}
