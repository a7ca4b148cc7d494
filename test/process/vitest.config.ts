import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const LIMIT_MS = 150_000

/**
 * Scenarios with real processes on the built command, each in a network of its own. Waits have limits of their own that say
 * what was waited for; the limit of a test is only there for the case that one of them is missing.
 */
const common = {
  root: fileURLToPath(new URL('.', import.meta.url)),
  testTimeout: LIMIT_MS,
  hookTimeout: LIMIT_MS,
}

export default defineConfig({
  test: {
    reporters: ['default', fileURLToPath(new URL('../reporters/closing-line.ts', import.meta.url))],
    globalSetup: [fileURLToPath(new URL('support/say-why-skipped.ts', import.meta.url))],
    maxWorkers: 4,
    projects: [
      // What is measured runs before anything else does, on a machine that has nothing else to do.
      { test: { ...common, name: 'timing', include: ['hire-time.test.ts'], sequence: { groupOrder: 0 } } },
      {
        test: {
          ...common,
          name: 'scenarios',
          include: ['*.test.ts'],
          exclude: ['hire-time.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
