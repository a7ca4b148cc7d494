import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const LIMIT_MS = 240_000

/**
 * Hostile peers, files and commands against real agents, each in a network of its own. One at a time: what is measured is how
 * much memory and time an agent spends on its enemies, not on its neighbours.
 */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    testTimeout: LIMIT_MS,
    hookTimeout: LIMIT_MS,
    reporters: ['default', fileURLToPath(new URL('../reporters/closing-line.ts', import.meta.url))],
    globalSetup: [fileURLToPath(new URL('../process/support/say-why-skipped.ts', import.meta.url))],
    include: ['*.test.ts'],
    fileParallelism: false,
  },
})
