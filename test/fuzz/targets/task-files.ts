import { TaskFailed } from '@haggle/node'
import { ed25519Verify, resultCheck } from '@haggle/node/pure'
import type { Verify } from '@haggle/ports'
import { taskFile } from '../../../packages/haggle/test/task-files.ts'
import { verifyTaskFile } from '../../../packages/haggle/src/task-file/verify.ts'
import { mutated, type Material } from '../mutator.ts'
import { mustHold, stateless, type Target } from '../target.ts'

const MOST_REMEMBERED = 4_096

/** Files that somebody hands over as proof: no change of one makes it prove what nobody signed. */
export const taskFiles: Target = {
  name: 'task-files',
  about: 'task files, verified; what stays valid holds only records that were signed',
  async open() {
    const files = await Promise.all([
      taskFile([() => 'HELLO']),
      taskFile([
        (task) => {
          throw task.withdraw('overloaded')
        },
        () => 'HELLO',
      ]),
      taskFile([() => ({ quiet: true })], {
        accept: { kind: 'schema', schema: '{"type":"object","required":["loud"]}' },
        attempts: 1,
      }),
      taskFile(
        [
          () => {
            throw new TaskFailed('exit-3', 'no such file')
          },
        ],
        { attempts: 1 },
      ),
    ])
    const signed = new Set(files.flatMap(({ records }) => records.map(({ id }) => id)))
    const material: Material = { form: 'text', corpus: files.map(({ text }) => Uint8Array.from(Buffer.from(text))) }
    const verify = remembered()
    return stateless(
      (random) => mutated(material, random),
      (bytes) => {
        const said = verifyTaskFile(Buffer.from(bytes).toString(), { verify, checkResult: resultCheck })
        if (said.kind !== 'valid') return said.kind
        for (const { id } of said.records)
          mustHold(signed.has(id), 'a file is valid and holds a record that nobody signed')
        return 'valid'
      },
    )
  },
}

/** Most records of a mutated file are those of its original, so their signatures need one look. */
function remembered(): Verify {
  const seen = new Map<string, boolean>()
  return (key, message, signature) => {
    const name = `${key} ${Buffer.from(message).toString('hex')} ${Buffer.from(signature).toString('hex')}`
    const known = seen.get(name)
    if (known !== undefined) return known
    if (seen.size >= MOST_REMEMBERED) seen.clear()
    const answer = ed25519Verify(key, message, signature)
    seen.set(name, answer)
    return answer
  }
}
