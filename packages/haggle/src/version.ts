/** The version of this package: told to peers in the handshake, and by `haggle --version`. */
export const VERSION = '0.1.0'
