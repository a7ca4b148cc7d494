import type { InitializeHook, LoadHook } from 'node:module'

/** What the loader is told: pieces to be put in the place of others, by the address of the file. */
export interface Patch {
  readonly url: string
  readonly text: string
  readonly instead: string
}

let patches: readonly Patch[] = []

export const initialize: InitializeHook<readonly Patch[]> = async (data) => {
  patches = data
}

/** Loads a module as everybody would, with its patches in it. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context)
  const own = patches.filter((patch) => patch.url === url)
  if (own.length === 0) return loaded
  let code = codeOf(loaded.source)
  for (const { text, instead } of own) {
    if (code.split(text).length !== 2) throw new TypeError(`${url} holds this not exactly once: ${text}`)
    code = code.replace(text, () => instead)
  }
  return { ...loaded, source: code }
}

function codeOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source)
}
