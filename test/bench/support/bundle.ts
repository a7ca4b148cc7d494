import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('../children/', import.meta.url))
const scripts = ['party', 'bare', 'queue', 'dependencies', 'junk'] as const
export type Script = (typeof scripts)[number]

/**
 * Erases the types of the children's scripts once, so that what is measured runs no compiler beside it. They are put below the
 * `node_modules` of the tree that is measured, whose packages they then import.
 */
export async function bundleChildren(root: string): Promise<(name: Script) => string> {
  const out = join(root, 'node_modules', '.cache', 'haggle-bench')
  await build({
    entryPoints: scripts.map((name) => join(here, `${name}.ts`)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'error',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  })
  return (name) => join(out, `${name}.mjs`)
}
