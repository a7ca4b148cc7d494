import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const LIMIT_MS = 240_000

/** Hosts on a bridge, each with real processes on the built command. Waits have limits of their own that say what was waited for. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    include: ['*.test.ts'],
    testTimeout: LIMIT_MS,
    hookTimeout: LIMIT_MS,
    reporters: ['default', fileURLToPath(new URL('../reporters/closing-line.ts', import.meta.url))],
    globalSetup: [fileURLToPath(new URL('support/say-why-skipped.ts', import.meta.url))],
    // Up to six hosts with a process or two each: more files at once would measure the machine, not the product.
    maxWorkers: 2,
    maxConcurrency: 2,
  },
})
