import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { ok, quoted, toMend, warning, type Check } from './check.ts'

const GROUP = '224.0.0.251'
const PORT = 5_353
/** Our own question comes back within a few milliseconds, or never. */
const ECHO_MS = 1_000

/** Asks a question by mDNS and listens for it: what comes back to us reaches others too, as far as this machine decides. */
export async function checkMulticast(): Promise<Check> {
  const heard = await echo()
  if (heard === 'echo') return ok('multicast', 'our own mDNS question came back')
  if (heard === 'silence') {
    return warning(
      'multicast',
      'our own mDNS question did not come back: a firewall may drop it, and agents on this network may not find each other',
      `Let UDP port ${PORT} to ${GROUP} through, or name the others with --peer MULTIADDR.`,
    )
  }
  return toMend(
    'multicast',
    `no mDNS question can be sent: there is no multicast route (${heard.code})`,
    `${routeCommand()} or look for nobody by multicast: --no-mdns --peer MULTIADDR.`,
  )
}

function routeCommand(): string {
  const outside = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some(({ internal }) => !internal),
  )
  const device = outside?.[0] ?? 'lo'
  const up = outside === undefined ? 'sudo ip link set lo up && ' : ''
  return process.platform === 'linux'
    ? `Add one: ${up}sudo ip route add 224.0.0.0/4 dev ${quoted(device)};`
    : `Add one: sudo route add -net 224.0.0.0/4 -interface ${quoted(outside?.[0] ?? 'lo0')};`
}

type Heard = 'echo' | 'silence' | { readonly code: string }

function echo(): Promise<Heard> {
  return new Promise((resolve) => {
    const label = `haggle-doctor-${randomBytes(8).toString('hex')}`
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    const timer = setTimeout(() => end('silence'), ECHO_MS)
    let open = true
    const end = (heard: Heard): void => {
      if (!open) return
      open = false
      clearTimeout(timer)
      socket.close()
      resolve(heard)
    }
    const fail = (error: unknown): void =>
      end({ code: error instanceof Error && 'code' in error ? String(error.code) : String(error) })
    socket.on('error', fail)
    socket.on('message', (message) => {
      if (message.includes(label)) end('echo')
    })
    socket.bind(PORT, '0.0.0.0', () => {
      try {
        socket.setMulticastLoopback(true)
        joinEverywhere(socket)
      } catch (error) {
        fail(error)
        return
      }
      socket.send(question(label), PORT, GROUP, (error) => {
        if (error !== null) fail(error)
      })
    })
  })
}

/** Listens and sends where discovery does: on every interface, from the one that leads outside, or from loopback alone. */
function joinEverywhere(socket: Socket): void {
  const interfaces = Object.values(networkInterfaces()).map((each) => each?.find(({ family }) => family === 'IPv4'))
  const own = interfaces.flatMap((each) => each ?? [])
  for (const { address } of own) socket.addMembership(GROUP, address)
  socket.setMulticastInterface(own.some(({ internal }) => !internal) || own.length === 0 ? '0.0.0.0' : '127.0.0.1')
}

/** A DNS message with one question: PTR of a name that nobody has. */
function question(label: string): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  const names = [label, '_udp', 'local'].flatMap((part) => [Buffer.from([part.length]), Buffer.from(part)])
  return Buffer.concat([header, ...names, Buffer.from([0, 0, 12, 0, 1])])
}
