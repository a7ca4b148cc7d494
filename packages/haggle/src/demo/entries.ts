import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HaggleError } from '@haggle/protocol'

/** The programs that the demo starts as processes of their own. */
export interface DemoEntries {
  readonly actor: string
  readonly cli: string
}

/** Found beside this file as it is compiled, or beside the one file that a bundler made of everything. */
export function demoEntries(): DemoEntries {
  return {
    actor: firstThere(['./actor.js', './demo/actor.js']),
    cli: firstThere(['../../bin/haggle.js', '../bin/haggle.js', './bin/haggle.js']),
  }
}

function firstThere(places: readonly string[]): string {
  const found = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new HaggleError('demo/incomplete', `none of ${places.join(', ')} stands beside the demo`, {
    next: 'Build it first: npm run build.',
  })
}
