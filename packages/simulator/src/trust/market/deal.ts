/** What a requester wants done. */
export interface Task {
  readonly round: number
  readonly requester: number
  readonly skill: number
  readonly stakeMicro: number
}

/** Who would do it, at which price. */
export interface Bid {
  readonly worker: number
  readonly price: number
}

/** A contract that has ended, as its requester tells it; that of a cheat with another one may be feigned. */
export interface Deal extends Task {
  readonly worker: number
  readonly success: boolean
}
