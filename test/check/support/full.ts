/** Whether this is `npm run test:check`, which looks at more logs than `npm test` has the time for. */
export const full = process.env['HAGGLE_CHECK'] === 'full'
