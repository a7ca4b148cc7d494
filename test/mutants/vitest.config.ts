import { readFileSync } from 'node:fs'
import { defaultServerConditions, type Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { findMutant } from '../../packages/simulator/src/mutants/apply.ts'

const root = new URL('../../', import.meta.url).pathname

/** Gives the tests the built code of a file, with the bug in it, where they ask for its source. */
function planted(name: string): Plugin {
  const { edits } = findMutant(name)
  return {
    name: 'planted-bug',
    enforce: 'pre',
    load(id) {
      const built = id.replace(/\/src\/(.*)\.ts$/, '/dist/$1.js')
      const own = edits.filter(({ file }) => `${root}${file}` === built)
      if (own.length === 0) return null
      let code = readFileSync(built, 'utf8')
      for (const { text, instead } of own) code = code.replace(text, () => instead)
      return code.replaceAll(/(from '\.[^']*)\.js'/g, "$1.ts'")
    },
  }
}

/** The unit and property tests of core and node, on a product with one planted bug: HAGGLE_MUTANT names it. */
export default defineConfig({
  root,
  plugins: [planted(process.env['HAGGLE_MUTANT'] ?? '')],
  ssr: { resolve: { conditions: ['@haggle/source', ...defaultServerConditions] } },
  test: {
    testTimeout: 240_000,
    hookTimeout: 60_000,
    include: ['packages/{core,node}/test/**/*.test.ts'],
    bail: 1,
  },
})
