// `lockServer`: the lock table as a behavior. Who waits gets a late reply; leases are one timer, by name.
//
// Handlers are synchronous, and all that they know is in the state, the arguments and `ctx.now()`. (Hosting several copies of it
// that agree is not there yet.)
// Invariants: each open request has one open reply, its latest; the timer is set for what is due first, or earlier; each client with a
// request is watched. A server that begins anew knows nobody: its tokens begin at the time of day in ms × 65,536, above all that an
// earlier one gave, and it grants nothing until the leases that the earlier one gave are over.
import { type AnyRef, behavior, type Context, type Ended, type Later, Refusal, type Timer } from '@troupe/actors'
import { FadingMap } from './fading-map.ts'
import {
  Busy,
  LockCycle,
  LockGivenUp,
  LockMismatch,
  LockReentered,
  LockRequestInvalid,
  LockTableFull,
  StaleToken,
  WaitTimeout,
} from './lock-errors.ts'
import { reportOf, type ServerReport } from './lock-report.ts'
import { LockTable } from './lock-table.ts'
import type { Effect, RefusedBecause } from './table-events.ts'
import { snapshotOf, tableOf, type TableSnapshot } from './table-snapshot.ts'

export interface LockServerOptions {
  /** ms, the longest lease that it gives; 60,000. After a restart it grants nothing for so long. */
  longest?: number
  /** How many requests, held or waiting, it takes; more are refused. 250,000. */
  most?: number
}

export interface AcquireMore {
  /** How many permits the lock has, and how many of them are wanted; 1 and 1. */
  permits?: number
  wants?: number
  /** The same request asked again has the same id; without one it is asked once. */
  id?: string
  /** Whose it is; the actor that asks, where nothing is said. */
  owner?: string
  /** ms after a lapse, or the death of a holder, in which nobody else gets it; 0. */
  delay?: number
}

export interface Grant {
  /** Greater than all that were granted for this lock before. */
  readonly token: bigint
  /** The token of the first of those who hold it now; of a mutex the same. */
  readonly oldest: bigint
}

interface Open {
  readonly reply: Later<Grant>
  readonly lock: string
  readonly since: number
}
interface State {
  readonly longest: number
  table: LockTable
  /** By the request's id. */
  readonly open: Map<string, Open>
  /** Those who are watched, by their id. */
  readonly clients: FadingMap<AnyRef>
  timer: Timer | undefined
  timerDue: number
  unnamed: number
}
type Server = Context<State, 'gone' | 'lapse'>
type Plain = Omit<State, 'table' | 'clients'> & { readonly table: TableSnapshot; readonly clients: [string, AnyRef][] }

const LISTED = 1_000
const LONGEST_NAME = 1_024
/** ms: the clock of turns shows whole ones, so what seems to be so many ms may be shorter by one. */
const TICK = 1

