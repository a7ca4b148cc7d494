import { connectControl } from '@haggle/node/system'
import type { JsonValue } from '@haggle/protocol'
import { attach } from './attach.ts'
import { PATIENCE_MS } from './place.ts'
import type { Request } from './request.ts'
import type { Session } from './session.ts'

type Answered = { readonly [field: string]: JsonValue }

/** The one JSON object that a running agent answers to a request, or undefined: it does not answer, or not to who holds this secret. */
export async function askRunning(
  socket: string,
  request: Request,
  secret: string | null = null,
): Promise<Answered | undefined> {
  return (await askLines(socket, request, secret))?.[0]
}

/** The JSON objects that a running agent answers to a request, or undefined: it does not answer. */
export async function askLines(
  socket: string,
  request: Request,
  secret: string | null = null,
): Promise<readonly Answered[] | undefined> {
  const deadline = performance.now() + PATIENCE_MS
  const written: Uint8Array[] = []
  const never = new AbortController().signal
  const tty = { stdin: false, stdout: false, stderr: false }
  const session: Session = {
    cwd: process.cwd(),
    tty,
    color: false,
    input: () => nothing(),
    async write(chunk) {
      written.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    },
    note: () => undefined,
    interrupted: never,
    killed: never,
    unread: never,
  }
  try {
    const channel = await connectControl(socket, PATIENCE_MS)
    const call = {
      request,
      json: true,
      debug: false,
      network: null,
      secret,
      genesis: null,
      session: { cwd: session.cwd, tty, color: false },
    }
    const code = await attach(channel, call, session, deadline)
    if (code !== 0) return undefined
    const lines = Buffer.concat(written).toString().split('\n')
    // Our own agent answers a request with one JSON object on each line.
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Answered)
  } catch {
    return undefined
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // No command that is asked this way reads input.
}
