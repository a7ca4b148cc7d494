import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

/** The same tests as in `npm test`, on as many logs as the checker must be right about. */
export default defineConfig({
  ...base,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { ...base.test, include: ['test/check/*.test.ts'], env: { HAGGLE_CHECK: 'full' } },
})
