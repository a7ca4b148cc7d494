import { Namespace } from '../../process/support/namespace.ts'
import { Stage } from '../../process/support/stage.ts'
import { inNamespace } from './in-namespace.ts'

/** A machine on the LAN: its own network stack, one address, its own directory of agents. */
export class Host {
  readonly ip: string
  /** What runs on it. */
  readonly stage: Stage
  readonly #outer: Namespace
  readonly #own: Namespace
  readonly #plug: string
  #filtered = false

  private constructor(outer: Namespace, own: Namespace, stage: Stage, number: number) {
    this.#outer = outer
    this.#own = own
    this.stage = stage
    this.ip = `10.77.0.${number}`
    this.#plug = `plug${number}`
  }

  static async open(outer: Namespace, number: number): Promise<Host> {
    const own = await Namespace.open(outer)
    const host = new Host(outer, own, await Stage.open(own), number)
    try {
      inNamespace(outer, `ip link add ${host.#plug} type veth peer name eth0 netns ${own.pid}`)
      inNamespace(outer, `ip link set ${host.#plug} master lan0 up`)
      inNamespace(own, `ip addr add ${host.ip}/24 dev eth0`)
      inNamespace(own, 'ip link set eth0 up')
      inNamespace(own, 'ip route add default via 10.77.0.254')
      return host
    } catch (error) {
      await host.close()
      throw error
    }
  }

  /** Pulls the cable: the interface stays, without a carrier. */
  unplug(): void {
    inNamespace(this.#outer, `ip link set ${this.#plug} down`)
  }

  plug(): void {
    inNamespace(this.#outer, `ip link set ${this.#plug} up`)
  }

  /** The interface goes, and never comes back: whatever runs here goes on alone. */
  vanish(): void {
    inNamespace(this.#outer, `ip link delete ${this.#plug}`)
  }

  /** Nothing that another host sends arrives here any more; what this one sends still arrives there. */
  deafTo(other: Host): void {
    if (!this.#filtered) {
      inNamespace(this.#own, 'nft add table inet cut')
      inNamespace(this.#own, 'nft add chain inet cut input { type filter hook input priority 0; }')
      this.#filtered = true
    }
    inNamespace(this.#own, `nft add rule inet cut input ip saddr ${other.ip} drop`)
  }

  /** What it sends goes out at 200 Mbit/s, so that there is time to act in the middle of a transfer. */
  slow(): void {
    inNamespace(this.#own, 'tc qdisc add dev eth0 root tbf rate 200mbit burst 256kb latency 50ms')
  }

  /** Bytes that have come in on its interface. */
  received(): number {
    return Number(inNamespace(this.#own, 'ip -s -o link show eth0').match(/RX:[^\\]*\\\s*(\d+)/)?.[1])
  }

  /** Hears everybody again. */
  hears(): void {
    inNamespace(this.#own, 'nft flush chain inet cut input')
  }

  async close(): Promise<void> {
    await this.stage.close()
  }
}
