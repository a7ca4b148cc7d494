import { defaultServerConditions } from 'vite'
import { configDefaults, defineConfig } from 'vitest/config'

// Tests run on the workspace's sources, not on `dist`: the condition is ours because `src` is not shipped.
export default defineConfig({
  ssr: { resolve: { conditions: ['@haggle/source', ...defaultServerConditions] } },
  test: {
    // Vitest would leave one processor to itself, which is half of a small machine.
    maxWorkers: '100%',
    // Only for what hangs: how fast a busy machine is must not decide a test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/reporters/closing-line.ts'],
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      'test/{lan,process,package,traps,hostile,chaos,fuzz,acceptance,sim,sim-coverage}/**',
    ],
  },
})
