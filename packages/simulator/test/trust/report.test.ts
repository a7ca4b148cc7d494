import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { trustFile, trustPage, trustSourcesHash, type CommittedTrustReport } from '../../../../test/trust/sources.ts'
import { betaChoice } from '../../src/trust/policies/beta-choice.ts'
import { capacityChoice } from '../../src/trust/policies/capacity-choice.ts'
import { eigenTrustChoice } from '../../src/trust/policies/eigentrust-choice.ts'
import { randomChoice } from '../../src/trust/policies/random-choice.ts'
import { marketCell, marketKinds } from '../../src/trust/report.ts'
import { trustTables } from '../../src/trust/tables.ts'

const policies = [randomChoice, betaChoice, eigenTrustChoice, capacityChoice]
const LIMIT_MS = 600_000

test('the committed tables are those of the committed figures', ({ skip }) => {
  const report = committed()
  if (report === null) return skip('no report: npm run report:trust makes one')
  expect(readFileSync(trustPage, 'utf8')).toContain(trustTables(report))
})

test(
  'the committed figures are what these sources give: one of them, drawn by chance, comes out the same to the bit',
  ({ skip }) => {
    const report = committed()
    if (report === null) return skip('no report: npm run report:trust makes one')
    if (report.sources !== trustSourcesHash()) return skip('report of other sources: npm run report:trust renews it')
    const place = Math.floor(Math.random() * marketKinds.length)
    const policy = policies[Math.floor(Math.random() * policies.length)] ?? randomChoice
    const kind = marketKinds[place]
    const cell = report.market[place]?.cells.find((each) => each.policy === policy.name)
    expect(kind?.name).toBe(report.market[place]?.name)
    if (kind === undefined) return
    const { firstSeed, seeds } = report
    expect([kind.name, marketCell(policy, kind.setting, firstSeed, seeds)]).toEqual([kind.name, cell])
  },
  LIMIT_MS,
)

function committed(): CommittedTrustReport | null {
  if (!existsSync(trustFile)) return null
  // Written by the script beside it, which gives it this form.
  return JSON.parse(readFileSync(trustFile, 'utf8')) as CommittedTrustReport
}
