// @ts-check
// The bazaar as a program of your own: it runs the same play as `npm run bazaar`, and passes its arguments on.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const haggle = fileURLToPath(new URL('../../packages/haggle/bin/haggle.js', import.meta.url))
const demo = spawn(process.execPath, [haggle, 'demo', ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => demo.kill(signal))
demo.on('exit', (code) => process.exit(code ?? 1))
