import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

const root = new URL('../../', import.meta.url).pathname

/** How much of the engine the simulator reaches by itself, without any test that knows a rule. */
export default defineConfig({
  root,
  ssr: { resolve: { conditions: ['@haggle/source', ...defaultServerConditions] } },
  test: {
    include: ['test/sim-coverage/**/*.test.ts'],
    testTimeout: 3_600_000,
    pool: 'threads',
    coverage: {
      enabled: true,
      reportOnFailure: true,
      provider: 'v8',
      include: ['packages/core/src/**'],
      reporter: ['text', 'json'],
      reportsDirectory: 'node_modules/.cache/sim-coverage',
      thresholds: { lines: 95, branches: 90 },
    },
  },
})
