import type { DemoFlags } from '../command-flags.ts'

/** `haggle demo`: the bazaar. */
export async function startDemo(flags: DemoFlags): Promise<number> {
  const { runDemo } = await import('../../demo/run-demo.ts')
  return runDemo({ without: flags.without ?? [], json: flags.json === true, debug: flags.debug === true })
}
