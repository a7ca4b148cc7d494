import { expect, test } from 'vitest'
import { billOf, billText } from '../src/demo/bill.ts'
import type { TaxReport } from '../src/demo/message.ts'
import { palette } from '../src/demo/palette.ts'

const costs = { messagesOut: 2, bytesOut: 100, signatures: 1, verifications: 1, cpuMs: 0.5, waitMs: 40 }
const reports: readonly TaxReport[] = [
  { task: 'a', part: 'requester', phases: { market: costs, review: { ...costs, waitMs: 2 } } },
  { task: 'a', part: 'worker', phases: { market: { ...costs, messagesOut: 1, bytesOut: 50 } } },
  { task: 'a', part: 'bystander', phases: { market: { ...costs, messagesOut: 0, bytesOut: 0, signatures: 0 } } },
  { task: null, part: null, phases: { overhead: { ...costs, waitMs: 0 } } },
]
const bill = billOf(reports, (task) => (task === 'a' ? 'archive' : undefined))

test('TAX-01: the bill adds up what each process counted, by task and by phase alike', () => {
  const archive = bill.tasks.find(({ of }) => of === 'archive')
  expect(archive).toEqual({
    ...{ of: 'archive', messages: 5, bytes: 250, signatures: 3, verifications: 4, byBystanders: 1, cpuMs: 2 },
    // Only its requester waits for a task; the others wait at the same time.
    waitMs: 42,
  })
  expect(bill.tasks.find(({ of }) => of === 'no task')).toMatchObject({ messages: 2 })
  expect(bill.total).toMatchObject({ messages: 7, bytes: 350, verifications: 5 })
  for (const rows of [bill.tasks, bill.phases]) {
    expect(rows.reduce((sum, { messages }) => sum + messages, 0)).toBe(bill.total.messages)
    expect(rows.reduce((sum, { cpuMs }) => sum + cpuMs, 0)).toBe(bill.total.cpuMs)
  }
})

test('the bill names who left without telling', () => {
  const text = billText(bill, ['ghost'], palette(false))
  expect(text).toMatch(/\n {2}archive +5 +250 bytes +3 +4 +1 +2 ms +42 ms\n/)
  expect(text).toContain('ghost left without telling')
  expect(billText(bill, [], palette(false))).not.toContain('left without')
})
