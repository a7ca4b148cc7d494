import { test } from 'vitest'
import { hindrance, Lan } from './lan.ts'

/** A test on a LAN of its own, which is taken down however it ends. */
export const onLan = test
  .extend<{ lan: Lan }>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of fixtures from this pattern
    lan: async ({}, use) => {
      const lan = await Lan.open()
      try {
        await use(lan)
      } finally {
        await lan.close()
      }
    },
  })
  .skipIf(hindrance !== undefined)
