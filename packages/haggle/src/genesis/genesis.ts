import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { agentFromText, agentText, HaggleError, isStrictKey, type AgentKey } from '@haggle/protocol'
import { printable } from '../view/event-view.ts'
import { LineProblem, locatedJson, type Located, type LocatedField } from './located-json.ts'

/** The trust root of a network, as a program gives it. */
export interface Genesis {
  readonly haggle: 1
  /** The network that it is of. */
  readonly network: string
  /** PeerIds of the agents whose experience everybody counts beside their own. */
  readonly anchors: readonly string[]
  /** For people. */
  readonly note?: string
}

/** The same, looked at. */
export interface TrustRoot {
  readonly network: string
  readonly anchors: readonly AgentKey[]
  readonly note: string | null
  /** Two genesis files with one mark give everybody the same numbers. */
  readonly mark: string
}

export const MAX_GENESIS_BYTES = 65_536
export const MAX_ANCHORS = 128
const MAX_NOTE = 1_024
const NETWORK = /^[a-z0-9][a-z0-9._-]{0,62}$/
const FIELDS: readonly string[] = ['haggle', 'network', 'anchors', 'note']
const MAKE_ONE =
  'Make one with "haggle network init --network NAME --anchor PEER --out FILE", and give every host of the network a copy.'
const NAME_KEYS =
  'Write the PeerIds that "haggle status" of the anchors prints; "haggle network init" writes such a file.'

/** What a text says, or throws `config/genesis` with the line and the field. */
export function genesisFromText(text: string, where: string): TrustRoot {
  try {
    return trustRootOf(locatedJson(text))
  } catch (cause) {
    if (!(cause instanceof LineProblem)) throw cause
    throw new HaggleError('config/genesis', `${where}, line ${cause.line}: ${cause.message}`, {
      next: NAME_KEYS,
      cause,
    })
  }
}

/** The same of a value: it has fields, and no lines. */
export function genesisFromObject(genesis: unknown, where: string): TrustRoot {
  try {
    return trustRootOf(locatedJson(JSON.stringify(genesis ?? null)))
  } catch (cause) {
    if (!(cause instanceof LineProblem)) throw cause
    throw new HaggleError('config/genesis', `${where}: ${cause.message}`, { next: NAME_KEYS, cause })
  }
}

/** The genesis in a file; throws `config/genesis`. */
export async function readGenesis(path: string): Promise<TrustRoot> {
  return genesisFromText(await textOf(path), path)
}

/** A genesis as a file holds it. */
export function genesisText({ network, anchors, note }: Omit<TrustRoot, 'mark'>): string {
  const genesis: Genesis = {
    haggle: 1,
    network,
    anchors: anchors.map(agentText),
    ...(note === null ? {} : { note }),
  }
  return `${JSON.stringify(genesis, null, 2)}\n`
}

function trustRootOf(root: Located): TrustRoot {
  if (root.kind !== 'object') throw new LineProblem(root.line, 'a genesis is a JSON object')
  const fields = fieldsOf(root.fields)
  const missing = (name: string): LineProblem => new LineProblem(root.line, `the field "${name}" is missing`)
  const [version, named, listed, note] = FIELDS.map((name) => fields.get(name))
  if (version === undefined) throw missing('haggle')
  if (version.kind !== 'other' || version.value !== 1) {
    throw new LineProblem(version.line, 'haggle: 1 is the only version of a genesis that is known here')
  }
  if (named === undefined) throw missing('network')
  if (named.kind !== 'text' || !NETWORK.test(named.value)) {
    throw new LineProblem(named.line, 'network: a name is 1 to 63 of a-z, 0-9, dot, underscore and hyphen')
  }
  if (listed === undefined) throw missing('anchors')
  const anchors = anchorsOf(listed)
  return { network: named.value, anchors, note: noteOf(note), mark: markOf(named.value, anchors) }
}

function fieldsOf(fields: readonly LocatedField[]): ReadonlyMap<string, Located> {
  const found = new Map<string, Located>()
  for (const { name, line, value } of fields) {
    if (!FIELDS.includes(name))
      throw new LineProblem(line, `there is no field ${shown(name)}: ${FIELDS.join(', ')} are all of them`)
    if (found.has(name)) throw new LineProblem(line, `the field "${name}" stands twice`)
    found.set(name, value)
  }
  return found
}

function anchorsOf(listed: Located): readonly AgentKey[] {
  if (listed.kind !== 'array') throw new LineProblem(listed.line, 'anchors: a list of PeerIds belongs here')
  const { items, line } = listed
  if (items.length === 0) throw new LineProblem(line, 'anchors: a genesis names at least one')
  if (items.length > MAX_ANCHORS) throw new LineProblem(line, `anchors: ${items.length} are more than ${MAX_ANCHORS}`)
  const keys = new Set<AgentKey>()
  for (const [index, item] of items.entries()) {
    const where = `anchors: number ${index + 1}`
    if (item.kind !== 'text') throw new LineProblem(item.line, `${where} is no text`)
    const key = agentFromText(item.value)
    if (key === undefined)
      throw new LineProblem(item.line, `${where}, ${shown(item.value)}, is no PeerId of an Ed25519 key`)
    // ID-05: whoever likes can sign in the name of such a key, or nobody can.
    if (!isStrictKey(key))
      throw new LineProblem(item.line, `${where}, ${shown(item.value)}, is a key whose signatures do not count`)
    if (keys.has(key)) throw new LineProblem(item.line, `${where}, ${shown(item.value)}, stands twice`)
    keys.add(key)
  }
  // By raw key, so that the order in which a file lists them changes nothing.
  return [...keys].toSorted()
}

function noteOf(note: Located | undefined): string | null {
  if (note === undefined) return null
  if (note.kind === 'text' && note.value.length <= MAX_NOTE) return note.value
  throw new LineProblem(note.line, `note: a text of at most ${MAX_NOTE} characters belongs here`)
}

function markOf(network: string, anchors: readonly AgentKey[]): string {
  const hash = createHash('sha256').update(`haggle/genesis-mark/1\0${network}\0${anchors.join()}`)
  return hash.digest('hex').slice(0, 16)
}

/** As much of a text as helps to find it again, safe to print. */
function shown(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80)}…` : text
  return `"${printable(cut)}"`
}

async function textOf(path: string): Promise<string> {
  const bytes = await bytesOf(path)
  if (bytes.length > MAX_GENESIS_BYTES) {
    throw new HaggleError('config/genesis', `${path} is larger than a genesis can be, ${MAX_GENESIS_BYTES} bytes`, {
      next: MAKE_ONE,
    })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new HaggleError('config/genesis', `${path} is not UTF-8 text`, { next: MAKE_ONE, cause })
  }
}

/** The beginning of a file, at most one byte more than a genesis can have. */
async function bytesOf(path: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    const buffer = Buffer.alloc(MAX_GENESIS_BYTES + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length)
    }
  } catch (cause) {
    throw new HaggleError('config/genesis', `the genesis file ${path} cannot be read`, { next: MAKE_ONE, cause })
  } finally {
    await handle?.close()
  }
}