export const lockServer = behavior(import.meta, {
  name: 'lock server',
  state: ({ longest = 60_000, most = 250_000 }: LockServerOptions = {}): State => ({
    longest: aboveZero('longest', longest),
    table: new LockTable({ counter: 0n, most: aboveZero('most', most), quietUntil: 0 }),
    open: new Map(),
    clients: new FadingMap(),
    timer: undefined,
    timerDue: Infinity,
    unnamed: 0,
  }),
  snapshot: (state): Plain => ({ ...state, table: snapshotOf(state.table), clients: [...state.clients.entries()] }),
  restore(plain: Plain): State {
    const clients = new FadingMap<AnyRef>()
    for (const [id, ref] of plain.clients) clients.set(id, ref)
    return { ...plain, table: tableOf(plain.table), clients }
  },
  started(ctx, why) {
    if (why === 'moved') return
    const now = Math.floor(ctx.now())
    const { longest, table } = ctx.state
    const quietUntil = why === 'spawned' ? 0 : now + longest + TICK
    ctx.state.table = new LockTable({ counter: BigInt(now) << 16n, most: table.most, quietUntil })
  },
  handlers: {
    /**
     * Asks for a lock: the reply comes with the grant. Refused with lock-busy, lock-wait-timeout, lock-reentered, lock-cycle,
     * lock-mismatch, lock-table-full or lock-request-invalid. `wait` and `lease` in ms.
     */
    acquire(ctx, name: string, wait: number, lease: number, more: AcquireMore = {}): Grant | Later<Grant> {
      const { state, sender } = ctx
      const { permits = 1, wants = 1, delay = 0, id = `#${++state.unnamed}`, owner = sender?.id } = more
      checkRequest({ name, wait, lease, permits, wants, delay }, state.longest)
      const now = ctx.now()
      const asked = { id, name, permits, wants, wait, lease: lease + TICK, delay, owner, client: sender?.id }
      const answer = carryOut(ctx, state.table.acquire(asked, now), { ...asked, sender })
      if (answer !== undefined) state.open.delete(id)
      if (answer instanceof Refusal) throw answer
      if (answer !== undefined) return answer
      const reply = ctx.later<Grant>()
      state.open.set(id, { reply, lock: name, since: state.open.get(id)?.since ?? now })
      return reply
    },
    /** Makes the lease end `lease` ms from now. False: nobody holds the lock with this token any more. */
    renew(ctx, name: string, token: bigint, lease: number): boolean {
      const { table, longest } = ctx.state
      checkLease(name, lease, longest)
      const { held, effects } = table.renew(name, token, lease + TICK, ctx.now())
      carryOut(ctx, effects)
      return held
    },
    /**
     * Gives back. False: nobody holds it with this token any more, as after a first release. Refused with stale-token where somebody else has
     * got it since. With `id`, that request is given up as well, for it may still be under way a second time.
     */
    release(ctx, name: string, token: bigint, id?: string): boolean {
      const { was, effects } = ctx.state.table.release(name, token, id, ctx.now())
      carryOut(ctx, effects)
      if (was !== 'stale') return was === 'held'
      const newest = ctx.state.table.locks.get(name)?.holders.last?.ticket ?? token
      throw new StaleToken({ what: `release of lock '${name}'`, token, newest })
    },
    /** The request is not wanted any more, whether it waits, was granted, or is still to come. */
    giveUp(ctx, id: string): void {
      carryOut(ctx, ctx.state.table.giveUp(id, ctx.now()))
    },
    /** A client has ended. */
    gone(ctx, client: string, _how?: Ended): void {
      ctx.state.clients.delete(client)
      carryOut(ctx, ctx.state.table.gone(client, ctx.now()))
    },
    /** Something may be due. */
    lapse(ctx): void {
      ctx.state.timer = undefined
      carryOut(ctx, ctx.state.table.expire(ctx.now()))
    },
    /** Who holds and who waits, and for how long: of one lock, or of all. */
    inspect(ctx, name?: string): ServerReport {
      const { table } = ctx.state
      carryOut(ctx, table.expire(ctx.now()))
      const named = name === undefined ? table.locks.values().take(LISTED) : [table.locks.get(name)]
      const listed = [...named].filter(lock => lock !== undefined).map(lock => reportOf(lock, ctx.now()))
      const waiters = ctx.state.open.size
      return { locks: table.locks.size, holders: table.requests.size - waiters, waiters, listed }
    },
  },
  // what a lock table knows is worth more than a turn that went wrong: arguments are checked before anything is changed
  supervision: { onFault: 'resume' },
})

