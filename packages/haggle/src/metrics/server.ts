import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { HaggleError } from '@haggle/protocol'
import type { MetricsAddress } from '../cli/values.ts'

/** A scraper, a spare and a person with curl need three. */
const MOST_CONNECTIONS = 16
/** A scrape over a slow link takes a second; whoever takes longer holds a place that others wait for. */
const CONNECTION_MS = 10_000
/** What is collected is handed to everybody who asks within this span. */
const FRESH_MS = 250

export interface MetricsServer {
  /** Where it really listens, also when port 0 was asked for. */
  readonly url: string
  close(): Promise<void>
}

/** What is served, and its media type. */
export interface Exposition {
  readonly contentType: string
  /** Undefined: there is nothing to tell yet. */
  text(): Promise<string | undefined>
}

/** TAX-13, TAX-14: serves `/metrics` and nothing else; rejects with `listen/metrics`. */
export async function serveMetrics(
  address: MetricsAddress,
  exposition: Exposition,
  connectionMs = CONNECTION_MS,
): Promise<MetricsServer> {
  const text = shared(() => exposition.text())
  const server = createServer((request, response) => {
    void answer(request, response, exposition.contentType, text)
  })
  server.maxConnections = MOST_CONNECTIONS
  server.on('connection', (socket) => limited(socket, connectionMs))
  await listening(server, address)
  // A TCP server that listens has an address of its own kind.
  const bound = server.address() as AddressInfo
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return {
    url: `http://${host}:${bound.port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
  text: () => Promise<string | undefined>,
): Promise<void> {
  const asked = request.method === 'GET' || request.method === 'HEAD'
  if (!asked || request.url?.split('?')[0] !== '/metrics') {
    end(response, 404, 'text/plain; charset=utf-8', 'Only GET /metrics is served here.\n')
    return
  }
  // An agent that is stopping may fail to tell; that is no reason to fail with it.
  const body = await text().catch(() => undefined)
  if (body === undefined) end(response, 503, 'text/plain; charset=utf-8', 'There are no numbers now.\n')
  else end(response, 200, contentType, body)
}

function end(response: ServerResponse, status: number, contentType: string, body: string): void {
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'content-type': contentType, 'content-length': length, connection: 'close' })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

/** However slowly its other end reads or writes, a connection is over in time. */
function limited(socket: Socket, spanMs: number): void {
  const timer = setTimeout(() => socket.destroy(), spanMs)
  socket.once('close', () => clearTimeout(timer))
}

/** One collection for all who ask at about the same time. */
function shared<T>(collect: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly text: Promise<T> } | undefined
  return () => {
    const now = performance.now()
    if (last === undefined || now - last.at >= FRESH_MS) last = { at: now, text: collect() }
    return last.text
  }
}

async function listening(server: Server, { host, port }: MetricsAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new HaggleError('listen/metrics', `metrics cannot be served at ${host} port ${port}: ${reasonOf(cause)}`, {
          next: 'Stop the process that has it, or give another --metrics; port 0 takes any that is free.',
          cause,
        }),
      )
    })
    server.listen({ host, port, exclusive: true }, resolve)
  })
  server.removeAllListeners('error')
  // A connection that could not be accepted is the scraper's loss; it tries again.
  server.on('error', () => undefined)
}

function reasonOf(cause: NodeJS.ErrnoException): string {
  switch (cause.code) {
    case 'EADDRINUSE':
      return 'the port is in use'
    case 'EACCES':
      return 'permission denied'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address'
    default:
      return cause.code ?? cause.message
  }
}
