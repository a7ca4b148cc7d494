export { openJournal } from './level-journal.ts'
export { memoryJournal } from './memory-journal.ts'
export type { MemoryJournal } from './memory-journal.ts'
