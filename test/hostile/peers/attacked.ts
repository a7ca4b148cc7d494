import { PROTOCOL_VERSION, protocolParams } from '@haggle/protocol'
import { networkId } from '../../../packages/libp2p/test/support/attacker.ts'

/** The hello of an honest node of the network that the attackers join. */
export function attackedHello(): {
  readonly network: string
  readonly networkId: string
  readonly params: Readonly<Record<string, number>>
  readonly version: string
  readonly time: number
} {
  return { network: 'haggle', networkId, params: protocolParams, version: `0.${PROTOCOL_VERSION}.0`, time: Date.now() }
}
