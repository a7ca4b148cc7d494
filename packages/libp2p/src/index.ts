import './shim.ts'

export { libp2pNetwork } from './libp2p-network.ts'
export type { Libp2pNetwork } from './libp2p-network.ts'
export type { Libp2pNetworkInit } from './network-init.ts'
