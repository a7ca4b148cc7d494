// Plays one regression in a process of its own: exit code 0 when the fix holds, 1 when the trap has closed.
import { regressions } from './regressions.ts'

const [id] = process.argv.slice(2)
const regression = regressions.find((each) => each.id === id)
if (regression === undefined) throw new Error(`there is no regression ${id}`)
let code = 0
try {
  await regression.run()
} catch (error) {
  code = 1
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}
process.exit(code)
