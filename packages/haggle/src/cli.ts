import { setFlagsFromString } from 'node:v8'
import { main } from './cli/main.ts'

// Beyond what is alive the heap grows by less than a third before it is swept. By itself it grows threefold: a minute of hostile
// messages, none of which is kept, would cost more memory than all that an agent holds.
setFlagsFromString('--heap-growing-percent=30')

await main(process.argv.slice(2))
