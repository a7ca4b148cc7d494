import type { AgentKey } from '@haggle/protocol'

/** Enough for everybody whom we are connected with, many times over. */
const MOST = 1_024

/** Agents with whom we have had contracts since the start; the one that was heard of longest ago is forgotten first. */
export class Partners {
  readonly #keys = new Set<AgentKey>()

  has(key: AgentKey): boolean {
    return this.#keys.has(key)
  }

  add(key: AgentKey): void {
    this.#keys.delete(key)
    this.#keys.add(key)
    const [oldest] = this.#keys
    if (this.#keys.size > MOST && oldest !== undefined) this.#keys.delete(oldest)
  }
}
