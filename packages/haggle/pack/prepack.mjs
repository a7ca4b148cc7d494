// Makes this package stand on its own, right before npm packs it: see docs/decisions/0009-one-self-contained-package.md.
import { execFileSync } from 'node:child_process'
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, copyCommand } from './bundle.mjs'
import { copyTypes } from './types.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packages = dirname(root)
const workspace = dirname(packages)
const lib = join(root, 'lib')

execFileSync(process.execPath, [join(workspace, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', workspace], {
  stdio: ['ignore', 2, 2],
})
await rm(lib, { recursive: true, force: true })
await bundle(root, lib)
await copyCommand(root, lib)
const named = await copyTypes(packages, lib)
for (const name of ['README.md', 'LICENSE']) await copyFile(join(workspace, name), join(root, name))

const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
const versions = JSON.parse(await readFile(join(packages, 'node', 'package.json'), 'utf8')).dependencies
const { name, version, description, keywords, type, license, engines } = manifest
const published = {
  ...{ name, version, description, keywords, type, license, engines },
  bin: { haggle: './lib/bin/haggle.js' },
  exports: { '.': { types: './lib/types/haggle/index.d.ts', default: './lib/index.js' } },
  files: ['lib', 'share'],
  // Only types are left outside, and a package of types brings no code.
  dependencies: Object.fromEntries(named.map((each) => [each, versionOf(versions, each)])),
}
// The one of the workspace comes back right after packing, by postpack.mjs.
await rename(join(root, 'package.json'), join(root, 'package.workspace.json'))
await writeFile(join(root, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)

function versionOf(dependencies, outside) {
  const found = dependencies[outside]
  if (found === undefined) throw new Error(`the public types name ${outside}, which packages/node does not depend on`)
  return found
}
