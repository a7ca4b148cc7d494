import { fileURLToPath } from 'node:url'

/** The built command, as npm links it. */
export const BIN = fileURLToPath(new URL('../../../packages/haggle/bin/haggle.js', import.meta.url))

/** What it runs: absent until the workspace is built. */
export const COMMAND = fileURLToPath(new URL('../../../packages/haggle/dist/cli.js', import.meta.url))
