/** What everybody together told of one peer. */
export interface Feedback {
  readonly good: number
  readonly bad: number
}

/**
 * The expectation of the beta distribution after r good and s bad reports on an even prior, (r + 1) / (r + s + 2): the plain
 * form of A. Jøsang, R. Ismail, "The Beta Reputation System", 15th Bled Electronic Commerce Conference, 2002, without
 * discounting and forgetting.
 */
export function betaExpectation({ good, bad }: Feedback): number {
  return (good + 1) / (good + bad + 2)
}
