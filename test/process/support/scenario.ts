import { test } from 'vitest'
import { hindrance } from './namespace.ts'
import { Stage } from './stage.ts'

/** A test on a stage of its own, which is cleared however it ends. */
export const scenario = test
  .extend<{ stage: Stage }>({
    // Vitest reads the fixtures that one needs from its first parameter, which has to be a pattern.
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of fixtures from this pattern
    stage: async ({}, use) => {
      const stage = await Stage.open()
      try {
        await use(stage)
      } finally {
        await stage.close()
      }
    },
  })
  .skipIf(hindrance !== undefined)
