// Comes and goes, as fast as it can. Usage: flap ADDRESS ROUNDS.
import { Attacker } from '../../../packages/libp2p/test/support/attacker.ts'
import { passing, say } from './say.ts'

const [address = '', rounds = '1'] = process.argv.slice(2)
const attacker = await Attacker.open(address)
let ups = 0
for (let round = 0; round < Number(rounds); round += 1) {
  try {
    const connection = round === 0 ? attacker.connection : await attacker.again()
    const stream = await attacker.direct(connection)
    // Half of the times it waits until it is up.
    if (round % 2 === 0) await new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))
    connection.abort(new Error('gone again'))
    ups += 1
  } catch {
    await passing(20)
  }
}
say('done', { ups })
process.exit(0)
