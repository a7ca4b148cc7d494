import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The tarball that `npm pack` makes, in an empty project: it needs the packed package, so it has a script of its own. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    reporters: ['default', fileURLToPath(new URL('../reporters/closing-line.ts', import.meta.url))],
    hookTimeout: 180_000,
  },
})
