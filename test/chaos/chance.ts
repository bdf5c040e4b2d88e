// What the subjects of `pnpm chaos` share: chance from a seed, counts, and how much memory this process has.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A small generator: the same seed, the same plan, though not the same course of events. */
export function generator(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

export const mib = (bytes: number): number => Math.round(bytes / 2 ** 20)
/** Bytes, without what is garbage. */
export function resident(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage.rss()
}

export function add(counts: Record<string, number>, key: string, n = 1): void {
  counts[key] = (counts[key] ?? 0) + n
}
