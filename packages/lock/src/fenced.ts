// The side that is protected: who comes with a token that is older than the newest seen is refused, by name. It is this, and not the lock,
// that makes sure that a holder who has paused beyond its lease changes nothing (docs/lock.md).
//
// Invariant: `seen` only grows, and with it who is refused. Of a mutex or a writer each pass has just its token. Where several hold at a time, a
// pass also says who of those that hold is the oldest: nobody that holds is refused, and whoever is older than all of them is.
import { type AnyBehavior, type Behavior, type HandlersOf, type InitOf, type StateOf, wrapper } from '@troupe/actors'
import { NoToken, StaleToken } from './lock-errors.ts'

/** What a holder shows: its token; where several may hold at a time, also that of the oldest who did when it came. */
export type Pass = bigint | { readonly token: bigint; readonly oldest: bigint }

/** The oldest token that is let in after this pass. Throws StaleToken, NoToken. */
function admit(seen: bigint, pass: unknown, what: string): bigint {
  const { token, oldest } = typeof pass === 'bigint' ? { token: pass, oldest: pass } : ((pass ?? {}) as Partial<{ token: bigint; oldest: bigint }>) // prettier-ignore
  if (typeof token !== 'bigint' || typeof oldest !== 'bigint' || oldest > token) throw new NoToken({ what })
  if (token < seen) throw new StaleToken({ what, token, newest: seen })
  return oldest > seen ? oldest : seen
}

/** For what is no actor: a file, a table of a database. Keep `newest` where the resource is, and begin with it. */
export interface Guard {
  /** What is older is refused. */
  readonly newest: bigint
  /** Lets the pass of a lock in (`lock.pass`, or its token). Throws StaleToken where a newer one has been in. */
  check(pass: Pass): void
}

/** A guard of a resource, named in what it throws. */
export function guard(what = 'what is guarded', newest = 0n): Guard {
  return {
    get newest() {
      return newest
    },
    check(pass) {
      newest = admit(newest, pass, what)
    },
  }
}

interface FenceOptions {
  readonly open: readonly string[]
}
const fencing = wrapper(import.meta, {
  name: 'fenced',
  state: ({ open }: FenceOptions) => ({ open, seen: 0n }),
  around(ctx, call, next) {
    if (ctx.state.open.includes(call.method)) return next(call)
    const [pass, ...args] = call.args
    ctx.state.seen = admit(ctx.state.seen, pass, `${ctx.self.id}.${call.method}`)
    return next({ ...call, args })
  },
})

/** B, whose handlers take the pass of a lock first; those that are `Open` are as they were. */
export type Fenced<B extends AnyBehavior, Open extends string = never> = Behavior<
  InitOf<B>,
  StateOf<B>,
  {
    [K in keyof HandlersOf<B>]: K extends Open
      ? HandlersOf<B>[K]
      : HandlersOf<B>[K] extends (ctx: infer C, ...args: infer A) => infer R
        ? (ctx: C, pass: Pass, ...args: A) => R
        : never
  }
>

/**
 * A behavior that only the holder of a lock can call: every handler takes the pass first, which `lock.guard(ref)` adds, and one that
 * is older than the newest seen is refused with StaleToken. `open` names the handlers that take none: reads for everybody, and what
 * the actor's own timers and watches call.
 */
export function fenced<B extends AnyBehavior, const Open extends keyof HandlersOf<B> & string = never>(
  inner: B,
  { open = [] }: { open?: readonly Open[] } = {},
): Fenced<B, Open> {
  return fencing(inner, { open }) as never
}
