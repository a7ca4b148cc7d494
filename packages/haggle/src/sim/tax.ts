import { writeFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { measureTax, taxChart, type TaxCurve, type TaxPoint } from '@haggle/simulator'
import { exitCode } from '../cli/exit-code.ts'
import { signalExitCode, writeJson, type Session } from '../cli/session.ts'
import { Progress } from './progress.ts'
import type { TaxRequest } from './request.ts'

/** Measures what a contract costs in networks of growing size, and draws it. */
export async function runTax({ agents, svg, json }: TaxRequest, session: Session): Promise<number> {
  const progress = new Progress(session)
  const findings: string[] = []
  const curves = await measureTax({
    ...{ seed: 1n, most: agents, signal: session.interrupted },
    onPoint: async (shape, point) => {
      findings.push(...point.findings)
      progress.end()
      if (!json) await session.write(`${pointText(shape, point)}\n`)
      progress.show(`${shape}: ${point.agents} agents`)
    },
  })
  progress.end()
  if (svg !== null) await writeFile(isAbsolute(svg) ? svg : join(session.cwd, svg), taxChart(curves))
  if (json) await writeJson(session, { curves, findings, wallMs: Math.round(progress.wallMs) })
  else await session.write(`${curves.map(curveText).join('')}${findings.map((each) => `${each}\n`).join('')}`)
  if (session.interrupted.aborted) return signalExitCode(session.interrupted)
  return findings.length === 0 ? exitCode.ok : exitCode.failure
}

function pointText(shape: TaxCurve['shape'], point: TaxPoint): string {
  const { messages, bytes, overheadMessages, contracts, settled } = point
  return (
    `${shape.padEnd(10)} ${String(point.agents).padStart(5)} agents, ${point.perSkill.toFixed(1)} to a skill: ` +
    `${messages.toFixed(1)} messages, ${(bytes / 1_024).toFixed(1)} KiB for a task; ${settled} of ${contracts} contracts settled; ` +
    `${overheadMessages.toFixed(0)} messages of overhead`
  )
}

function curveText({ shape, messages, bytes }: TaxCurve): string {
  const told = (fit: TaxCurve['messages']): string =>
    `N^${fit.exponent.toFixed(3)} (95 %: ${fit.from.toFixed(3)} to ${fit.to.toFixed(3)}, R² ${fit.r2.toFixed(4)})`
  return `${shape}: messages grow as ${told(messages)}, bytes as ${told(bytes)}\n`
}
