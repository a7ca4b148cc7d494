import { readFile } from 'node:fs/promises'
import { short } from './row.ts'
import { sum } from './stats.ts'

interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

/** What of a `.cpuprofile` is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: Frame
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface SelfTime {
  readonly place: string
  readonly owner: string
  us: number
}

const SHOWN = 25

/** The functions in which a process itself spent most of its time, and the same by package. Idle time is left out. */
export async function summary(file: string, title: string): Promise<string> {
  // Written by the inspector of the same Node.
  const profile = JSON.parse(await readFile(file, 'utf8')) as CpuProfile
  const times = selfTimes(profile)
  const busy = sum(times.map(({ us }) => us))
  const line = (us: number, text: string): string => `  ${percent(us, busy)}  ${text}`
  const owners = new Map<string, number>()
  for (const { owner, us } of times) owners.set(owner, (owners.get(owner) ?? 0) + us)
  const byOwner = [...owners].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN)
  const top = times.toSorted((a, b) => b.us - a.us).slice(0, SHOWN)
  return [
    `${title}: ${short(busy / 1_000)} ms busy, ${file}`,
    'by package, self time',
    ...byOwner.map(([owner, us]) => line(us, owner)),
    'by function, self time',
    ...top.map(({ us, owner, place }) => line(us, `${owner}  ${place}`)),
    '',
  ].join('\n')
}

function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): readonly SelfTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const byPlace = new Map<string, SelfTime>()
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id)
    // The inspector's own work begins and ends a profile: it is not the process's.
    if (frame === undefined || frame.functionName === '(idle)' || frame.functionName === 'dispatch') continue
    const caller = callerOf(id, frames, callers)
    const owner = ownerOf(caller?.url ?? frame.url, frame.functionName)
    const place = caller === undefined || caller === frame ? nameOf(frame) : `${nameOf(frame)} < ${nameOf(caller)}`
    const key = `${owner} ${place}`
    const held = byPlace.get(key) ?? { place, owner, us: 0 }
    held.us += timeDeltas[at] ?? 0
    byPlace.set(key, held)
  }
  return [...byPlace.values()]
}

/** The nearest function that is not of Node itself: what native code and Node's own modules are charged to. */
function callerOf(
  id: number,
  frames: ReadonlyMap<number, Frame>,
  callers: ReadonlyMap<number, number>,
): Frame | undefined {
  for (let at: number | undefined = id; at !== undefined; at = callers.get(at)) {
    const frame = frames.get(at)
    if (frame !== undefined && frame.url !== '' && !frame.url.startsWith('node:')) return frame
  }
  return undefined
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const file = url.split('/').at(-1) ?? ''
  return `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`
}

/** The package that a script belongs to. */
export function ownerOf(url: string, functionName: string): string {
  const module = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url)?.[1]
  if (module !== undefined && !url.includes('/.cache/')) return module
  const own = /packages\/([^/]+)\/dist\//.exec(url)?.[1]
  if (own !== undefined) return own === 'haggle' ? own : `@haggle/${own}`
  if (url.startsWith('node:')) return 'node'
  if (url !== '') return 'bench'
  return functionName.startsWith('(') ? functionName : 'native'
}

function percent(us: number, whole: number): string {
  return `${((us * 100) / whole).toFixed(1).padStart(5)} %`
}
