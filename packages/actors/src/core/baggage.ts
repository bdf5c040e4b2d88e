// What an actor takes along when it moves: all that its cell holds, as plain data, and made again on the other thread.
//
// Invariants: the packed form refers to nothing on the old thread. What may hold instances of users' classes is sealed, as
// their codecs may be known over there only once the behavior's module is. Times are of the clock that all threads share.
// The mailbox is no part of it: it follows in frames once the copy is live.
import { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import { type BehaviorValue, type Source, source } from './behavior-value.ts'
import { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { MoveFailed, NotSendable, type TroupeError } from './errors.ts'
import { type OwnCall, UserTimer } from './extra.ts'
import { words } from './failures.ts'
import { type Mailbox, METHOD_SHIFT, type Taken, TIMED } from './mailbox.ts'
import type { Packed } from './platform.ts'
import type { Restarts } from './supervision.ts'
import { type Ended, Watch } from './watches.ts'

export type TimerData = [
  number: number,
  method: number,
  args: unknown[],
  period: number | undefined,
  due: number,
  set: boolean,
  waiting: boolean,
]
export type WatchData = [ref: ActorRef, method: number, args: readonly unknown[], how: Ended | undefined]
/** What it is to call of itself, in order: a timer that is due, the end of one that it watches, or what was piped. */
type CallData = [timer: number] | [watched: ActorRef] | [method: number, args: unknown[]]

/** What is to happen to the actor by itself. */
export interface Things {
  readonly timers: TimerData[]
  readonly watching: WatchData[]
  readonly calls: CallData[]
}

export interface Baggage {
  readonly source: Source | Uint8Array
  readonly state: Uint8Array
  readonly things: Uint8Array
  readonly parent: ActorRef | undefined
  readonly name: string | undefined
  readonly pinned: boolean | undefined
  readonly turns: number
  readonly lives: number
  readonly timersMade: number
  readonly restarts: Restarts
  readonly watchers: ActorRef[]
  readonly children: ActorRef[]
}

const ref = (address: Address): ActorRef => new ActorRef(address, undefined)

// ── packing ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Throws MoveFailed, which says what cannot travel. Changes nothing. */
export function pack(cell: Cell): Baggage {
  const { entries } = cell.core.channels
  entries.begin()
  try {
    return packed(cell)
  } catch (error) {
    entries.undo() // channel ends in it do not go after all
    throw error
  }
}
function packed(cell: Cell): Baggage {
  const { core, extra, loaded } = cell
  const state = copied(packState(cell, stays))
  const from = loaded!.behavior[source]
  return {
    source: 'inner' in from ? seal(core, from) : from,
    state,
    things: seal(core, { init: cell.init, ...thingsOf(cell) }),
    parent: cell.parent && ref(cell.parent),
    name: extra?.name,
    pinned: cell.pinned,
    turns: cell.turns,
    lives: extra?.lives ?? 0,
    timersMade: extra?.timersMade ?? 0,
    restarts: extra?.restarts ?? [],
    watchers: [...(extra?.watchers?.values() ?? [])].map(ref),
    children: [...(extra?.children() ?? []).map(child => child.address), ...(extra?.away?.values() ?? [])].map(ref),
  }
}

export function thingsOf({ extra }: Cell): Things {
  return {
    timers: [...(extra?.timers?.values() ?? [])].map(timer => timer.data()),
    watching: [...(extra?.watching?.values() ?? [])].map(watch => watch.data()),
    calls: [...callsOf(extra?.side), ...callsOf(extra?.sideAside)],
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
function callsOf(queue: Mailbox | undefined): CallData[] {
  const calls: CallData[] = []
  const taken: Taken = { head: 0, from: undefined, argument: undefined }
  for (let left = queue?.count ?? 0; left > 0; left--) {
    queue!.take(taken)
    queue!.push(taken.head, undefined, taken.argument, 0)
    const call = (taken.head & TIMED) === 0 ? undefined : (taken.argument as OwnCall)
    if (call === undefined) calls.push([taken.head >> METHOD_SHIFT, taken.argument as unknown[]])
    else if (call.cancelled) continue
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

// ── unpacking ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The same actor, not live yet. Throws what the behavior's code throws, or MoveFailed. */
export async function unpack(core: Core, address: Address, baggage: Baggage): Promise<Cell> {
  const cell = new Cell(core, address, 'arriving', undefined, baggage.parent?.address)
  const behavior = await load(core, address, unseal(core, baggage.source, cell) as Source)
  cell.loaded = core.behaviors.load(behavior)
  const plain = unseal(core, baggage.state, cell)
  cell.state = behavior.restore === undefined ? plain : behavior.restore(plain)
  cell.pinned = baggage.pinned
  cell.turns = baggage.turns
  const { more } = cell
  more.lives = baggage.lives
  more.name = baggage.name
  more.restarts = baggage.restarts
  more.timersMade = baggage.timersMade
  if (baggage.watchers.length > 0) more.watchers = new Map(baggage.watchers.map(({ id, address }) => [id, address]))
  if (baggage.children.length > 0) more.away = new Map(baggage.children.map(({ id, address }) => [id, address]))
  const { init, ...things } = unseal(core, baggage.things, cell) as Things & { init: unknown }
  cell.init = init
  takeThings(cell, things)
  return cell
}

async function load(core: Core, address: Address, from: Source): Promise<BehaviorValue> {
  try {
    return await core.platform.load(from)
  } catch (error) {
    throw stays(
      address,
      'behavior',
      `its behavior cannot be loaded on thread ${core.platform.thread}: ${words(error)}`,
      error,
    )
  }
}

export function takeThings(cell: Cell, { timers, watching, calls }: Things): void {
  const { more } = cell
  if (timers.length > 0) more.timers = new Map(timers.map(data => [data[0], UserTimer.of(cell, data)]))
  if (watching.length > 0) more.watching = new Map(watching.map(data => [data[0].id, Watch.of(cell, data)]))
  for (const call of calls) {
    const [what] = call
    if (call.length === 2) cell.notify(call[0], call[1])
    else if (typeof what === 'number') cell.remind(more.timers!.get(what)!)
    else cell.remind(more.watching!.get(what.id)!)
  }
}

function seal(core: Core, value: unknown): Uint8Array {
  return copied(core.platform.codec.pack(value))
}
export function copied({ bytes, start, end }: Packed): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}
function unseal(core: Core, value: unknown, to: Cell): unknown {
  return value instanceof Uint8Array ? core.platform.codec.decode(value, 0, value.length, to) : value
}
