// libp2p calls `Promise.withResolvers`, which Node 20 lacks. This module is imported before any of it.
function withResolvers<T>(this: PromiseConstructor): PromiseWithResolvers<T> {
  let resolve: ((value: T | PromiseLike<T>) => void) | undefined
  let reject: ((reason?: unknown) => void) | undefined
  const promise = new this<T>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  if (resolve === undefined || reject === undefined) throw new TypeError('a promise runs its executor at once')
  return { promise, resolve, reject }
}

if (typeof Promise.withResolvers !== 'function') {
  Object.defineProperty(Promise, 'withResolvers', { value: withResolvers, writable: true, configurable: true })
}
