import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const cache = fileURLToPath(new URL('../../../../node_modules/.cache/haggle-test/', import.meta.url))

/** Makes a program of a test file that a bare Node 20 can run, and returns its path. */
export async function childProgram(source: URL, name: string): Promise<string> {
  await mkdir(cache, { recursive: true })
  const outfile = join(cache, `${name}-${process.pid}.mjs`)
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: {
      noExternal: true,
      external: ['classic-level'],
      resolve: { conditions: ['@haggle/source', 'node', 'import', 'default'] },
    },
    build: {
      ssr: fileURLToPath(source),
      outDir: cache,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: basename(outfile), codeSplitting: false } },
    },
  })
  return outfile
}

/** A running program and the lines it prints. */
export function started(
  command: string,
  args: readonly string[],
): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('stdout is a pipe')
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}
