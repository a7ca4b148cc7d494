import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { expectExit } from '../../process/support/expect-exit.ts'
import type { Running, Told } from '../../process/support/running.ts'
import type { Stage } from '../../process/support/stage.ts'

const TYPESCRIPT = fileURLToPath(new URL('../../support/typescript.mjs', import.meta.url))
const PEERS = fileURLToPath(new URL('../peers/', import.meta.url))

/** Starts a script of `test/hostile/peers`. Its lines are events, as those of the commands are. */
export function hostile(stage: Stage, name: string, ...args: readonly string[]): Running {
  return stage.spawn(process.execPath, ['--import', TYPESCRIPT, `${PEERS}${name}.ts`, ...args])
}

/** The same with what the machine has left over: it shares its processors with those whom it attacks. */
export function hostileAside(stage: Stage, name: string, ...args: readonly string[]): Running {
  return stage.spawn('nice', ['-n', '19', process.execPath, '--import', TYPESCRIPT, `${PEERS}${name}.ts`, ...args])
}

/** Runs a script to its end, and shows how it ended when that was not well; its last event is what it has to say. */
export async function attack(stage: Stage, name: string, ...args: readonly string[]): Promise<Told> {
  const running = hostile(stage, name, ...args)
  expectExit(await running.ended(150_000), 0)
  return running.event('done')
}

/** Where an agent listens on the loopback interface. */
export async function addressOf(agent: Running): Promise<string> {
  const { addresses } = await agent.event('ready')
  const found = (addresses as readonly string[]).find((each) => each.startsWith('/ip4/127.0.0.1/'))
  if (found === undefined) throw new Error(`no loopback address: ${String(addresses)}`)
  return found
}

/** The honest hire beside an attack: it must work as if there were none. Returns how long it took, the start of Node included. */
export async function hireBeside(stage: Stage, as = 'me'): Promise<number> {
  const before = performance.now()
  const hired = await stage.run(['hire', 'echo', 'honest', '--as', as, '--deadline', '40s', '--wait', '15s'])
  expectExit(hired, 0)
  expect(hired.stdout.toString()).toBe('honest')
  return performance.now() - before
}
