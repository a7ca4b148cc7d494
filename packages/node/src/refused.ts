import { HaggleError } from '@haggle/protocol'
import type { Answer, RefusalCode } from '@haggle/core'

const nextSteps: Partial<Readonly<Record<RefusalCode, string>>> = {
  'job/too-many': 'Wait until some of the open tasks have ended, or cancel them.',
  'job/spent': 'It was done, or given up, then: choose another key to have it done again.',
  'job/terms': 'Change the terms that the message names.',
  'task/closed': 'Look at `haggle contracts`: the task is over already.',
  'task/unknown': 'Look at `haggle contracts` for the ids that exist.',
  'contract/unknown': 'Look at `haggle contracts` for the ids that exist.',
  'contract/ended': 'Look at `haggle contract show` for how it ended.',
}

/** The id an accepted command gave; a refusal becomes an error with the refusal's own code. */
export function idOf(answer: Answer): Extract<Answer, { readonly ok: true }>['id'] {
  if (answer.ok) return answer.id
  throw new HaggleError(answer.refusal, answer.note, {
    next: nextSteps[answer.refusal] ?? `See ${answer.refusal} in docs/errors.md.`,
  })
}
