import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEngine } from '@haggle/core'
import { ed25519Verify } from '@haggle/node/pure'
import { createAgent, parseTaskFile, writeTaskFile } from 'haggle'
import { passing, within } from '../../process/support/limit.ts'
import { WAIT_MS } from '../support/peer.ts'
import type { Regression } from '../support/regression.ts'

const SCHEMA = 'packages/node/dist/pure/schema-language.js'
/** Doubles in time with every letter of a text that does not fit. */
const HOSTILE = JSON.stringify({ type: 'string', pattern: '^(a+)+$' })

/** Traps 23 and 25: text that becomes bytes that count, and schemas of strangers. */
export const input: readonly Regression[] = [
  {
    id: '23a',
    says: 'a task file is refused when one letter of a signature is another way to write the same bytes',
    without: [
      {
        file: 'packages/haggle/dist/task-file/fields.js',
        text: "const bytes = fromString(value, 'base64url');\n        return toString(bytes, 'base64url') === value ? bytes : undefined;",
        instead: "return new Uint8Array(Buffer.from(value, 'base64url'));",
      },
    ],
    async run() {
      const file = await settledFile()
      const { kind } = parseTaskFile(file, ed25519Verify)
      assert.equal(kind, 'parsed')
      // The second signature, so that the file is otherwise whole: 64 bytes leave four bits of the last letter unused.
      const signature = [...file.matchAll(/"signature": ?"([\w-]{86})"/g)][1]?.[1] ?? ''
      for (const loose of [looseOf(signature), `${signature}==`, `${signature}\\n`]) {
        assert.deepEqual(Buffer.from(loose.replace('\\n', '\n'), 'base64url'), Buffer.from(signature, 'base64url'))
        assert.equal(parseTaskFile(file.replace(signature, loose), ed25519Verify).kind, 'invalid', loose)
      }
    },
  },
  {
    id: '23b',
    says: 'a key file in which one letter changed is damaged, and not the key of another agent',
    without: [
      {
        file: 'packages/node/dist/system/agent-directory.js',
        text: 'seed.length !== SEED_BYTES || keyText(seed) !== text',
        instead: 'seed.length !== SEED_BYTES',
      },
    ],
    async run() {
      await (await createAgent({ name: 'ada' })).close()
      const path = join(process.env['HAGGLE_HOME'] ?? '', 'ada', 'key')
      const text = await readFile(path, 'utf8')
      await writeFile(path, `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`)
      await assert.rejects(createAgent({ name: 'ada' }), { code: 'dir/key-corrupt' })
    },
  },
  {
    id: '25a',
    says: 'a hostile pattern is refused by name where a task is offered',
    without: [acceptPatterns()],
    async run() {
      const ada = await createAgent({ name: 'ada' })
      await assert.rejects(ada.hire('match', 'hello', { accept: { kind: 'schema', schema: HOSTILE } }), {
        code: 'argument/invalid',
        message: /pattern/,
      })
    },
  },
  {
    id: '25b',
    says: 'an offer whose schema is hostile is not even quoted by a worker, whatever its requester runs',
    without: [acceptPatterns()],
    async run() {
      const asked: string[] = []
      const bob = await createAgent({ name: 'bob' })
      await bob.serve('match', { quote: ({ task }) => (asked.push(task), null) }, () => '').ready
      // A requester of another make: its engine signs what ours would not.
      const eve = await createAgent({
        name: 'eve',
        components: {
          createEngine: (identity) => {
            const engine = createEngine(identity)
            const handle: typeof engine.handle = (given) => {
              if (given.kind !== 'command' || given.command.kind !== 'offer' || given.command.job.key !== 'hostile')
                return engine.handle(given)
              const milestones = given.command.job.milestones.map((each) => ({
                ...each,
                acceptance: { kind: 'schema', schema: HOSTILE } as const,
              }))
              return engine.handle({ ...given, command: { kind: 'offer', job: { ...given.command.job, milestones } } })
            }
            return new Proxy(engine, {
              get(target, name) {
                if (name === 'handle') return handle
                const member: unknown = Reflect.get(target, name)
                return typeof member === 'function' ? member.bind(target) : member
              },
            })
          },
        },
      })
      await eve.hire('match', 'hello', { key: 'hostile' })
      const honest = await eve.hire('match', 'hello', { key: 'honest' })
      const isAsked = async (): Promise<void> => {
        while (!asked.includes(honest.task)) await passing(50)
      }
      await within(isAsked(), 'the honest offer to be quoted', WAIT_MS)
      assert.deepEqual(asked, [honest.task])
    },
  },
]

/** Lets the keyword through, as a validator of everything would. */
function acceptPatterns() {
  return {
    file: SCHEMA,
    text: 'return plainKeyword(keyword, value);',
    instead: "return keyword === 'pattern' ? { node: value, cost: 1 } : plainKeyword(keyword, value);",
  }
}

async function settledFile(): Promise<string> {
  const ada = await createAgent({ name: 'ada' })
  const bob = await createAgent({ name: 'bob' })
  await bob.serve('shout', async (task) => (await task.text()).toUpperCase()).ready
  const job = await ada.hire('shout', 'hello', { deadline: '30s' })
  await within(job.settled(), 'a task to be settled', WAIT_MS)
  return writeTaskFile(ada.network, job.records(), (contract) => ada.result(contract))
}

/** The same bytes with another last letter. */
function looseOf(text: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = letters.indexOf(text.at(-1) ?? '')
  return `${text.slice(0, -1)}${letters[last + 1] ?? ''}`
}