/** Does the effects, in order; gives the answer for the request of this turn, if there is one. */
function carryOut(
  ctx: Server,
  effects: readonly Effect[],
  own?: { id: string; name: string; permits: number; owner: string | undefined; sender: AnyRef | undefined },
): Grant | Refusal | undefined {
  let answer: Grant | Refusal | undefined
  const { open, clients } = ctx.state
  for (const effect of effects) {
    switch (effect.do) {
      case 'grant': {
        const grant: Grant = { token: effect.token, oldest: effect.oldest }
        if (effect.id === own?.id) answer = grant
        else answered(open, effect.id)?.reply.resolve(grant)
        break
      }
      case 'refuse': {
        if (effect.id === own?.id) {
          answer = errorOf(effect.because, own.name, 0, ctx.state, own)
          break
        }
        const waiting = answered(open, effect.id)
        waiting?.reply.reject(errorOf(effect.because, waiting.lock, ctx.now() - waiting.since, ctx.state))
        break
      }
      case 'watch':
        if (own?.sender === undefined) break
        clients.set(effect.client, own.sender)
        ctx.watch(own.sender, 'gone', effect.client)
        break
      case 'unwatch': {
        const client = clients.get(effect.client)
        clients.delete(effect.client)
        if (client !== undefined) ctx.unwatch(client)
        break
      }
      default:
        return effect satisfies never
    }
  }
  arm(ctx)
  return answer
}

function answered(open: Map<string, Open>, id: string): Open | undefined {
  const found = open.get(id)
  open.delete(id)
  return found
}

function errorOf(
  because: RefusedBecause,
  lock: string,
  waited: number,
  { table }: State,
  own?: { permits: number; owner: string | undefined },
): Refusal {
  switch (because.why) {
    case 'busy':
      return new Busy({ lock })
    case 'timeout':
      return new WaitTimeout({ lock, waited })
    case 'given-up':
      return new LockGivenUp({ lock })
    case 'full':
      return new LockTableFull({ lock, most: table.most })
    case 'mismatch':
      return new LockMismatch({ lock, asked: own?.permits ?? 1, permits: because.permits })
    case 'cycle':
      return because.path.length === 1
        ? new LockReentered({ lock, owner: because.path[0]!.owner })
        : new LockCycle({ lock, path: because.path })
    default:
      return because satisfies never
  }
}

/** Sees to it that `lapse` is called when something is due. A timer that is too early finds nothing, and is set again. */
function arm(ctx: Server): void {
  const { state } = ctx
  const { due } = state.table
  if (due === Infinity || (state.timer !== undefined && state.timerDue <= due)) return
  ctx.cancel(state.timer)
  state.timer = ctx.after(Math.max(0, due - ctx.now()), 'lapse')
  state.timerDue = due
}

interface Checked {
  name: string
  wait: number
  lease: number
  permits: number
  wants: number
  delay: number
}
function checkRequest({ name, wait, lease, permits, wants, delay }: Checked, longest: number): void {
  if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME)
    throw invalid(`a lock's name is a text of 1 to ${LONGEST_NAME} characters`)
  if (!(wait >= 0)) throw invalid(`lock '${name}': wait is ${String(wait)}; it must be a number of ms, 0 or more`)
  checkLease(name, lease, longest)
  if (!(Number.isInteger(permits) && permits >= 1 && permits <= 2 ** 30))
    throw invalid(`lock '${name}': permits is ${String(permits)}; it must be a whole number from 1 to 2^30`)
  if (!(Number.isInteger(wants) && wants >= 1 && wants <= permits))
    throw invalid(`lock '${name}': ${String(wants)} permits of ${permits} can never be had`)
  if (!(delay >= 0 && delay < Infinity))
    throw invalid(`lock '${name}': delay is ${String(delay)}; it must be a number of ms`)
}
function checkLease(name: string, lease: number, longest: number): void {
  if (!(lease > 0 && lease <= longest)) {
    throw invalid(
      `lock '${name}': lease is ${String(lease)}; it must be above 0, and at most ${longest} ms: it is renewed`,
    )
  }
}
const invalid = (what: string): LockRequestInvalid => new LockRequestInvalid({ what })

function aboveZero(name: string, value: number): number {
  if (!(value > 0)) throw invalid(`lock server: ${name} is ${String(value)}; it must be a number above 0`)
  return value
}
