import { createHash, randomBytes } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { HaggleError } from '@haggle/protocol'

/** The form in which libp2p keeps the key of a private network, so that other tools read it too. */
const FORM = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n([0-9a-fA-F]{64})\s*$/
const MAX_BYTES = 1_024
const MAKE_ONE = 'Make one with "haggle network secret FILE", and give every host of the network a copy.'

/** What all agents of a private network hold, and nobody else. */
export interface NetworkSecret {
  /** Never to be logged. */
  readonly bytes: Uint8Array
  /** Tells two secrets apart and gives neither away. */
  readonly mark: string
}

/** The text of a new secret. */
export function newSecretText(): string {
  return `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString('hex')}\n`
}

/** The secret in such a text; throws `config/secret`. */
export function secretFromText(text: string, where: string): NetworkSecret {
  const hex = FORM.exec(text)?.[1]
  if (hex === undefined) {
    throw new HaggleError('config/secret', `${where} is no network secret`, {
      next: `Its three lines are /key/swarm/psk/1.0.0/, /base16/ and 64 hexadecimal digits. ${MAKE_ONE}`,
    })
  }
  const bytes = Buffer.from(hex, 'hex')
  const mark = createHash('sha256').update('haggle/secret-mark/1\0').update(bytes).digest('hex').slice(0, 16)
  return { bytes, mark }
}

/** The secret in a file that only its user can read; throws `config/secret` or `config/secret-exposed`. */
export async function readSecret(path: string): Promise<NetworkSecret> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    const { mode } = await handle.stat()
    if ((mode & 0o077) !== 0) {
      throw new HaggleError('config/secret-exposed', `other users of this machine can read the secret ${path}`, {
        next: `Close it with "chmod 600 ${path}". If somebody may have read it, make a new one for all hosts of the network.`,
      })
    }
    return secretFromText(await startOf(handle), path)
  } catch (cause) {
    if (cause instanceof HaggleError) throw cause
    throw new HaggleError('config/secret', `the secret ${path} cannot be read`, { next: MAKE_ONE, cause })
  } finally {
    await handle?.close()
  }
}

/** Whether a command that names a secret may be carried out by an agent that runs with this one; throws `config/secret-other`. */
export function checkSecret(name: string, running: string | null, asked: string | null): void {
  if (asked === null || asked === running) return
  const what = running === null ? 'without a secret' : 'with another secret'
  throw new HaggleError('config/secret-other', `agent ${name} runs ${what}`, {
    next: 'Leave --secret out to use the agent that runs, stop it first, or use another agent with --as NAME.',
  })
}

async function startOf(handle: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(MAX_BYTES)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, MAX_BYTES - length)
    length += bytesRead
    if (bytesRead === 0 || length === MAX_BYTES) return buffer.toString('utf8', 0, length)
  }
}
