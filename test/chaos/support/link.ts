import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Host } from './host.ts'

/** What a link does to those who use it. */
export type Fault =
  /** Every byte comes this much later. */
  | { readonly kind: 'delay'; readonly spanMs: number }
  /** Nothing moves; what was said comes when it is over. */
  | { readonly kind: 'stall' }
  /** Every connection is cut, and new ones are refused. */
  | { readonly kind: 'reset' }
  /** Connections stand and swallow all that is said. They are cut when it is over: TCP loses nothing and goes on. */
  | { readonly kind: 'blackhole' }
  /** The same for one direction only. */
  | { readonly kind: 'one-way'; readonly lost: 'there' | 'back' }

interface Pair {
  readonly near: Socket
  readonly far: Socket
}

/** The way from one host to another: a TCP proxy that can be bad. */
export class Link {
  readonly name: string
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #pairs = new Set<Pair>()
  /** When the last that was said to a socket gets there. */
  readonly #due = new WeakMap<Socket, number>()
  #fault: Fault | null = null

  private constructor(name: string, server: Server, target: { readonly host: string; readonly port: number }) {
    this.name = name
    this.#server = server
    this.#target = target
    server.on('connection', (near) => this.#connected(near))
  }

  static async open(from: Host, to: Host): Promise<Link> {
    const server = createServer({ pauseOnConnect: true })
    const link = new Link(`${from.number}-${to.number}`, server, to.target)
    const { host, port } = from.wayTo(to)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => resolve())
    })
    return link
  }

  get faulty(): boolean {
    return this.#fault !== null
  }

  /** Begins a fault, or with null ends the one there is. */
  set(fault: Fault | null): void {
    const before = this.#fault
    this.#fault = fault
    if (before?.kind === 'blackhole' || before?.kind === 'one-way' || fault?.kind === 'reset') this.#cutAll()
    for (const { near, far } of this.#pairs) this.#apply(near, far)
  }

  async close(): Promise<void> {
    this.#cutAll()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #connected(near: Socket): void {
    if (this.#fault?.kind === 'reset') {
      near.on('error', () => undefined)
      near.resetAndDestroy()
      return
    }
    const far = connect(this.#target)
    const pair = { near, far }
    this.#pairs.add(pair)
    const cut = (): void => {
      this.#pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      socket.on('error', cut)
      socket.on('close', cut)
    }
    near.on('data', (chunk) => this.#carry(far, 'there', chunk))
    far.on('data', (chunk) => this.#carry(near, 'back', chunk))
    this.#apply(near, far)
  }

  #carry(to: Socket, way: 'there' | 'back', chunk: Buffer): void {
    const fault = this.#fault
    if (fault?.kind === 'blackhole' || (fault?.kind === 'one-way' && fault.lost === way)) return
    const now = performance.now()
    // Nothing overtakes what was said before, also when a delay is over.
    const due = Math.max(this.#due.get(to) ?? 0, now + (fault?.kind === 'delay' ? fault.spanMs : 0))
    this.#due.set(to, due)
    if (due <= now) to.write(chunk)
    else setTimeout(() => to.write(chunk), due - now)
  }

  #apply(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      if (this.#fault?.kind === 'stall') socket.pause()
      else socket.resume()
    }
  }

  #cutAll(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
  }
}
