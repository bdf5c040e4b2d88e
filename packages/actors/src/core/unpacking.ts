// An actor made again from what it took along (baggage.ts), on the thread that it has come to; or in place, with newer code.
//
// Invariants: nothing of it is live before its commit; whatever its own code throws is the answer to the offer, and leaves
// nothing here. A newer version must have each handler that is going to be called of the actor by itself.
import type { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import { type Arrived, copied, packState, type Rest, stays, type Things } from './baggage.ts'
import type { Source } from './behavior-value.ts'
import { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { ActorId, TroupeError } from './errors.ts'
import { UserTimer } from './extra.ts'
import { words } from './failures.ts'
import { isFar, protocolOf } from './far-source.ts'
import type { Packed } from './platform.ts'
import type { Loaded, Protocol } from './protocol.ts'
import { stateFrom, UpgradeRefused } from './upgrades.ts'
import { Watch } from './watches.ts'

/**
 * The same actor, not live yet: at once where its behavior is known here. Throws, or rejects with, what the behavior's code
 * throws, or MoveFailed.
 */
export function unpack(core: Core, address: Address, { rest, state }: Arrived): Cell | Promise<Cell> {
  const cell = new Cell(core, address, 'arriving', undefined, undefined)
  const list = rest(cell)
  const [from, number] = list as Rest
  const known = isFar(from) ? protocolOf(core, from[1]) : core.behaviors.protocol(number!)
  const loaded = core.upgrades.known(known)
  const plain = from === undefined || (isFar(from) && !('inner' in from[0]))
  if (loaded !== undefined && plain) return unpacked(cell, loaded, known, list, state)
  const own = { bytes: copied(state), start: 0, end: state.end - state.start }
  const told = from === undefined || isFar(from) ? core.handoffs.arrivals.sources.get(known)! : from
  return load(core, address, told, known).then(made => unpacked(cell, made, known, list, own))
}

function unpacked(cell: Cell, loaded: Loaded, known: Protocol, rest: readonly unknown[], state: Packed): Cell {
  const [, , turns, lives, timersMade, pinned, init, parent, ...others] = rest as Rest
  const [name, restarts, watchers, children, things, as] = others
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
  if (restarts !== undefined) more.restarts = restarts.map(({ at }) => at)
  if (watchers !== undefined) more.watchers = byId(watchers)
  if (children !== undefined) more.away = byId(children)
  if (things !== undefined) takeThings(cell, things)
  if (as !== undefined) more.as = as
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
    if (call.length === 2) cell.notify(cell.core.platform.methods.intern(call[0]), call[1])
    else if (typeof what === 'number') cell.remind(more.timers!.get(what)!)
    else cell.remind(more.watching!.get((what as ActorRef).id)!)
  }
}
