import { hindrance } from './lan.ts'

/** Runs once before all: a skipped suite says why. */
export default function sayWhySkipped(): void {
  if (hindrance !== undefined) process.stdout.write(`\nskipped: ${hindrance}\n\n`)
}
