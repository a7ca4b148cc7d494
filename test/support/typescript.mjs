import { register } from 'node:module'

// `node --import ./test/support/typescript.mjs FILE.ts` runs a TypeScript file of the tests as it stands: the oldest Node that
// is supported does not read TypeScript. Packages are taken as they were built.
register('./typescript-hooks.mjs', import.meta.url)
