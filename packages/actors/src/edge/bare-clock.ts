// The clock and the chance of a select without channels, which belongs to no system (core/select-call.ts): Node's own.
//
// Invariant: a time that is longer than a timeout of Node.js can be is waited for in parts.
import { bareClock } from '../core/select-call.ts'

/** What a timeout of Node.js can be, in ms. */
const LONGEST_TIMEOUT = 2 ** 31 - 1
bareClock.after = (ms, fire) => {
  let left = ms
  let timeout: NodeJS.Timeout
  const arm = (): void => {
    const part = Math.min(left, LONGEST_TIMEOUT)
    left -= part
    timeout = setTimeout(left > 0 ? arm : fire, part)
  }
  arm()
  return () => clearTimeout(timeout)
}
bareClock.random = () => Math.random()
