import { HaggleError } from '@haggle/protocol'

/** Our own engine broke a promise of its own: nobody knows what it would do next. */
export function bug(cause: unknown): HaggleError {
  return new HaggleError(
    'agent/bug',
    `this agent made a mistake of its own and stopped: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      next: 'Report it with the log; start the agent again: it resumes from its journal.',
      cause,
    },
  )
}

export function closed(): HaggleError {
  return new HaggleError('agent/closed', 'the agent is closed', {
    next: 'Start it again: jobs and contracts go on where they stood.',
  })
}
