import { failover } from './support/failover.ts'

export const line = failover('failover-kill', 'kill -9', (worker) => {
  const killed = worker.kill()
  return () => killed
})
