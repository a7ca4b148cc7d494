import { describe, expect, it } from 'vitest'
import { Scene } from './bench/scene.ts'
describe('x', () => {
  it('y', () => {
    const scene = new Scene()
    const contract = scene.settled()
    expect(scene.worker.contract(contract).outcome?.end).toBe('settled')
    expect(scene.requester.contract(contract).outcome?.end).toBe('settled')
    expect(scene.requester.reports).toEqual([])
  })
})
