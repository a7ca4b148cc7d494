import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Edit } from './regression.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const ENTRY = fileURLToPath(new URL('../play.ts', import.meta.url))

/**
 * A copy of the built packages, where they find each other and their dependencies as they do in the workspace: what is
 * taken out here is in no code that anybody runs.
 */
export class Workshop {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async open(): Promise<Workshop> {
    const path = await mkdtemp(join(tmpdir(), 'haggle-traps-'))
    await writeFile(join(path, 'package.json'), '{"type":"module"}\n')
    await copyPackages(path)
    await linkDependencies(path)
    // The regressions themselves, so that what they import is the copy.
    await build({
      entryPoints: [ENTRY],
      outfile: join(path, 'play.mjs'),
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
    })
    return new Workshop(path)
  }

  /** The program that plays a regression on the copy. */
  get program(): string {
    return join(this.path, 'play.mjs')
  }

  /** Takes out what these edits name; the function returned puts it back. Rejects when a text is not there exactly once. */
  async without(edits: readonly Edit[]): Promise<() => Promise<void>> {
    const before = new Map<string, string>()
    for (const { file, text, instead } of edits) {
      const path = join(this.path, file)
      const code = await readFile(path, 'utf8')
      const found = code.split(text).length - 1
      if (found !== 1)
        throw new Error(`${file} holds the text of a fix ${found} times, not once; mend the edit:\n${text}`)
      if (!before.has(path)) before.set(path, code)
      await writeFile(
        path,
        code.replace(text, () => instead),
      )
    }
    return async () => {
      for (const [path, code] of before) await writeFile(path, code)
    }
  }

  async close(): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

async function copyPackages(path: string): Promise<void> {
  for (const name of await readdir(join(ROOT, 'packages'))) {
    for (const part of ['dist', 'bin', 'package.json']) {
      const from = join(ROOT, 'packages', name, part)
      await cp(from, join(path, 'packages', name, part), { recursive: true }).catch((error: unknown) => {
        // Only one of the packages has a command.
        if (part !== 'bin') throw error
      })
    }
  }
}

/** Links to everything that is installed, save the packages of the workspace, which are the copies. */
async function linkDependencies(path: string): Promise<void> {
  const installed = join(ROOT, 'node_modules')
  const link = async (target: string, name: string): Promise<void> => {
    await mkdir(dirname(join(path, 'node_modules', name)), { recursive: true })
    await symlink(target, join(path, 'node_modules', name))
  }
  for (const name of await readdir(installed)) {
    if (name.startsWith('.') || name === '@haggle' || name === 'haggle') continue
    await link(join(installed, name), name)
  }
  for (const name of await readdir(join(ROOT, 'packages'))) {
    await link(join(path, 'packages', name), name === 'haggle' ? name : `@haggle/${name}`)
  }
}
