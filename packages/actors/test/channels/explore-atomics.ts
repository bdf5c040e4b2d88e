// Which words of shared memory a piece of code touches, and how it would be if its thread ended between two touches.
//
// Invariant: everything that the code does to these words goes through here, since it does it with Atomics.

/** Thrown in the middle of the code whose thread ends there, again and again: it does nothing more. */
class Ended extends Error {}

const METHODS = ['load', 'store', 'compareExchange'] as const

/** Runs it, and tells which words it touched, one after the other. From the `last`th touch on it is Ended. */
export function touches(words: Int32Array, run: () => void, last = Infinity): { touched: number[]; ended: boolean } {
  const touched: number[] = []
  let ended = false
  const atomics = Atomics as unknown as Record<string, (...args: unknown[]) => unknown>
  const old = METHODS.map(method => atomics[method]!)
  METHODS.forEach((method, i) => {
    atomics[method] = (array, at, ...rest) => {
      if (array === words) {
        if (touched.length >= last) {
          ended = true
          throw new Ended()
        }
        touched.push(at as number)
      }
      return old[i]!(array, at, ...rest)
    }
  })
  try {
    run()
  } catch (error) {
    if (!ended) throw error
  } finally {
    METHODS.forEach((method, i) => (atomics[method] = old[i]!))
  }
  return { touched, ended }
}
