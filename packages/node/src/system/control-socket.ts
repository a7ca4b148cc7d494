import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, realpath } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { HaggleError } from '@haggle/protocol'
import type { Logger } from '@haggle/ports'
import { controlChannel, type ControlChannel } from './control-channel.ts'
import { errnoOf, unlinkIfThere } from './durable-file.ts'

/** Longer paths are cut silently by the platform: 108 bytes on Linux with the closing zero, 104 on macOS. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103
/** Commands attached at once. */
const MAX_CONNECTIONS = 64

/** A served control socket. */
export interface ControlServer {
  readonly socketPath: string
  /** Stops to listen, ends every connection and removes the socket. */
  close(): Promise<void>
}

/** Where a control socket is served, and by whom. */
export interface ControlInit {
  readonly socketPath: string
  /** Serves one attached command; when it settles, its connection is closed. */
  onConnection(channel: ControlChannel): Promise<void>
  readonly logger?: Logger
}

/** Where the control socket of an agent directory belongs: in the user's runtime folder, or the temporary one, under a short hash. */
export async function controlSocketPath(agentDirectory: string): Promise<string> {
  const runtime = process.env['XDG_RUNTIME_DIR']
  const root =
    runtime === undefined || runtime === ''
      ? join(tmpdir(), `haggle-${process.getuid?.() ?? 0}`)
      : join(runtime, 'haggle')
  const name = createHash('sha256')
    .update(await realpath(agentDirectory))
    .digest('hex')
    .slice(0, 20)
  return join(root, `${name}.sock`)
}

/**
 * Serves attached commands. Whoever can open the socket is the user: it is 0600 in a folder of 0700 that must be ours.
 * Only the holder of the agent directory may call this: it removes what a dead holder left at that path.
 *
 * Rejects with `control/path-too-long`, `control/unsafe-folder` or `control/cannot-listen`.
 */
export async function serveControl(init: ControlInit): Promise<ControlServer> {
  const { socketPath, logger } = init
  if (Buffer.byteLength(socketPath) > MAX_PATH_BYTES) {
    throw new HaggleError('control/path-too-long', `the path of the control socket is too long: ${socketPath}`, {
      next: 'Set XDG_RUNTIME_DIR (or TMPDIR) to a folder with a shorter path.',
      detail: { most: MAX_PATH_BYTES },
    })
  }
  await privateFolder(dirname(socketPath))
  await unlinkIfThere(socketPath)
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    const channel = controlChannel(socket)
    void serveOne(init, channel, logger)
  })
  server.maxConnections = MAX_CONNECTIONS
  await listening(server, socketPath)
  await chmod(socketPath, 0o600)
  let closing: Promise<void> | undefined
  return {
    socketPath,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      })
      return closing
    },
  }
}

/** Attaches to the agent that serves this socket. Rejects with `control/unreachable`, or with the reason of the signal. */
export function connectControl(socketPath: string, timeoutMs: number, signal?: AbortSignal): Promise<ControlChannel> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = createConnection(socketPath)
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
    }
    const failed = (cause: unknown): void => {
      settle()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(cause)
    }
    const aborted = (): void => failed(signal?.reason)
    const timer = setTimeout(() => failed(unreachable(socketPath, `no answer in ${timeoutMs} ms`)), timeoutMs)
    signal?.addEventListener('abort', aborted, { once: true })
    socket.once('error', (cause) => failed(unreachable(socketPath, errnoOf(cause) ?? 'unknown error', cause)))
    socket.once('connect', () => {
      settle()
      resolve(controlChannel(socket))
    })
  })
}

async function serveOne(init: ControlInit, channel: ControlChannel, logger: Logger | undefined): Promise<void> {
  try {
    await init.onConnection(channel)
  } catch (thrown) {
    // One command that fails or sends nonsense ends its own connection only.
    logger?.warn('control-failed', { code: thrown instanceof HaggleError ? thrown.code : 'unexpected' })
  } finally {
    await channel.close()
  }
}

function listening(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new HaggleError(
          'control/cannot-listen',
          `no control socket at ${socketPath}: ${errnoOf(cause) ?? 'unknown error'}`,
          {
            next: 'Check the folder, or set XDG_RUNTIME_DIR to another one.',
            cause,
          },
        ),
      )
    })
    server.listen(socketPath, resolve)
  })
}

/** Others may write to the temporary folder: one that they made in our name would let them take our commands. */
async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await lstat(folder)
  const ours = process.getuid === undefined || found.uid === process.getuid()
  if (found.isDirectory() && ours && (found.mode & 0o077) === 0) return
  throw new HaggleError('control/unsafe-folder', `the folder of the control socket is not private: ${folder}`, {
    next: `Remove it, or run: chmod 700 '${folder}'. If it belongs to somebody else, set XDG_RUNTIME_DIR.`,
  })
}

function unreachable(socketPath: string, problem: string, cause?: unknown): HaggleError {
  return new HaggleError('control/unreachable', `no agent answers at ${socketPath}: ${problem}`, {
    next: 'If the agent has just stopped, try again; `haggle status` lists the running ones.',
    ...(cause === undefined ? {} : { cause }),
  })
}
