// An honest requester that hires again and again until it is ended, and says how long each hire took. Usage: honest SKILL [PAUSE-MS].
import { createAgent } from 'haggle'
import { passing, say } from './say.ts'

const [skill = '', pauseMs = '0'] = process.argv.slice(2)
const agent = await createAgent({ name: 'honest' })
for (;;) {
  const before = performance.now()
  const job = await agent.hire(skill, 'honest', { deadline: '30s', wait: '20s', ask: 10 })
  const result = await job.settled()
  if ((await result.text()) !== 'honest') throw new Error('another result')
  say('hired', { ms: Math.round((performance.now() - before) * 10) / 10 })
  await passing(Number(pauseMs))
}
