import { spawnSync } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A revision of this repository, built in a work tree of its own. */
export interface OtherTree {
  readonly path: string
  remove(): Promise<void>
}

/** Checks `rev` out below `directory` and builds its packages; throws with what git, npm or tsc said when that fails. */
export async function buildRevision(root: string, rev: string, directory: string): Promise<OtherTree> {
  const path = join(directory, 'revision')
  run(root, 'git', ['worktree', 'add', '--detach', path, rev])
  const remove = async (): Promise<void> => {
    spawnSync('git', ['worktree', 'remove', '--force', path], { cwd: root })
    await rm(path, { recursive: true, force: true })
  }
  try {
    await install(root, path)
    run(path, process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-b', 'packages/haggle'])
  } catch (error) {
    await remove()
    throw error
  }
  return { path, remove }
}

/** The same lock file means the same packages: then links are as good as an installation. Links between packages are relative. */
async function install(root: string, path: string): Promise<void> {
  const [ours, theirs] = await Promise.all(
    [root, path].map((tree) => readFile(join(tree, 'package-lock.json'), 'utf8')),
  )
  const linked =
    ours === theirs && spawnSync('cp', ['-al', join(root, 'node_modules'), join(path, 'node_modules')]).status === 0
  await rm(join(path, 'node_modules', '.cache'), { recursive: true, force: true })
  if (!linked) run(path, 'npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'])
}

function run(cwd: string, program: string, args: readonly string[]): void {
  process.stderr.write(`${program} ${args.join(' ')}\n`)
  const { status, stderr, stdout } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} left with ${status}\n${stdout}${stderr}`)
}
