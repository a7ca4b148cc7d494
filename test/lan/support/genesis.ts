/** The trust root of the network, as every host of a town has it. */
export const GENESIS = 'town.json'
