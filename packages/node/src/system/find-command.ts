import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

/**
 * The file that a command names: a path with a slash counts from `cwd`, a bare name is looked up in PATH. Undefined when
 * there is no executable file of that name.
 */
export function findCommand(name: string, cwd: string): string | undefined {
  if (name === '') return undefined
  if (name.includes('/')) return executable(resolve(cwd, name))
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    // An empty entry of PATH means the working directory.
    const found = executable(resolve(cwd, folder, name))
    if (found !== undefined) return found
  }
  return undefined
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile() ? path : undefined
  } catch {
    // Missing and not executable are one answer.
    return undefined
  }
}
