// What an actor takes along when it moves: all that its cell holds, as plain data. unpacking.ts makes it again.
//
// Invariants: the packed form refers to nothing on the old thread. It is two values, the state and all else, as most actors
// have nothing else but a few numbers, which take no codec. The target has loaded the behavior's modules by then, as it has
// been asked to (reach.ts), so codecs of users' classes are known there. Times are of the clock that all threads share. The
// mailbox is no part of it: it follows in frames once the copy is ready.
import { ActorRef } from './actor-ref.ts'
import { type Address, FIRST_FAR } from './address.ts'
import { type Source, source } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import { MoveFailed, NotSendable, type TroupeError } from './errors.ts'
import { type OwnCall, UserTimer } from './extra.ts'
import { words } from './failures.ts'
import { type FarBehavior, farBehavior } from './far-source.ts'
import { type Mailbox, METHOD_SHIFT, type Taken, TIMED } from './mailbox.ts'
import type { Packed } from './platform.ts'
import type { RoutedRef } from './routed-ref.ts'
import { Moment } from './thread-number.ts'
import type { Ended, Watch } from './watches.ts'

export type TimerData = [
  number: number,
  method: string,
  args: unknown[],
  period: number | undefined,
  due: Moment,
  set: boolean,
  waiting: boolean,
]
export type WatchData = [ref: ActorRef, method: string, args: readonly unknown[], how: Ended | undefined]
/** What it is to call of itself, in order: a timer that is due, the end of one that it watches, or what was piped. */
type CallData = [timer: number] | [watched: ActorRef] | [method: string, args: unknown[]]

/** What is to happen to the actor by itself. */
export interface Things {
  readonly timers: TimerData[]
  readonly watching: WatchData[]
  readonly calls: CallData[]
}

/**
 * What an actor has besides its state, without what is undefined at the end. The source only where its protocol, as it is run
 * there, does not say what that is.
 */
export type Rest = [
  source?: Source | FarBehavior | undefined,
  protocol?: number | undefined,
  turns?: number,
  lives?: number,
  timersMade?: number,
  pinned?: boolean | undefined,
  init?: unknown,
  parent?: ActorRef | undefined,
  name?: string | undefined,
  restarts?: readonly Moment[] | undefined,
  watchers?: ActorRef[] | undefined,
  children?: ActorRef[] | undefined,
  things?: Things | undefined,
  as?: RoutedRef | undefined,
]

/** The rest is `sealed` where it is more than primitives. The state is valid until the next value is packed. */
export interface Baggage {
  readonly rest: readonly unknown[]
  readonly sealed: Uint8Array | undefined
  readonly state: Packed
}
/** The same as it arrives: bytes that are lent, and what decodes the rest for the actor. */
export interface Arrived {
  readonly state: Packed
  rest(to: Cell): readonly unknown[]
}

const ref = (address: Address): ActorRef => new ActorRef(address, undefined)
const refs = (addresses: Iterable<Address>): ActorRef[] | undefined => filled([...addresses].map(ref))
const filled = <T extends readonly unknown[]>(list: T): T | undefined => (list.length === 0 ? undefined : list)

// ── packing ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Throws MoveFailed, which says what cannot travel. Changes nothing. */
export function pack(cell: Cell, to: number): Baggage {
  const { entries } = cell.core.channels
  entries.begin()
  try {
    return packed(cell, to)
  } catch (error) {
    entries.undo() // channel ends in it do not go after all
    throw error
  }
}
function packed(cell: Cell, to: number): Baggage {
  const rest = restOf(cell, to)
  const sealed = rest.every(isPlain) ? undefined : copied(cell.core.platform.codec.pack(rest))
  return { rest, sealed, state: packState(cell, stays) }
}
function restOf(cell: Cell, to: number): unknown[] {
  const { extra, loaded, turns, pinned, init, parent } = cell
  const from = loaded!.behavior[source]
  // the target has loaded it, as it has been asked; but only what is not composed is known by its protocol alone, and that
  // only in this process
  const near = to < FIRST_FAR
  const composed = 'inner' in from ? from : undefined
  const rest: Rest = [
    near ? composed : farBehavior(from, loaded!.protocol),
    near ? loaded!.protocol.number : undefined,
    turns,
    extra?.lives ?? 0,
    extra?.timersMade ?? 0,
    pinned,
    init,
  ]
  rest.push(parent && ref(parent))
  if (extra !== undefined) {
    const { name, restarts, watchers } = extra
    const children = [...extra.children().map(child => child.address), ...(extra.away?.values() ?? [])]
    const things = thingsOf(cell)
    const some = things.timers.length + things.watching.length + things.calls.length > 0
    rest.push(
      name,
      filled(restarts.map(at => new Moment(at))),
      refs(watchers?.values() ?? []),
      refs(children),
      some ? things : undefined,
      extra.as,
    )
  }
  while (rest.at(-1) === undefined) rest.pop()
  return rest
}
/** Whether it can be written by hand, whatever it is. */
function isPlain(value: unknown): boolean {
  return value === undefined || typeof value === 'number' || typeof value === 'boolean'
}

