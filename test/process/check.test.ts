import { readdir } from 'node:fs/promises'
import { describe, expect } from 'vitest'
import { scenario } from './support/scenario.ts'
import { spoil } from '../check/spoil.mjs'

interface Checked {
  readonly clean: boolean
  readonly settled: number
  readonly violations: readonly { readonly invariant: string; readonly directory: string }[]
}

describe('haggle check', () => {
  scenario('finds nothing in what real agents wrote down, and what was spoiled in it', async ({ stage }) => {
    const worker = await stage.work('shout', [], 'tr', 'a-z', 'A-Z')
    const hired = await stage.run(['hire', 'shout', 'hello', '--deadline', '20s'])
    expect(hired.code).toBe(0)
    await worker.event('settled')

    const held = await stage.run(['check', stage.home, '--json'])
    expect({ code: held.code, said: held.stderr.includes('check/held') }).toEqual({ code: 75, said: true })

    worker.signal('SIGTERM')
    await worker.ended()
    const clean = await stage.run(['check', stage.home, '--at-rest', '--slots', '1', '--json'])
    expect(JSON.parse(clean.stdout.toString()) as Checked).toMatchObject({ clean: true, settled: 1, violations: [] })
    expect(clean.code).toBe(0)

    await spoil('drop-approval', [stage.path('me'), stage.path('shout')])
    const spoiled = await stage.run(['check', stage.path('me'), stage.path('shout'), '--json'])
    const { clean: isClean, violations } = JSON.parse(spoiled.stdout.toString()) as Checked
    expect({ code: spoiled.code, isClean }).toEqual({ code: 1, isClean: false })
    expect(violations.map(({ invariant }) => invariant)).toContain('S15')
    const words = await stage.run(['check', stage.home])
    expect(words.stdout.toString()).toMatch(/^S15 .*\n {4}\/.*: approve is held by another agent/m)
  })

  scenario('says what is wrong with a path that is no agent, and makes nothing there', async ({ stage }) => {
    const nowhere = await stage.run(['check', stage.path('nobody')])
    expect({ code: nowhere.code, said: nowhere.stderr.includes('check/no-agent') }).toEqual({ code: 2, said: true })
    expect(await readdir(stage.home)).toEqual([])
  })
})
