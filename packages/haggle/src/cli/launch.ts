/** Takes the command that the arguments chose; its promise is the exit code. */
export type Launch = (run: () => Promise<number>) => Promise<void>
