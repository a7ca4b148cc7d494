import type { Journal, JournalWrite } from '@haggle/ports'

type Commit = Journal['commit']

/** A journal that tells what was written, once it is written. The rest of it is the journal's own. */
export function watchedJournal(
  journal: Journal,
  written: (writes: readonly JournalWrite[], durable: boolean, seqs: readonly number[]) => void,
): Journal {
  const commit: Commit = async (writes, durable) => {
    const seqs = await journal.commit(writes, durable)
    written(writes, durable, seqs)
    return seqs
  }
  return new Proxy(journal, {
    get(target, name) {
      if (name === 'commit') return commit
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
