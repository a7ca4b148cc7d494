/** A change to the rows of agents, by name. */
export const spoilings: Readonly<Record<string, (agents: never) => void>>
export function spoil(name: string, paths: readonly string[]): Promise<void>
