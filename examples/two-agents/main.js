// @ts-check
// Two agents in one process: ada hires, bob works. Run it with: node examples/two-agents/main.js
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgent } from 'haggle'

const home = await mkdtemp(join(tmpdir(), 'two-agents-'))
// On a network of their own and on this machine alone; without `listen` and `mdns` they would meet the whole LAN.
const common = { network: 'two-agents', home, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false }

const bob = await createAgent({ ...common, name: 'bob' })
const service = bob.serve('shout', { price: 2 }, async (task) => {
  const text = await task.text()
  return text.toUpperCase()
})
await service.ready

const ada = await createAgent({ ...common, name: 'ada', peers: bob.addresses() })
try {
  const job = await ada.hire('shout', 'hello, bob', { deadline: '10s', budget: 5 })
  for await (const event of job.events()) console.log(new Date(event.at).toISOString(), event.event)

  const result = await job.settled()
  console.log(`\n${await result.text()}`)

  // What both of them signed, in order: this is the contract, and all that a verifier needs.
  await job.acknowledged('2s')
  for (const record of job.records()) console.log(record.author === ada.key ? 'ada signed' : 'bob signed', record.type)

  const [peer] = ada.peers()
  console.log(`\nada has settled ${peer?.settled} task with bob: quality ${peer?.quality}, of a stranger 300`)
} finally {
  await ada.close()
  await bob.close()
  await rm(home, { recursive: true })
}
