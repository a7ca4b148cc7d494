/** A stable name of an operational failure, `area/defect`; every code has a heading in `docs/errors.md`. */
export type HaggleErrorCode = `${string}/${string}`

/** Typed facts about a failure, safe to log: no keys, no payloads. */
export type ErrorDetail = Readonly<Record<string, string | number | boolean | null>>

/** What a `HaggleError` carries beside its code and message. */
export interface HaggleErrorInit {
  /** What a person should do next, as a sentence. */
  readonly next: string
  readonly detail?: ErrorDetail
  readonly cause?: unknown
}

/**
 * An operational failure (disk, network, configuration): thrown by everything around the engine, never by the engine.
 * Callers tell failures apart by `code`, never by the message.
 */
export class HaggleError extends Error {
  readonly code: HaggleErrorCode
  readonly detail: ErrorDetail
  readonly next: string

  constructor(code: HaggleErrorCode, message: string, init: HaggleErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = 'HaggleError'
    this.code = code
    this.detail = init.detail ?? {}
    this.next = init.next
  }
}
