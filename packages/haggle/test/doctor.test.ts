import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { quoted } from '../src/doctor/check.ts'
import { checkClock, checkPeers, type PeerSeen } from '../src/doctor/clock-check.ts'
import { checkNode } from '../src/doctor/process-checks.ts'

const HOUR = 3_600_000

function peersAt(...skews: readonly number[]): readonly PeerSeen[] {
  return skews.map((clockSkewMs, index) => ({ peerId: `12D3KooWpeer0000${index}`, clockSkewMs, rttMs: 10 }))
}

describe('the oldest Node', () => {
  test('is the same for the doctor, for the command before it loads, and for the package', async () => {
    const { engines } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      readonly engines: { readonly node: string }
    }
    const floor = engines.node.replace('>=', '')
    const bin = await readFile(new URL('../bin/haggle.js', import.meta.url), 'utf8')
    expect(bin).toContain(`var FLOOR = [${floor.replace('.', ', ')}]`)
    expect(checkNode(`${floor}.0`).state).toBe('ok')
    const [major = 0, minor = 0] = floor.split('.').map(Number)
    expect(checkNode(`${major}.${minor - 1}.9`)).toMatchObject({
      state: 'mend',
      saw: expect.stringContaining(floor) as string,
    })
    expect(checkNode(`${major - 2}.99.0`).state).toBe('mend')
    expect(checkNode(`${major + 2}.0.0`).state).toBe('ok')
  })

  test('meets nothing newer than its own syntax before it is told', async () => {
    const bin = await readFile(new URL('../bin/haggle.js', import.meta.url), 'utf8')
    expect(bin).not.toMatch(/\b(const|let|await|class)\b|=>|\?\?|\?\.|`/)
    expect([...bin.matchAll(/^import .* from '([^']+)'$/gm)].map(([, name]) => name)).toEqual(['fs'])
  })
})

describe('the clock', () => {
  test.each([
    ['nobody to compare with', [], 'ok'],
    ['everybody near', [1_000, -1_000, 500], 'ok'],
    ['most of three or more far away', [HOUR, HOUR, 0], 'mend'],
    ['one of three far away', [HOUR, 0, 0], 'warning'],
    ['the only one far away', [-HOUR], 'mend'],
    ['one of two far away', [-HOUR, 0], 'warning'],
  ] as const)('with %s', (_, skews, state) => {
    expect(checkClock(peersAt(...skews), 'lan').state).toBe(state)
  })

  test('is given half the round trip, and the ε of its profile', () => {
    const slow = [{ peerId: '12D3KooWpeer00000', clockSkewMs: 3_000, rttMs: 4_000 }]
    expect(checkClock(slow, 'lan').state).toBe('ok')
    expect(checkClock(peersAt(3_000), 'lan').state).toBe('mend')
    expect(checkClock(peersAt(3_000), 'wan').state).toBe('ok')
  })
})

test('an agent that met nobody is warned, and has nothing to mend', () => {
  expect(checkPeers([], 'lab')).toMatchObject({ state: 'warning', saw: 'nobody was met on network lab' })
})

test('a path in a command is quoted where a shell would break it', () => {
  expect(quoted('/srv/ada/.haggle')).toBe('/srv/ada/.haggle')
  expect(quoted("/srv/it's mine")).toBe(`'/srv/it'\\''s mine'`)
})
