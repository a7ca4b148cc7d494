import type { ReviewAnswer, Reviewer } from '@haggle/node'
import { commandCheck } from '@haggle/node/system'
import { recordText } from '@haggle/protocol'

/** Longest run of a check; the review clock of the contract may be shorter and then decides. */
const CHECK_MS = 600_000

/**
 * Runs the `--accept cmd:` of a stored job: exit code 0 approves. It runs in whichever process finishes the job, in the
 * folder in which the job was made. `note` hears of a check that cannot be run.
 */
export function commandReviewer(note: (text: string) => void): Reviewer {
  return async (review) =>
    typeof review.memo.review === 'object' ? judge(review, review.memo.review.cmd, note) : undefined
}

async function judge(
  { memo, key, result, signal }: Parameters<Reviewer>[0],
  command: string,
  note: (text: string) => void,
): Promise<ReviewAnswer | undefined> {
  const { cwd } = memo.app
  const answer = await commandCheck({
    command,
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
      if (!signal.aborted)
        note(
          `haggle: the check of job ${key} cannot be run: ${command}\n` +
            '  It says nothing about the result, which is approved just before its review clock runs out. Mend the check for the next one.',
        )
      return undefined
  }
}
