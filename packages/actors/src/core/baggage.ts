// What an actor takes along when it moves: all that its cell holds, as plain data, and made again on the other thread.
//
// Invariants: the packed form refers to nothing on the old thread. It is two values, the state and all else, as most actors
// have nothing else but a few numbers, which take no codec. The target has loaded the behavior's modules by then, as it has
// been asked to (reach.ts), so codecs of users' classes are known there. Times are of the clock that all threads share. The
// mailbox is no part of it: it follows in frames once the copy is ready.
import { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import { type Source, source } from './behavior-value.ts'
import { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { type ActorId, MoveFailed, NotSendable, type TroupeError } from './errors.ts'
import { type OwnCall, UserTimer } from './extra.ts'
import { words } from './failures.ts'
import { type Mailbox, METHOD_SHIFT, type Taken, TIMED } from './mailbox.ts'
import type { Packed } from './platform.ts'
import type { Loaded, Protocol } from './protocol.ts'
import type { Restarts } from './supervision.ts'
import { stateFrom, UpgradeRefused } from './upgrades.ts'
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

/**
 * What an actor has besides its state, without what is undefined at the end. The source only where its protocol, as it is run
 * there, does not say what that is.
 */
type Rest = [
  source?: Source | undefined,
  protocol?: number,
  turns?: number,
  lives?: number,
  timersMade?: number,
  pinned?: boolean | undefined,
  init?: unknown,
  parent?: ActorRef | undefined,
  name?: string | undefined,
  restarts?: Restarts | undefined,
  watchers?: ActorRef[] | undefined,
  children?: ActorRef[] | undefined,
  things?: Things | undefined,
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
  const rest = restOf(cell)
  const sealed = rest.every(isPlain) ? undefined : copied(cell.core.platform.codec.pack(rest))
  return { rest, sealed, state: packState(cell, stays) }
}
function restOf(cell: Cell): unknown[] {
  const { extra, loaded, turns, pinned, init, parent } = cell
  const from = loaded!.behavior[source]
  // the target has loaded it, as it has been asked; but only what is not composed is known by its protocol alone
  const rest: Rest = [
    'inner' in from ? from : undefined,
    loaded!.protocol.number,
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
    rest.push(name, filled(restarts), refs(watchers?.values() ?? []), refs(children), some ? things : undefined)
  }
  while (rest.at(-1) === undefined) rest.pop()
  return rest
}
/** Whether it can be written by hand, whatever it is. */
function isPlain(value: unknown): boolean {
  return value === undefined || typeof value === 'number' || typeof value === 'boolean'
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

/**
 * The same actor, not live yet: at once where its behavior is known here. Throws, or rejects with, what the behavior's code
 * throws, or MoveFailed.
 */
export function unpack(core: Core, address: Address, { rest, state }: Arrived): Cell | Promise<Cell> {
  const cell = new Cell(core, address, 'arriving', undefined, undefined)
  const list = rest(cell)
  const [from, number] = list as Rest
  const known = core.behaviors.protocol(number!)
  const loaded = core.upgrades.known(known)
  if (loaded !== undefined && from === undefined) return unpacked(cell, loaded, known, list, state)
  const own = { bytes: copied(state), start: 0, end: state.end - state.start }
  const told = from ?? core.handoffs.arrivals.sources.get(known)!
  return load(core, address, told, known).then(made => unpacked(cell, made, known, list, own))
}

function unpacked(cell: Cell, loaded: Loaded, known: Protocol, rest: readonly unknown[], state: Packed): Cell {
  const [, , turns, lives, timersMade, pinned, init, parent, name, restarts, watchers, children, things] = rest as Rest
  cell.loaded = loaded
  takeState(cell, known, cell.core.platform.codec.decode(state.bytes, state.start, state.end, cell))
  cell.pinned = pinned
  cell.turns = turns!
  cell.init = init
  cell.parent = parent?.address
  const { more } = cell
  more.lives = lives!
  more.timersMade = timersMade!
  more.name = name
  if (restarts !== undefined) more.restarts = restarts
  if (watchers !== undefined) more.watchers = byId(watchers)
  if (children !== undefined) more.away = byId(children)
  if (things !== undefined) takeThings(cell, things)
  checkCalls(cell, known)
  return cell
}
const byId = (refs: ActorRef[]): Map<ActorId, Address> => new Map(refs.map(({ id, address }) => [id, address]))

/** Its state from the packed one, upgraded where its behavior here is a newer one. Throws MoveFailed, or what `restore` throws. */
function takeState(cell: Cell, known: Protocol, plain: unknown): void {
  try {
    cell.state = stateFrom(cell.loaded!, known, plain)
  } catch (error) {
    if (!(error instanceof UpgradeRefused)) throw error
    throw stays(cell.address, 'upgrade', error.message, error.cause)
  }
}
/** A newer version must have whatever is going to be called of the actor by itself. */
function checkCalls({ address, extra, loaded }: Cell, known: Protocol): void {
  const { methods, protocol } = loaded!
  if (protocol === known) return
  for (const { method } of [...(extra?.timers?.values() ?? []), ...(extra?.watching?.values() ?? [])]) {
    if (methods[method] !== undefined) continue
    const name = protocol.core.platform.methods.text(method)
    const text = `version ${protocol.version} of '${protocol.name}' has no handler '${name}', which a timer or a watch of it calls`
    throw stays(address, 'upgrade', text)
  }
}

/** Makes the actor one of a newer version, on this same thread; gives why that cannot be, and has changed nothing then. */
export function renew(cell: Cell): TroupeError | undefined {
  const { core, loaded, state } = cell
  try {
    const { bytes, start, end } = packState(cell, stays)
    const plain = core.platform.codec.decode(bytes, start, end, cell)
    cell.loaded = core.behaviors.load(core.upgrades.newest(loaded!.behavior))
    takeState(cell, loaded!.protocol, plain)
    checkCalls(cell, loaded!.protocol)
    cell.address.learn(cell.loaded.protocol)
    return undefined
  } catch (error) {
    cell.loaded = loaded
    cell.state = state
    return core.failures.own(error)
  }
}

async function load(core: Core, address: Address, from: Source, known: Protocol): Promise<Loaded> {
  try {
    return await core.upgrades.load(from, known)
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

export function copied({ bytes, start, end }: Packed): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}
