import { mutant, type Mutant } from '../mutant.ts'

const driver = 'packages/node/dist/driver.js'
const keeper = 'packages/node/dist/snapshot-keeper.js'
const batch = 'packages/node/dist/batch.js'

/** What was promised is forgotten, or said before it is remembered. */
export const durability: readonly Mutant[] = [
  mutant(
    'send-before-persist',
    'what binds us leaves while the disk still writes it',
    [driver, 'if (batch.durable || this.#unwritten.size', 'if (this.#unwritten.size'],
    ['S15'],
  ),
  mutant(
    'only-entries-are-durable',
    'an award, a bid or a note of ours is not waited for',
    [
      batch,
      "return entry.kind === 'job' || (entry.kind === 'record' && entry.record.author === self);",
      "return entry.kind === 'job' || (entry.kind === 'record' && entry.record.author === self && 'seq' in entry.record.body);",
    ],
    ['S15'],
  ),
  mutant(
    'closings-are-not-durable',
    'the record of an own end is sent before it is on disk',
    [
      batch,
      "return entry.kind === 'job' || (entry.kind === 'record' && entry.record.author === self);",
      "return entry.kind === 'job' || (entry.kind === 'record' && entry.record.author === self && entry.record.type !== 'closing' && entry.record.type !== 'approve');",
    ],
    ['S15'],
  ),
  mutant(
    'awards-forgotten-at-start',
    'who starts again does not know what was awarded, and awards it once more',
    [
      keeper,
      "this.#parts.engine.handle({ kind: 'restored', entry });",
      "if (!(entry.kind === 'record' && entry.record.type === 'award')) this.#parts.engine.handle({ kind: 'restored', entry });",
    ],
    ['S2', 'S6', 'S16'],
    'crash',
  ),
  mutant(
    'reopenings-forgotten-at-start',
    'a requester that starts again is back in the generation before',
    [
      keeper,
      "this.#parts.engine.handle({ kind: 'restored', entry });",
      "if (!(entry.kind === 'record' && entry.record.type === 'reopening')) this.#parts.engine.handle({ kind: 'restored', entry });",
    ],
    ['S2', 'S3', 'S13'],
    'crash',
  ),
  mutant(
    'last-row-not-read',
    'a process that starts does not read what it wrote last',
    [
      keeper,
      'const entry = decodeLogEntry(row.bytes, this.#parts.networkId);',
      'if (row.seq > 4 && row.seq % 8 === 0)\n                    continue;\n            const entry = decodeLogEntry(row.bytes, this.#parts.networkId);',
    ],
    ['S2', 'S10', 'S13', 'S16', 'S17', 'L3'],
    'crash',
  ),
  mutant(
    'events-not-logged',
    'what the application is told of an end is not in the log of events',
    [
      batch,
      'this.writes.push(events.row(event));\n        this.events.push(event);',
      "if (!('end' in event)) this.writes.push(events.row(event));\n        this.events.push(event);",
    ],
    ['S22'],
  ),
  mutant(
    'alarms-left-armed',
    'an alarm that another one replaces is not called off',
    [driver, 'this.#cancelAlarm();\n        if (this.#stop.signal.aborted)', 'if (this.#stop.signal.aborted)'],
    ['L9'],
  ),
  mutant(
    'signatures-not-checked',
    'whatever says that it is signed is believed',
    ['packages/node/dist/gate.js', 'seen ? () => true : this.#verify', '() => true'],
    ['S1'],
    'byzantine',
  ),
  mutant(
    'signs-before-it-asked',
    'a process that starts again signs before the other party has said what it holds',
    ['packages/core/dist/engine.js', "if (input.kind === 'started')\n        askBeforeSigning(turn);", ''],
    ['S16'],
    'crash',
  ),
  mutant(
    'commands-before-it-asked',
    'a cancel is signed right after a start, whatever was signed before',
    ['packages/core/dist/requester/cancel.js', 'if (isAsking(deal)) {', 'if (reason.length === 0) {'],
    ['S16'],
    'crash',
  ),
  mutant(
    'overtaken-signs-on',
    'a process that was shown later records of its own goes on signing',
    ['packages/core/dist/apply.js', 'deal.overtaken = true;', ';'],
    ['S16', 'S10', 'S17', 'S22'],
  ),
]
