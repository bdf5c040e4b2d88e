// Rejections that nobody handled, as the systems of one thread hear of them.
//
// Invariants: each system is asked once whether a rejection is its own. One that no system takes, and that nobody else
// listens for, ends the process as it would without any system, however many there are; one that some system takes does
// not, whatever the others say. Nothing here holds a system: the process's own list of listeners does.

const EVENT = 'unhandledRejection'
const ours = new WeakSet<object>()
const taken = new WeakSet<Promise<unknown>>()

/** `take` says whether it has dealt with the rejection. Returns how to end the listening. */
export function onStrayRejection(take: (reason: unknown) => boolean): () => void {
  const listener = (reason: unknown, promise: Promise<unknown>): void => {
    if (take(reason)) taken.add(promise)
    const all = process.listeners(EVENT)
    const last = all.at(-1) === listener
    if (last && !taken.has(promise) && all.every(one => ours.has(one))) throw reason
  }
  ours.add(listener)
  process.on(EVENT, listener)
  return () => void process.off(EVENT, listener)
}
