import { createServer } from 'node:net'
import type { JsonValue } from '@haggle/protocol'
import { ok, toMend, type Check } from './check.ts'

interface Listening {
  /** The port that the agent keeps; null before its first start. */
  readonly kept: number | null
  /** Addresses that were asked for instead. */
  readonly listen: readonly string[] | undefined
  /** Where the running agent says it listens. */
  readonly addresses: JsonValue | undefined
  readonly configPath: string
}

/** Whether the agent can listen where others expect it. */
export async function checkPort({ kept, listen, addresses, configPath }: Listening): Promise<Check> {
  if (Array.isArray(addresses)) {
    const ports = new Set(addresses.flatMap((address) => portOf(String(address)) ?? []))
    return ok(
      'port',
      ports.size === 0 ? 'the running agent listens nowhere' : `the running agent listens on ${[...ports].join(', ')}`,
    )
  }
  const wanted = listen?.flatMap((address) => portOf(address) ?? []) ?? [kept ?? 0]
  for (const port of wanted) {
    const problem = await tryListening(port)
    if (problem === undefined) continue
    const saw =
      port === 0 ? `no port can be listened on (${problem})` : `port ${port} cannot be listened on (${problem})`
    const others =
      kept === port && listen === undefined
        ? `, or remove "port" from ${configPath} to choose anew`
        : ', or choose another port'
    return toMend('port', saw, `Stop the process that has it (ss -ltnp 'sport = :${port}')${others}`)
  }
  if (listen === undefined && kept === null) return ok('port', 'none kept yet: the first start chooses one')
  return ok('port', `${wanted.join(', ')} ${wanted.length === 1 ? 'is' : 'are'} free`)
}

function portOf(address: string): number | undefined {
  const port = /\/tcp\/(\d{1,5})(\/|$)/.exec(address)?.[1]
  return port === undefined ? undefined : Number(port)
}

/** The code with which listening fails, or undefined. */
function tryListening(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
