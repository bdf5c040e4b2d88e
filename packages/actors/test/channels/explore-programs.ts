// All small programs: two selects over two channels and a third routine, each wherever it can stand on up to three threads.
//
// Of programs that differ only in which channel, which select or which thread is called what, there is one. But for the order
// of the selects' threads, which is that of their words in shared memory: of that there are both.
import type { Operation, Program } from './explore-course.ts'

const OPERATIONS: readonly Operation[] = [0, 1].flatMap(channel => [false, true].map(sends => ({ channel, sends })))

export function* programs(): Generator<Program> {
  const seen = new Set<string>()
  const selects = OPERATIONS.flatMap((one, i) => OPERATIONS.slice(i + 1).map(other => [one, other]))
  for (const a of selects) {
    for (const b of selects) {
      for (const c of OPERATIONS) {
        for (const [homeA, homeB, ...on] of partitions(5, 3) as Generator<[number, number, number, number, number]>) {
          for (const reversed of on[0] === on[1] ? [false] : [false, true]) {
            const shape: Shape = { homes: [homeA, homeB], on, cases: [a, b, [c]], reversed }
            const forms = [shape, channelsSwapped(shape), selectsSwapped(shape), channelsSwapped(selectsSwapped(shape))]
            const form = forms.map(text).sort()[0]!
            if (seen.has(form)) continue
            seen.add(form)
            yield programOf(shape)
          }
        }
      }
    }
  }
}

/** Where each of `count` things stands on at most so many threads, which are named in the order in which they come. */
function* partitions(count: number, most: number, before: readonly number[] = []): Generator<readonly number[]> {
  if (before.length === count) return yield before
  const next = Math.max(-1, ...before) + 1
  for (let on = 0; on <= Math.min(next, most - 1); on++) yield* partitions(count, most, [...before, on])
}

interface Shape {
  readonly homes: readonly number[]
  readonly on: readonly number[]
  readonly cases: readonly (readonly Operation[])[]
  /** The first select's thread comes behind the second's. */
  readonly reversed: boolean
}
function channelsSwapped({ homes, on, cases, reversed }: Shape): Shape {
  const swapped = cases.map(its => its.map(({ channel, sends }) => ({ channel: 1 - channel, sends })))
  return { homes: homes.toReversed(), on, cases: swapped, reversed }
}
function selectsSwapped({ homes, on: [a, b, c], cases: [ofA, ofB, ofC], reversed }: Shape): Shape {
  return { homes, on: [b!, a!, c!], cases: [ofB!, ofA!, ofC!], reversed: a !== b && !reversed }
}
function text({ homes, on, cases, reversed }: Shape): string {
  const names: number[] = []
  const placed = [...homes, ...on].map(thread => {
    if (!names.includes(thread)) names.push(thread)
    return names.indexOf(thread)
  })
  const sorted = cases.map(its => its.map(({ channel, sends }) => `${channel}${sends ? '!' : '?'}`).sort())
  return JSON.stringify([placed, sorted, reversed])
}

function programOf({ homes, on, cases, reversed }: Shape): Program {
  const [a, b] = on as [number, number]
  const swap = a > b !== reversed
  const named = (thread: number): number => (swap && thread === a ? b : swap && thread === b ? a : thread)
  return {
    threads: 1 + Math.max(...homes, ...on),
    homes: homes.map(named),
    routines: on.map((thread, i) => ({ on: named(thread), cases: cases[i]! })),
  }
}
