import type { Timers } from '@haggle/protocol'

const LAN_RATE = 4 * 1_048_576
const WAN_RATE = 524_288

/**
 * TIME-24: what a profile fills in where the terms of an offer say nothing. Proposals to tune, except their shape.
 * `leaseMaxMs` is how long a lease a bid may ask for: twelve times the profile's, a day for people.
 */
export const profiles = {
  /** One switch between the peers. */
  lan: {
    bidWindowMs: 500,
    claimWindowMs: 50,
    acceptMs: 2_000,
    leaseMs: 5_000,
    leaseMaxMs: 60_000,
    reviewMinMs: 5_000,
    epsilonMs: 500,
    deltaMs: 500,
    rateBytesPerSecond: LAN_RATE,
  },
  /** The open Internet. */
  wan: {
    bidWindowMs: 5_000,
    claimWindowMs: 1_000,
    acceptMs: 20_000,
    leaseMs: 60_000,
    leaseMaxMs: 720_000,
    reviewMinMs: 120_000,
    epsilonMs: 2_000,
    deltaMs: 3_000,
    rateBytesPerSecond: WAN_RATE,
  },
  /** People answer: windows of minutes and hours; the first claim wins at once. */
  human: {
    bidWindowMs: 600_000,
    claimWindowMs: 0,
    acceptMs: 3_600_000,
    leaseMs: 3_600_000,
    leaseMaxMs: 86_400_000,
    reviewMinMs: 86_400_000,
    epsilonMs: 2_000,
    deltaMs: 3_000,
    rateBytesPerSecond: WAN_RATE,
  },
  /** For virtual clocks only: real processes are slower than its ε. */
  test: {
    bidWindowMs: 50,
    claimWindowMs: 10,
    acceptMs: 300,
    leaseMs: 600,
    leaseMaxMs: 7_200,
    reviewMinMs: 500,
    epsilonMs: 50,
    deltaMs: 50,
    rateBytesPerSecond: WAN_RATE,
  },
} as const satisfies Readonly<Record<string, Timers>>

export type ProfileName = keyof typeof profiles
