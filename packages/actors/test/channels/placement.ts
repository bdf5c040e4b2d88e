// Where the goroutines of a program stand. Every program here is a goroutine itself, as Go's main is, takes a Placement
// first, and asks it where the goroutines that it starts go: so one program runs on one thread, on two, and with each
// goroutine elsewhere, and must give the same every time.
import { type GoContext, type SpawnOptions, thread } from '@troupe/actors'

/** The threads that a program's goroutines take in turn. Plain data: a goroutine may hand it to those it starts. */
export type Placement = readonly number[]

/** Where a program's nth goroutine goes; the 0th is the program itself. */
export function place(on: Placement, n: number): SpawnOptions {
  return { on: thread(on[n % on.length]!) }
}

/** What a try gives in the end. A try answers by what its thread knows; a miss asks the channel to come, so tries succeed. */
export async function until<T>(ctx: GoContext, attempt: () => T | undefined | false): Promise<T> {
  for (;;) {
    const got = attempt()
    if (got !== undefined && got !== false) return got
    await ctx.sleep(1)
  }
}
