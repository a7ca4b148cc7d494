import { spawnSync } from 'node:child_process'
import { hindrance as noNamespaces, Namespace } from '../../process/support/namespace.ts'
import { Host } from './host.ts'
import { inNamespace } from './in-namespace.ts'

/** Why these tests cannot run here, or undefined when they can. */
export const hindrance: string | undefined =
  noNamespaces ?? (toolsAreThere() ? undefined : 'a LAN needs the commands ip and nft, and a kernel with bridges')

const HOSTS = 200

/**
 * One bridge and the hosts on it. The bridge stands in a network namespace of its own and each host in one made inside it,
 * so nothing of this machine is touched, and the kernel removes all of it with the processes that hold them.
 */
export class Lan {
  readonly #outer: Namespace
  readonly #hosts: Host[] = []

  private constructor(outer: Namespace) {
    this.#outer = outer
  }

  static async open(): Promise<Lan> {
    const outer = await Namespace.open()
    const lan = new Lan(outer)
    try {
      // Without a querier on the bridge snooping would forget who listens to mDNS.
      inNamespace(outer, 'ip link add lan0 type bridge mcast_snooping 0')
      inNamespace(outer, 'ip addr add 10.77.0.254/24 dev lan0')
      inNamespace(outer, 'ip link set lan0 up')
      return lan
    } catch (error) {
      await outer.close()
      throw error
    }
  }

  /** A new host with an address, a default route and nothing else; its agents live in a directory of its own. */
  async host(): Promise<Host> {
    const number = this.#hosts.length + 1
    if (number > HOSTS) throw new Error(`a LAN has room for ${HOSTS} hosts`)
    const host = await Host.open(this.#outer, number)
    this.#hosts.push(host)
    return host
  }

  /** So many new hosts at once. */
  async hosts<const N extends readonly string[]>(...names: N): Promise<{ readonly [Name in N[number]]: Host }> {
    const made: [string, Host][] = []
    for (const name of names) made.push([name, await this.host()])
    // Every name was given a host above.
    return Object.fromEntries(made) as { readonly [Name in N[number]]: Host }
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()))
    await this.#outer.close()
  }
}

function toolsAreThere(): boolean {
  const script = 'ip link add lan0 type bridge && nft add table inet cut && echo made'
  const tried = spawnSync('unshare', ['--user', '--map-root-user', '--net', 'sh', '-c', script], { timeout: 10_000 })
  return tried.stdout?.toString() === 'made\n' || madeByRoot(script)
}

function madeByRoot(script: string): boolean {
  return spawnSync('unshare', ['--net', 'sh', '-c', script], { timeout: 10_000 }).stdout?.toString() === 'made\n'
}
