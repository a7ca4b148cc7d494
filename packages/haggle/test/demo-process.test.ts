import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

// These tests run what `tsc -b` built, as a person does.
const haggle = fileURLToPath(new URL('../bin/haggle.js', import.meta.url))
const claim = z.object({ say: z.literal('claim'), claim: z.string(), holds: z.boolean(), file: z.string().nullable() })
const bill = z.object({
  say: z.literal('bill'),
  tasks: z.array(z.object({ of: z.string(), messages: z.number() })),
})
const ran = z.object({ code: z.number().optional(), stdout: z.string(), stderr: z.string() })

let tmp = ''
beforeEach(async () => {
  tmp = await mkdtemp(join(tmpdir(), 'haggle-demo-test-'))
})
afterEach(() => rm(tmp, { recursive: true, force: true }))

async function demo(...argv: readonly string[]): Promise<z.infer<typeof ran>> {
  const env = { ...process.env, TMPDIR: tmp }
  const run = promisify(execFile)(process.execPath, [haggle, 'demo', ...argv], { env, maxBuffer: 16_777_216 })
  return ran.parse(await run.catch((error: unknown) => error))
}

test('the bazaar ends by itself with every claim held, and leaves neither processes nor files behind', async () => {
  const { code = 0, stdout, stderr } = await demo('--json')
  const lines = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  const claims = lines.flatMap((line) => claim.safeParse(line).data ?? [])
  expect(claims.filter(({ holds }) => !holds)).toEqual([])
  expect(claims).toHaveLength(12)
  // Every task had its price, and the last thing told is what it was.
  const rows = bill.parse(lines.at(-1)).tasks
  expect(rows.filter(({ messages }) => messages === 0)).toEqual([])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect((await readdir(tmp)).filter((name) => name.startsWith('haggle-bazaar-'))).toEqual([])
  const { stdout: processes } = await promisify(execFile)('ps', ['-A', '-o', 'args'])
  expect(processes).not.toContain(tmp)
}, 150_000)

test('a name that cannot be left out is a usage error that lists those that can', async () => {
  const { code, stdout, stderr } = await demo('--without', 'editor')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('ghost, garbler, slow, newcomer, denier, slanderer, ring')
})
