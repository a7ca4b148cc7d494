/** What a wait may take before it is a failure: long, because the machine may be busy; every wait ends with what it waits for. */
export const PATIENCE_MS = 60_000

const LOOK_MS = 50

/** Rejects when `promise` takes longer than `limitMs`, saying what was waited for and, in `state`, what there was instead. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  limitMs: number = PATIENCE_MS,
  state: () => string = () => '',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${limitMs / 1000} s in vain for ${what}\n${state()}`))
    }, limitMs)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}

/** Looks until there is something to see: for what no process tells by itself. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  limitMs: number = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() > end) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`)
    await passing(LOOK_MS)
  }
}

/** Time itself, where a scenario is made of it: how long a process stands still. */
export function passing(spanMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, spanMs)
  })
}
