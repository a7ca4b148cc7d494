import { Stage } from '../process/support/stage.ts'
import { largestIsWorst } from './support/figure.ts'
import type { AcceptanceLine } from './support/line.ts'

const USUAL_RUNS = 10
const TARGET_MS = 2_000

/** From the command line to the result and back: a whole `haggle hire` process, each by an agent that is new. */
export const line: AcceptanceLine = {
  name: 'hire-time',
  target: `haggle hire of a ready worker on this host: a median of at most ${TARGET_MS} ms, process and all`,
  async run({ runs, progress }) {
    const spans: number[] = []
    const stage = await Stage.open()
    try {
      await stage.work('shout', [], 'tr', 'a-z', 'A-Z')
      const times = runs(USUAL_RUNS)
      while (spans.length < times) {
        const began = performance.now()
        const hired = await stage.run(
          ['hire', 'shout', '--deadline', '20s', '--as', `stranger-${spans.length}`],
          'hello\n',
        )
        if (hired.code !== 0 || hired.stdout.toString() !== 'HELLO\n')
          throw new Error(`hire ${spans.length + 1} left with ${hired.code}: ${hired.stderr}`)
        spans.push(performance.now() - began)
        progress(`${spans.length} of ${times}: ${Math.round(spans.at(-1) ?? 0)} ms`)
      }
    } finally {
      await stage.close()
    }
    const figure = largestIsWorst('start to exit of haggle hire', 'ms', spans)
    return { passed: figure.median <= TARGET_MS, figures: [figure] }
  },
}
