import { spawnSync } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const share = (path: string): URL => new URL(`../share/${path}`, import.meta.url)
const canVerify = spawnSync('systemd-analyze', ['--version']).status === 0

test.skipIf(!canVerify)('systemd accepts the unit of a worker without a word', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'haggle-unit-'))
  try {
    const unit = join(folder, 'haggle-work@shout.service')
    await copyFile(share('systemd/haggle-work@.service'), unit)
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { timeout: 60_000 })
    expect(`${stdout.toString()}${stderr.toString()}`).toBe('')
    expect(status).toBe(0)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.skipIf(!canVerify)('the unit leaves a worker little to reach: systemd rates its exposure as OK', () => {
  const file = share('systemd/haggle-work@.service').pathname
  const args = ['security', '--offline=yes', '--threshold=30', '--no-pager', file]
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { timeout: 60_000 })
  expect({ status, said: `${stdout.toString()}${stderr.toString()}` }).toMatchObject({ status: 0 })
})

/** The instructions of a Dockerfile; comments gone, continued lines joined. */
async function instructions(): Promise<readonly (readonly [string, string])[]> {
  const text = (await readFile(share('docker/Dockerfile'), 'utf8')).replaceAll(/^#.*\n/gm, '').replaceAll('\\\n', ' ')
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
      return [name, rest]
    })
}

test('the Dockerfile holds known instructions, a pinned base, and no root at run time', async () => {
  const lines = await instructions()
  const known = ['FROM', 'ENV', 'COPY', 'RUN', 'USER', 'WORKDIR', 'VOLUME', 'EXPOSE', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD']
  expect(lines.filter(([name]) => !known.includes(name))).toEqual([])
  expect(lines[0]?.[0]).toBe('FROM')
  expect(lines[0]?.[1]).toMatch(/^node:\d+\.\d+\.\d+-[a-z]+-slim$/)
  const user = lines.findIndex(([name]) => name === 'USER')
  expect(lines[user]?.[1]).not.toMatch(/^(root|0)\b/)
  expect(user).toBeGreaterThan(lines.findLastIndex(([name]) => name === 'RUN'))
  for (const [name, value] of lines) {
    if (name === 'CMD' || name === 'ENTRYPOINT' || name === 'VOLUME') expect(JSON.parse(value)).toBeInstanceOf(Array)
    expect(value).not.toMatch(/\bsudo\b|curl[^|]*\|\s*(ba)?sh|:latest\b|^ADD /)
  }
})
