// Loaded before a program (--import): its wall clock is ahead by so many milliseconds; its timers and monotonic clock are not.
const aheadMs = Number(process.env.CLOCK_AHEAD_MS)
const TrueDate = Date

globalThis.Date = class extends TrueDate {
  constructor(...args) {
    if (args.length === 0) super(TrueDate.now() + aheadMs)
    else super(...args)
  }

  static now() {
    return TrueDate.now() + aheadMs
  }
}
