import type { Reviewer } from '@haggle/node'
import { commandCheck } from '@haggle/node/system'
import { recordText } from '@haggle/protocol'

/** Longest run of a check; the review clock of the contract may be shorter and then decides. */
const CHECK_MS = 600_000

/**
 * Runs the `--accept cmd:` of a stored job: exit code 0 approves. It runs in whichever process finishes the job, in the
 * folder in which the job was made.
 */
export const commandReviewer: Reviewer = async ({ memo, key, result, signal }) => {
  if (typeof memo.review !== 'object') return undefined
  const { cwd } = memo.app
  const answer = await commandCheck({
    command: memo.review.cmd,
    result: result.stream(),
    env: { HAGGLE_TASK: recordText(result.task), HAGGLE_CONTRACT: recordText(result.contract), HAGGLE_KEY: key },
    timeoutMs: CHECK_MS,
    signal,
    ...(typeof cwd === 'string' ? { cwd } : {}),
  })
  switch (answer.kind) {
    case 'pass':
      return 'approve'
    case 'fail':
      return { reject: answer.reason }
    case 'unknown':
      return undefined
  }
}
