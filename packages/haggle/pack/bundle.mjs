import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'

// A bundle of ES modules still holds CommonJS packages, which ask for `require` and for the place they stand in.
const banner = [
  `import { createRequire as createRequireOfBundle } from 'node:module'`,
  `import { fileURLToPath as pathOfBundle } from 'node:url'`,
  `const require = createRequireOfBundle(import.meta.url)`,
  `const __dirname = pathOfBundle(new URL('.', import.meta.url))`,
].join('; ')

/** A bundled CommonJS package that is imported when it is needed has no names but `default`: these give it its names. */
const namedDatabase = {
  name: 'named-database',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^classic-level$/ }, ({ kind, resolveDir }) =>
      kind === 'dynamic-import' ? { path: 'classic-level', namespace: 'named', pluginData: resolveDir } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'named' }, ({ pluginData }) => ({
      contents: `export { ClassicLevel } from 'classic-level'`,
      resolveDir: pluginData,
    }))
  },
}

/** The database loads its native part from beside its own files: in the bundle that is the folder of the bundle. */
const nativeBeside = {
  name: 'native-beside',
  setup({ onLoad }) {
    onLoad({ filter: /classic-level[/\\]binding\.js$/ }, () => ({
      contents: `module.exports = require('node-gyp-build')(__dirname)`,
      loader: 'js',
    }))
  },
}

/** Everything that runs as a few files in `lib`: nothing is left to install, so nothing can warn or differ. */
export async function bundle(root, lib) {
  const dist = join(root, 'dist')
  // The simulator looks for its threads beside itself.
  const simWorker = join(root, '..', 'simulator', 'dist', 'run', 'worker.js')
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(dist, 'index.js'), join(dist, 'cli.js'), join(dist, 'demo', 'actor.js'), simWorker],
    entryNames: '[name]',
    outdir: lib,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'none',
    metafile: true,
    banner: { js: banner },
    plugins: [namedDatabase, nativeBeside],
  })
  await copyNative(lib)
  await writeFile(join(lib, 'THIRD-PARTY-NOTICES.md'), await notices(root, Object.keys(metafile.inputs)))
}

async function copyNative(lib) {
  const require = createRequire(new URL('../../journal/package.json', import.meta.url))
  const from = dirname(require.resolve('classic-level/package.json'))
  await cp(join(from, 'prebuilds'), join(lib, 'prebuilds'), { recursive: true })
}

/** The licences of the packages whose code the bundle holds. */
async function notices(root, inputs) {
  const folders = new Set(inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []))
  const texts = []
  for (const folder of [...folders].toSorted((a, b) => (a < b ? -1 : 1))) {
    const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
    if (manifest.name === undefined || manifest.name.startsWith('@haggle/')) continue
    texts.push(
      `## ${manifest.name} ${manifest.version} (${manifest.license ?? 'see its text'})\n\n${await licence(join(root, folder))}`,
    )
  }
  return `# Third-party notices\n\nThis package contains code of the following packages.\n\n${texts.join('\n\n')}\n`
}

async function licence(folder) {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENSE-MIT', 'license', 'LICENCE', 'License']) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text !== undefined) return text.trim()
  }
  return 'The package brings no text of its licence.'
}

/** The command as it stands in the package: the same file, which finds the bundle beside its folder. */
export async function copyCommand(root, lib) {
  const text = await readFile(join(root, 'bin', 'haggle.js'), 'utf8')
  const changed = text.replaceAll('../dist/', '../')
  if (changed === text) throw new Error('bin/haggle.js loads nothing from ../dist: the package would not start')
  await mkdir(join(lib, 'bin'), { recursive: true })
  await writeFile(join(lib, 'bin', 'haggle.js'), changed, { mode: 0o755 })
}