export function thingsOf(cell: Cell): Things {
  const { extra } = cell
  return {
    timers: [...(extra?.timers?.values() ?? [])].map(timer => timer.data()),
    watching: [...(extra?.watching?.values() ?? [])].map(watch => watch.data()),
    calls: [...callsOf(cell, extra?.side), ...callsOf(cell, extra?.sideAside)],
  }
}

/** Makes an error of the reason why a state cannot be packed. */
export type Refuse = (address: Address, why: 'state' | 'too-large', text: string, cause?: unknown) => TroupeError

/** The state as msgpack, valid until the next value is packed. Throws what `refuse` makes. */
export function packState(cell: Cell, refuse: Refuse): Packed {
  const { core, address } = cell
  const packed = plainState(cell, refuse, packPlain)
  const bytes = packed.end - packed.start
  const most = core.limits.snapshot
  if (bytes <= most) return packed
  throw refuse(
    address,
    'too-large',
    `its packed state has ${bytes} bytes; the limit is ${most} (createSystem: snapshot)`,
  )
}
const packPlain = (plain: unknown, { core }: Cell): Packed => core.platform.codec.pack(plain)

/** What `use` makes of the state as plain data. */
export function plainState<T>(cell: Cell, refuse: Refuse, use: (plain: unknown, cell: Cell) => T): T {
  const { address, state, loaded } = cell
  const { snapshot } = loaded!.behavior
  try {
    return use(snapshot === undefined ? state : snapshot(state), cell)
  } catch (error) {
    if (!(error instanceof NotSendable)) throw refuse(address, 'state', `snapshot threw: ${words(error)}`, error)
    const { path, what } = error
    const hint =
      snapshot === undefined ? 'keep plain data there, or give snapshot and restore' : 'snapshot gives plain data'
    throw refuse(address, 'state', `state${path} is ${what}, which cannot travel; ${hint}`, error)
  }
}

/** Why an actor does not move. */
export function stays(address: Address, why: MoveFailed['why'], text: string, cause?: unknown): MoveFailed {
  const { id, protocol } = address
  const own = cause === undefined ? undefined : protocol.core.failures.portable(cause)
  return new MoveFailed(why, `${id} stays where it is: ${text}`, { actor: id, method: 'move', cause: own })
}

/** What waits in a queue of the actor's own calls; they stay in it. */
function callsOf({ core }: Cell, queue: Mailbox | undefined): CallData[] {
  const calls: CallData[] = []
  const taken: Taken = { head: 0, from: undefined, argument: undefined }
  for (let left = queue?.count ?? 0; left > 0; left--) {
    queue!.take(taken)
    queue!.push(taken.head, undefined, taken.argument, 0)
    const call = (taken.head & TIMED) === 0 ? undefined : (taken.argument as OwnCall)
    if (call === undefined) {
      const method = core.platform.methods.text(taken.head >> METHOD_SHIFT)
      calls.push([method, taken.argument as unknown[]])
    } else if (call.cancelled) continue
    else calls.push(call instanceof UserTimer ? [call.number] : [ref((call as Watch).address)])
  }
  return calls
}

/** Takes its timers out of the wheel; gives those that were in it. */
export function pauseTimers(cell: Cell): UserTimer[] {
  const set = [...(cell.extra?.timers?.values() ?? [])].filter(timer => timer.slot >= 0)
  for (const timer of set) cell.core.timers.clear(timer)
  return set
}

export function copied({ bytes, start, end }: Packed): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}
