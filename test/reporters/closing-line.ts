import type { Reporter, TestModule } from 'vitest/node'

/** Ends the output with "N passed, N failed" alone on a line, for tools that read it. A file that could not be run, and an error outside of any test, count as failed. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    let failed = errors.length
    for (const module of modules) {
      let failedHere = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        if (state === 'failed') failedHere += 1
      }
      failed += module.state() === 'failed' ? Math.max(failedHere, 1) : failedHere
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  }
}
