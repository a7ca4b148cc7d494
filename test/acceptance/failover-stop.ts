import { failover } from './support/failover.ts'

/** Woken up, it has a result to deliver at once: the delivery is fenced and lands nowhere. */
export const line = failover('failover-stop', 'SIGSTOP', (worker) => {
  worker.signal('SIGSTOP')
  return async () => {
    worker.signal('SIGCONT')
    await worker.event('fenced')
  }
})
