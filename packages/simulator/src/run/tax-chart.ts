import type { TaxCurve } from './tax.ts'

const WIDTH = 720
const HEIGHT = 420
const EDGE = { left: 70, right: 190, top: 40, bottom: 50 }
const COLOURS = ['#b3431f', '#1f5fb3']
const names: Readonly<Record<TaxCurve['shape'], string>> = {
  'one-skill': 'all agents in one skill',
  eights: '8 agents to a skill',
}

/** The curves as an SVG, both axes logarithmic. */
export function taxChart(curves: readonly TaxCurve[]): string {
  const points = curves.flatMap((curve) => curve.points)
  const x = scale(
    points.map(({ agents }) => agents),
    EDGE.left,
    WIDTH - EDGE.right,
  )
  const y = scale(
    points.map(({ messages }) => messages),
    HEIGHT - EDGE.bottom,
    EDGE.top,
  )
  const lines = curves.flatMap((curve, index) => drawCurve(curve, index, x, y))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${EDGE.left}" y="22" font-size="15">Messages that all agents together receive for one contract</text>`,
    ...axis(x, y),
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}

interface Scale {
  readonly from: number
  readonly to: number
  at(value: number): number
}

function scale(values: readonly number[], begin: number, end: number): Scale {
  const from = 10 ** Math.floor(Math.log10(Math.min(...values, 10)))
  const to = 10 ** Math.ceil(Math.log10(Math.max(...values, 100)))
  const span = Math.log10(to / from)
  return { from, to, at: (value) => begin + ((end - begin) * Math.log10(value / from)) / span }
}

function axis(x: Scale, y: Scale): readonly string[] {
  const out: string[] = []
  for (let tick = x.from; tick <= x.to; tick *= 10) {
    const at = x.at(tick).toFixed(1)
    out.push(`<line x1="${at}" x2="${at}" y1="${EDGE.top}" y2="${HEIGHT - EDGE.bottom}" stroke="#dddddd"/>`)
    out.push(`<text x="${at}" y="${HEIGHT - EDGE.bottom + 18}" text-anchor="middle">${tick}</text>`)
  }
  for (let tick = y.from; tick <= y.to; tick *= 10) {
    const at = y.at(tick).toFixed(1)
    out.push(`<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${at}" y2="${at}" stroke="#dddddd"/>`)
    out.push(`<text x="${EDGE.left - 8}" y="${Number(at) + 4}" text-anchor="end">${tick}</text>`)
  }
  const middle = (EDGE.left + WIDTH - EDGE.right) / 2
  return [...out, `<text x="${middle}" y="${HEIGHT - 10}" text-anchor="middle">agents</text>`]
}

function drawCurve({ shape, points, messages }: TaxCurve, index: number, x: Scale, y: Scale): readonly string[] {
  const colour = COLOURS[index % COLOURS.length] ?? '#000000'
  const path = points.map((point) => `${x.at(point.agents).toFixed(1)},${y.at(point.messages).toFixed(1)}`)
  const last = points.at(-1)
  const at = last === undefined ? 0 : y.at(last.messages)
  return [
    `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...path.map(
      (each) => `<circle cx="${each.split(',')[0] ?? ''}" cy="${each.split(',')[1] ?? ''}" r="3" fill="${colour}"/>`,
    ),
    `<text x="${WIDTH - EDGE.right + 10}" y="${at.toFixed(1)}" fill="${colour}">${names[shape]}</text>`,
    `<text x="${WIDTH - EDGE.right + 10}" y="${(at + 15).toFixed(1)}" fill="${colour}">N^${messages.exponent.toFixed(2)}, R² ${messages.r2.toFixed(3)}</text>`,
  ]
}
