import type { Estimate } from './estimate.ts'
import type { MarketCell, MarketRow, TrustReport } from './report.ts'

/** The report as tables in Markdown. */
export function trustTables(report: TrustReport): string {
  const { burning, firstSeed, seeds, slander } = report
  return [
    `Failed contracts in percent, with the 95 % interval over ${seeds} worlds (seeds ${firstSeed} to ${firstSeed + seeds - 1});`,
    'behind the stroke the tasks left undone. How the markets are made says [the page on baselines](../baselines.md).',
    '',
    ...marketTable(report.market, ({ failed, undone }) => `${told(failed)} / ${undone.mean.toFixed(1)}`),
    '',
    'Honest newcomers that were given work within forty rounds, in percent:',
    '',
    ...marketTable(
      report.market.filter(({ cells }) => cells.some(({ served }) => served !== null)),
      ({ served }) => (served === null ? '' : told(served)),
    ),
    '',
    `A group burns all that it can, in ${burning.graphs} random graphs, of which in ${burning.trusted} it is trusted at all; in parts of the honest cut:`,
    '',
    ...table(
      ['', 'debts routed (ours)', 'each identity alone (naive)'],
      [
        ['loss', `at most ${burning.most.toFixed(2)}`, `at least ${burning.naiveLeast.toFixed(2)}`],
        ['graphs over the cut', `${burning.overCut}`, `middle one ${burning.naiveMiddle.toFixed(2)} times`],
      ],
    ),
    '',
    'A crowd awards to one key in one moment, in parts of its credit:',
    '',
    ...table(
      ['requesters', 'at once', 'once openings have spread', 'and as many came later'],
      report.crowds.map(({ requesters, credit, atOnce, spread, later }) => [
        `${requesters}`,
        ...[atOnce, spread, later].map((amount) => (amount / credit).toFixed(2)),
      ]),
    ),
    '',
    `${slander.slanderers} slanderers with ${slander.complaints} complaints, and ${slander.unanswered} unanswered offers: the numbers of`,
    `the victim are ${JSON.stringify(slander.before) === JSON.stringify(slander.after) ? 'the same to the bit' : 'NOT the same'}.`,
    '',
  ].join('\n')
}

function marketTable(rows: readonly MarketRow[], text: (cell: MarketCell) => string): string[] {
  const policies = [...new Set(rows.flatMap(({ cells }) => cells.map(({ policy }) => policy)))]
  return table(
    ['market', ...policies],
    rows.map(({ name, cells }) => [
      name,
      ...policies.map((policy) => {
        const cell = cells.find((each) => each.policy === policy)
        return cell === undefined ? '' : text(cell)
      }),
    ]),
  )
}

function told({ mean, margin }: Estimate): string {
  return `${mean.toFixed(1)} ± ${margin.toFixed(1)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
