import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { ed25519Verify, isSealOf, resultCheck, x25519Wrap } from '@haggle/node/pure'
import type { PayloadHash } from '@haggle/protocol'
import { TASK_FILE_BYTES } from '../../task-file/parse.ts'
import { verifyTaskFile, type ShownPayload, type Verification } from '../../task-file/verify.ts'
import { verificationJson, verificationText } from '../../view/verification-view.ts'
import type { VerifyFlags } from '../command-flags.ts'
import { exitCode } from '../exit-code.ts'
import { localSession } from '../local-session.ts'
import { writeJson, type Session } from '../session.ts'
import { unreadable } from './result-output.ts'

/** A schema judges documents up to this size; of a longer result only the hash counts. */
const JUDGED_BYTES = 1_048_577

/** `haggle verify`: judges a task file offline. */
export async function runVerify(file: string, flags: VerifyFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const payload = flags.payload === undefined ? undefined : await shownPayload(flags.payload, session)
  const verification = await verificationOf(file, payload, session)
  if (flags.json === true) await writeJson(session, verificationJson(verification))
  else if (verification.kind === 'valid') await session.write(verificationText(verification))
  else session.note(verificationText(verification))
  switch (verification.kind) {
    case 'valid':
      return exitCode.ok
    case 'invalid':
      return exitCode.failure
    case 'unreadable':
      return exitCode.unreadable
  }
}

async function verificationOf(
  file: string,
  payload: ShownPayload | undefined,
  session: Session,
): Promise<Verification> {
  const text = await textOf(file, session)
  if (typeof text !== 'string') return { kind: 'unreadable', reason: text.problem }
  const options = { verify: ed25519Verify, checkResult: resultCheck, opensSeal: isSealOf(x25519Wrap) }
  return verifyTaskFile(text, payload === undefined ? options : { ...options, payload })
}

async function textOf(file: string, session: Session): Promise<string | { readonly problem: string }> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of bytesOf(file, session)) {
      size += chunk.length
      if (size > TASK_FILE_BYTES) return { problem: `it is larger than ${TASK_FILE_BYTES} bytes` }
      chunks.push(chunk)
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch (error) {
    if (error instanceof TypeError) return { problem: 'it is not text in UTF-8' }
    return { problem: unreadable(file, error).message }
  }
}

/** Hashes a result of any size; its bytes are kept only while a schema could judge them. */
async function shownPayload(file: string, session: Session): Promise<ShownPayload> {
  const hash = createHash('sha256')
  let kept: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of bytesOf(file, session)) {
      hash.update(chunk)
      size += chunk.length
      if (size > JUDGED_BYTES) kept = []
      else kept.push(chunk)
    }
  } catch (error) {
    throw unreadable(file, error)
  }
  // Lower-case hexadecimal of a SHA-256 is what the brand says.
  return { hash: hash.digest('hex') as PayloadHash, bytes: size > JUDGED_BYTES ? null : Buffer.concat(kept) }
}

function bytesOf(file: string, session: Session): AsyncIterable<Uint8Array> {
  if (file !== '-') return createReadStream(file)
  if (session.tty.stdin) session.note('haggle: reading from the terminal; end it with Ctrl-D.')
  return session.input()
}
