// Gives the package its manifest of the workspace back, and takes away what was only there to be packed.
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const kept = join(root, 'package.workspace.json')
if (existsSync(kept)) await rename(kept, join(root, 'package.json'))
for (const name of ['lib', 'README.md', 'LICENSE']) await rm(join(root, name), { recursive: true, force: true })
