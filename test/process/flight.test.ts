import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { linesOf } from './support/running.ts'
import { scenario } from './support/scenario.ts'

interface Replayed {
  readonly segment: string
  readonly same: boolean
  readonly inputs: number
  readonly differsAt: number | null
}

describe('a flight record', () => {
  scenario('of real agents is replayed to the same state, of one that was killed as well', async ({ stage }) => {
    const [worked, asked] = [stage.path('worked'), stage.path('asked')]
    const worker = await stage.work('shout', ['--flight', worked], 'tr', 'a-z', 'A-Z')
    const hired = await stage.run(['hire', 'shout', 'hello', '--flight', asked, '--deadline', '20s'])
    expect(hired.code).toBe(0)
    await worker.event('settled')
    await worker.kill()
    for (const directory of [worked, asked]) {
      const { code, stdout } = await stage.run(['replay', directory, '--json'])
      const segments = linesOf(stdout).map((line) => JSON.parse(line) as Replayed)
      expect({ code, same: segments.map(({ same }) => same) }).toEqual({ code: 0, same: [true] })
      expect(segments[0]?.inputs).toBeGreaterThan(5)
    }
    const [file = ''] = await readdir(worked)
    expect((await stat(join(worked, file))).mode & 0o077).toBe(0)

    const text = await readFile(join(worked, file), 'utf8')
    await writeFile(join(worked, file), text.replace('"kind":"bid"', '"kind":"withdraw"'))
    const spoiled = await stage.run(['replay', worked])
    expect(spoiled.stdout.toString()).toMatch(/differs after input \d+/)
    expect(spoiled.code).toBe(1)
  })

  scenario('keeps within its bound, and says where nothing is recorded', async ({ stage }) => {
    const directory = stage.path('small')
    const worker = await stage.work('shout', ['--flight', directory, '--flight-max', '100K'], 'cat')
    for (let round = 0; round < 12; round += 1) {
      const { code } = await stage.run(['hire', 'shout', 'hello', '--ask', '1', '--deadline', '20s'])
      expect(code).toBe(0)
    }
    worker.signal('SIGTERM')
    await worker.ended()
    const files = await readdir(directory)
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file))).size))
    expect(files.length).toBeGreaterThan(1)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100 * 1024)
    expect((await stage.run(['replay', directory])).code).toBe(0)

    const nothing = await stage.run(['replay', stage.home])
    expect({ code: nothing.code, said: nothing.stderr.includes('flight/none') }).toEqual({ code: 2, said: true })
  })
})
