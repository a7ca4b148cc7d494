import { chmod, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { agentText, HaggleError, type AgentKey } from '@haggle/protocol'
import { agentKeyOfSeed } from '../pure/ed25519.ts'
import { createFile, errnoOf, readSmallFile, replaceFile } from './durable-file.ts'
import { jsonObject, type JsonObject } from './json-object.ts'
import { systemEntropy } from './entropy.ts'

/** Layout of the directory that this program writes. */
const FORMAT = 1
const SEED_BYTES = 32
const MAX_KEY_BYTES = 1_024
const MAX_CONFIG_BYTES = 65_536

/** What an agent keeps beside its key; fields that this version does not know are kept as they are. */
export interface AgentConfig {
  /** The port chosen at the first start; null before it. */
  readonly port: number | null
}

/** The directory of one agent, opened: its identity, its settings, and where everything else belongs. */
export interface AgentDirectory {
  readonly path: string
  readonly key: AgentKey
  /** 32 bytes: never to be logged. */
  readonly seed: Uint8Array
  readonly storePath: string
  readonly blobsPath: string
  config(): AgentConfig
  /** Replaces the named settings, atomically. */
  saveConfig(change: Partial<AgentConfig>): Promise<void>
}

/**
 * Opens the directory of an agent; a missing one is created with a fresh key, private to its user. Opening it holds nothing:
 * two processes may do so at once, and agree on the key.
 *
 * Rejects with `dir/newer-format`, `dir/format-corrupt`, `dir/key-corrupt`, `dir/key-missing`, `dir/key-exposed`,
 * `dir/config-corrupt` or `dir/io`: all of them are for a person to mend.
 */
export async function openAgentDirectory(path: string): Promise<AgentDirectory> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    const fresh = await checkFormat(path)
    const { seed, key } = await readKey(path, fresh)
    let fields = await readConfig(path)
    return {
      path,
      key,
      seed,
      storePath: join(path, 'store'),
      blobsPath: join(path, 'blobs'),
      config: () => configOf(fields, path),
      async saveConfig(change) {
        fields = { ...fields, ...change }
        await replaceFile(configPath(path), `${JSON.stringify(fields, null, 2)}\n`)
      },
    }
  } catch (thrown) {
    if (thrown instanceof HaggleError) throw thrown
    throw new HaggleError(
      'dir/io',
      `the agent directory ${path} cannot be used: ${errnoOf(thrown) ?? 'unknown error'}`,
      {
        next: 'Check that it is a folder of yours, on a disk that can be written.',
        cause: thrown,
      },
    )
  }
}

/** True when the directory may still be without a key. */
async function checkFormat(path: string): Promise<boolean> {
  const formatPath = join(path, 'FORMAT')
  let text = await readSmallFile(formatPath, 64)
  if (text === undefined) {
    // A key without a FORMAT: the file was lost, or another process is just creating both.
    const keyThere = await exists(join(path, 'key'))
    text = await readSmallFile(formatPath, 64)
    if (text === undefined && keyThere) throw formatCorrupt(path)
  }
  if (text === undefined) {
    await chmod(path, 0o700)
    await createFile(formatPath, `${FORMAT}\n`)
    return true
  }
  const format = /^\d{1,9}\n?$/.test(text) ? Number(text) : 0
  if (format === 0) throw formatCorrupt(path)
  if (format > FORMAT) {
    throw new HaggleError(
      'dir/newer-format',
      `${path} was written by a newer version (format ${format}, here ${FORMAT})`,
      {
        next: 'Update haggle, or choose another name for this agent.',
        detail: { format },
      },
    )
  }
  // A crash may have come between the two files; without a store the key never signed anything.
  return !(await exists(join(path, 'store')))
}

async function readKey(path: string, mayCreate: boolean): Promise<{ seed: Uint8Array; key: AgentKey }> {
  const keyPath = join(path, 'key')
  let text = await readSmallFile(keyPath, MAX_KEY_BYTES)
  if (text === undefined) {
    if (!mayCreate) {
      throw new HaggleError('dir/key-missing', `${keyPath} is missing, but the agent has a store`, {
        next: `Restore the key from a backup, or move ${path} away to start as a new agent.`,
      })
    }
    await createFile(keyPath, keyText(systemEntropy().bytes(SEED_BYTES)))
    text = (await readSmallFile(keyPath, MAX_KEY_BYTES)) ?? ''
  }
  const { mode } = await stat(keyPath)
  if ((mode & 0o077) !== 0) {
    throw new HaggleError('dir/key-exposed', `other users of this machine can reach ${keyPath}`, {
      next: `Run: chmod 600 '${keyPath}'. If somebody may have read it, move ${path} away and start as a new agent.`,
    })
  }
  const seed = Uint8Array.from(Buffer.from(text.split('\n')[0] ?? '', 'base64url'))
  // Node reads base64url loosely, so the whole text is written again and compared: one changed letter would be another agent.
  if (seed.length !== SEED_BYTES || keyText(seed) !== text) {
    throw new HaggleError('dir/key-corrupt', `${keyPath} is damaged`, {
      next: `Restore it from a backup, or move ${path} away to start as a new agent.`,
    })
  }
  return { seed, key: agentKeyOfSeed(seed) }
}

/** The seed, and under it the PeerId that it makes: a person can see whose key it is, and a damaged seed shows. */
function keyText(seed: Uint8Array): string {
  return `${Buffer.from(seed).toString('base64url')}\n${agentText(agentKeyOfSeed(seed))}\n`
}

function configPath(path: string): string {
  return join(path, 'config.json')
}

async function readConfig(path: string): Promise<JsonObject> {
  const text = await readSmallFile(configPath(path), MAX_CONFIG_BYTES)
  if (text === undefined) return {}
  const fields = jsonObject(text)
  if (fields === undefined) throw configCorrupt(path, 'it is not a JSON object')
  configOf(fields, path)
  return fields
}

function configOf(fields: JsonObject, path: string): AgentConfig {
  const port = fields['port'] ?? null
  if (port !== null && (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)) {
    throw configCorrupt(path, 'its port is not a number from 1 to 65535')
  }
  return { port }
}

function configCorrupt(path: string, problem: string): HaggleError {
  return new HaggleError('dir/config-corrupt', `${configPath(path)} is damaged: ${problem}`, {
    next: 'Mend it, or remove it: the settings start anew, the identity stays.',
  })
}

function formatCorrupt(path: string): HaggleError {
  return new HaggleError('dir/format-corrupt', `${join(path, 'FORMAT')} does not say how ${path} is laid out`, {
    next: 'Restore it from a backup; version 1 of the layout holds the single line 1.',
  })
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return false
    throw thrown
  }
}
