// What is asked of an actor beside its messages: stop, move, watch, room in its mailbox, news of its children. Where the actor
// is here, a call runs at once; else it goes the way of messages, so it follows an actor that moves.
//
// Invariants: a call for an actor that is about to leave waits, and runs where the actor is then. A call for one that has
// ended finds no cell, and says so to whoever waits.
import { ActorRef } from './actor-ref.ts'
import { type Address, FIRST_FAR } from './address.ts'
import { stays } from './baggage.ts'
import { Calls } from './calls.ts'
import type { Cell } from './cell.ts'
import { link, unlink } from './children.ts'
import type { Core } from './core.ts'
import { ActorStopped, Expired, isLoss, MailboxFull, SystemClosed, type TroupeError } from './errors.ts'
import * as life from './life.ts'
import { HUB } from './places.ts'
import { isMovable } from './sampling.ts'
import { hasRoom, requestStop } from './stopping.ts'
import { byHub, threadOperations, withinNode } from './thread-calls.ts'
import { Moment, ThreadNumber } from './thread-number.ts'
import { type Ended, ended, lostWith } from './watches.ts'

/** An address in the arguments of a call. */
const ref = (address: Address): ActorRef => new ActorRef(address, undefined)

/** The actor that a call is for, if it still is; the call was brought to where it is. */
const cellOf = (core: Core, { address }: ActorRef): Cell | undefined => core.routes.of(address).present

const operations = {
  ...threadOperations,
  stop: (core: Core, [ref, drain]: [ActorRef, boolean]) => stopHere(cellOf(core, ref), drain),
  ready: (core: Core, [ref]: [ActorRef]) => readyHere(ref.address, cellOf(core, ref)),
  move: (core: Core, [ref, to, until]: [ActorRef, ThreadNumber, Moment]) =>
    moveHere(core, ref.address, cellOf(core, ref), to.number, until.at),
  shift: (core: Core, [ref, to, until]: [ActorRef, ThreadNumber, Moment]) =>
    shiftHere(core, ref.address, cellOf(core, ref), to.number, until.at),
  watch(core: Core, [ref, watcher]: [ActorRef, ActorRef]) {
    watchHere(core, ref.address, cellOf(core, ref), watcher.address)
  },
  unwatch(core: Core, [ref, watcher]: [ActorRef, ActorRef]) {
    cellOf(core, ref)?.extra?.watchers?.delete(watcher.id)
  },
  ended(core: Core, [watcher, how]: [ActorRef, Ended]) {
    const cell = cellOf(core, watcher)
    if (cell !== undefined) ended(cell, how)
  },
  childAdopted(core: Core, [parent, child]: [ActorRef, ActorRef]) {
    const cell = cellOf(core, parent)
    if (isGoing(cell)) (cell.more.away ??= new Map()).set(child.id, child.address)
    else stopChild(core, child)
  },
  /** Whether a child of that parent lives; one that does not is no child any more. */
  parented(core: Core, [child, parent]: [ActorRef, ActorRef]) {
    if (!isGoing(cellOf(core, child))) core.calls.childLost(parent.address, child.address)
  },
  /** A child whose parent's thread was lost: it goes on with a parent that goes on. */
  orphaned(core: Core, [parent, child]: [ActorRef, ActorRef]) {
    const cell = cellOf(core, parent)
    if (isGoing(cell) && cell.extra?.reborn !== true) (cell.more.away ??= new Map()).set(child.id, child.address)
    else stopChild(core, child)
  },
  /** Whether an actor with a name lives; if not, others can have it. */
  named(core: Core, [ref, name]: [ActorRef, string]) {
    if (!isGoing(cellOf(core, ref))) void core.names.release(name, ref.address)
  },
  childGone(core: Core, [parent, child]: [ActorRef, ActorRef]) {
    cellOf(core, parent)?.extra?.away?.delete(child.id)
  },
  childFault(core: Core, [parent, error]: [ActorRef, TroupeError]) {
    const cell = cellOf(core, parent)
    if (cell !== undefined) life.fault(cell, error, '(child)', undefined)
  },
  piped(core: Core, [ref, lives, method, args]: [ActorRef, number, string, unknown[]]) {
    const cell = cellOf(core, ref)
    // what has begun in a life ends with it
    if (cell !== undefined && (cell.extra?.lives ?? 0) === lives)
      cell.notify(
        cell.methodNamed(method),
        args.map(arg => core.copyFor(arg, cell)),
      )
  },
  pipeFailed(core: Core, [ref, lives, method, error]: [ActorRef, number, string, TroupeError]) {
    const cell = cellOf(core, ref)
    if (cell !== undefined && (cell.extra?.lives ?? 0) === lives) cell.fault(error, method, undefined)
  },
}
type Name = keyof typeof operations
/** By their numbers in frames. */
export const operationNames: readonly string[] = Object.keys(operations)

export class ActorCalls extends Calls<Name> {
  constructor(core: Core) {
    super(core, operations)
  }

  protected override mayAsk(operation: Name, from: number): boolean {
    if (byHub.has(operation)) return from === HUB
    return from < FIRST_FAR || !withinNode.has(operation)
  }

  /** The actor, where it is here; and gone: whether it can only have ended. */
  #look(to: Address): { cell: Cell | undefined; gone: boolean } {
    const address = this.core.routes.of(to)
    const cell = address.present
    return { cell, gone: cell === undefined && address.standing === undefined && address.local }
  }

  async stop(address: Address, drain: boolean): Promise<void> {
    const { cell, gone } = this.#look(address)
    if (cell !== undefined || gone) return stopHere(cell, drain)
    const args = [ref(address), drain]
    const again = (): Promise<void> => this.stop(address, drain)
    // behind what was told before, if the way has room for it
    await this.askActor(address, 'stop', args, true, again).catch((error: unknown) => {
      if (error instanceof MailboxFull) return this.askActor(address, 'stop', args, false, again).catch(unlessGone)
      return unlessGone(error)
    })
  }
  async ready(address: Address): Promise<void> {
    for (;;) {
      const { cell, gone } = this.#look(address)
      if (cell !== undefined || gone) return readyHere(address, cell)
      if (this.core.closing) throw new SystemClosed('ready: the system is closed')
      try {
        // behind all that was sent before, so the reply says that it has been taken in
        return void (await this.askActor(address, 'ready', [ref(address)], true, () => this.ready(address)))
      } catch (error) {
        if (!(error instanceof MailboxFull)) throw error
        await this.core.sleep(1)
      }
    }
  }
  /** `until`: by the common clock, when it must have been done. */
  async move(address: Address, to: number, until: number): Promise<void> {
    const { cell, gone } = this.#look(address)
    if (cell !== undefined || gone) return moveHere(this.core, address, cell, to, until)
    await this.#move('move', address, to, until)
  }
  /** The same where the system itself wants it: what is pinned stays. */
  async shift(address: Address, to: number, until: number): Promise<void> {
    const { cell, gone } = this.#look(address)
    if (cell !== undefined || gone) return shiftHere(this.core, address, cell, to, until)
    await this.#move('shift', address, to, until)
  }
  async #move(operation: 'move' | 'shift', address: Address, to: number, until: number): Promise<void> {
    try {
      const args = [ref(address), new ThreadNumber(to), new Moment(until)]
      await this.askActor(address, operation, args, false, until + this.core.limits.askDeadline)
    } catch (error) {
      if (!(error instanceof Expired)) throw error
      throw stays(address, 'late', 'or has moved: nobody has said, as a thread was lost that may have known')
    }
  }
  watch(address: Address, watcher: Address): void {
    const { cell, gone } = this.#look(address)
    const { core } = this
    if (cell !== undefined || gone) return watchHere(core, address, cell, watcher)
    const place = core.routes.placeOf(address)
    if (core.heirs.isGone(place)) this.ended(watcher, lostWith(address, place))
    else this.sendActor(address, 'watch', [ref(address), ref(watcher)])
  }
  unwatch(address: Address, watcher: Address): void {
    const { cell, gone } = this.#look(address)
    if (gone) return
    if (cell === undefined) return this.sendActor(address, 'unwatch', [ref(address), ref(watcher)])
    if (this.core.handoffs.departures.defers(cell, () => this.unwatch(address, watcher))) return
    cell.extra?.watchers?.delete(watcher.id)
  }
  ended(watcher: Address, how: Ended): void {
    const { cell, gone } = this.#look(watcher)
    if (gone) return
    if (cell === undefined) return this.sendActor(watcher, 'ended', [ref(watcher), how])
    if (this.core.handoffs.departures.defers(cell, () => this.ended(watcher, how))) return
    ended(cell, how)
  }
  /** A goroutine was started by one whose parent is now its own. That one may have stopped meanwhile, which ends it. */
  childAdopted(parent: Address, child: Cell): void {
    const { core } = this
    const { cell, gone } = this.#look(parent)
    if (gone || (cell !== undefined && !isGoing(cell))) return requestStop(child, false)
    if (cell !== undefined) {
      if (core.handoffs.departures.defers(cell, () => this.childAdopted(parent, child))) return
      link(cell, child)
    } else if (core.heirs.isGone(core.routes.placeOf(parent))) requestStop(child, false)
    else this.sendActor(parent, 'childAdopted', [ref(parent), ref(child.address)])
  }
  childGone(parent: Address, child: Cell): void {
    const { cell, gone } = this.#look(parent)
    if (gone) return
    if (cell === undefined) return this.sendActor(parent, 'childGone', [ref(parent), ref(child.address)])
    if (this.core.handoffs.departures.defers(cell, () => this.childGone(parent, child))) return
    unlink(cell, child)
    cell.extra?.away?.delete(child.address.id)
  }
  orphaned(parent: Address, child: Cell): void {
    this.sendActor(parent, 'orphaned', [ref(parent), ref(child.address)])
  }
  parented(child: Address, parent: Address): void {
    this.sendActor(child, 'parented', [ref(child), ref(parent)])
  }
  named(address: Address, name: string): void {
    const { cell, gone } = this.#look(address)
    if (gone) void this.core.names.release(name, address)
    else if (cell === undefined) this.sendActor(address, 'named', [ref(address), name])
  }
  childLost(parent: Address, child: Address): void {
    const { cell, gone } = this.#look(parent)
    if (cell !== undefined) cell.extra?.away?.delete(child.id)
    else if (!gone) this.sendActor(parent, 'childGone', [ref(parent), ref(child)])
  }
  childFault(parent: Address, error: TroupeError): void {
    const { cell, gone } = this.#look(parent)
    if (gone) return
    if (cell === undefined) return this.sendActor(parent, 'childFault', [ref(parent), error])
    if (this.core.handoffs.departures.defers(cell, () => this.childFault(parent, error))) return
    life.fault(cell, error, '(child)', undefined)
  }
  /** What a promise has given, of an actor that has moved since it asked for that. */
  piped(to: Address, lives: number, method: string, args: unknown[]): void {
    const { cell, gone } = this.#look(to)
    if (gone) return
    if (cell === undefined) return this.sendActor(to, 'piped', [ref(to), lives, method, args])
    if (this.core.handoffs.departures.defers(cell, () => this.piped(to, lives, method, args))) return
    operations.piped(this.core, [ref(to), lives, method, args])
  }
  pipeFailed(to: Address, lives: number, method: string, error: unknown): void {
    const { cell, gone } = this.#look(to)
    const own = this.core.failures.own(error)
    if (gone) return
    if (cell === undefined) return this.sendActor(to, 'pipeFailed', [ref(to), lives, method, own])
    if (this.core.handoffs.departures.defers(cell, () => this.pipeFailed(to, lives, method, error))) return
    operations.pipeFailed(this.core, [ref(to), lives, method, own])
  }
}

function stopHere(cell: Cell | undefined, drain: boolean): Promise<void> {
  return new Promise(done => {
    if (cell === undefined) done()
    else requestStop(cell, drain, done)
  })
}

/** Its parent has ended. In a system that is closing its own thread stops it. */
function stopChild(core: Core, { address }: ActorRef): void {
  if (!core.closing) void core.stop(address, false)
}

function isGoing(cell: Cell | undefined): cell is Cell {
  return cell !== undefined && cell.status !== 'stopping' && cell.status !== 'stopped'
}

function readyHere(address: Address, cell: Cell | undefined): Promise<void> {
  return new Promise((done, failed) => {
    if (!isGoing(cell)) {
      return failed(new ActorStopped(`${address.id} has stopped`, { actor: address.id }))
    }
    if (hasRoom(cell.mailbox, cell.loaded ?? cell.core.limits)) return done()
    const { more } = cell
    more.onRoom ??= []
    more.onRoom.push(error => (error === undefined ? done() : failed(error)))
    more.attention = true
  })
}

function moveHere(core: Core, { id }: Address, cell: Cell | undefined, to: number, until: number): Promise<void> {
  if (!isGoing(cell)) return Promise.reject(new ActorStopped(`${id} has stopped`, { actor: id, method: 'move' }))
  cell.pinned ??= true // who says where it shall be means it to stay there
  return core.handoffs.departures.request(cell, to, until)
}

function shiftHere(core: Core, { id }: Address, cell: Cell | undefined, to: number, until: number): Promise<void> {
  if (!isGoing(cell)) return Promise.reject(new ActorStopped(`${id} has stopped`, { actor: id, method: 'move' }))
  if (isMovable(cell)) return core.handoffs.departures.request(cell, to, until)
  return Promise.reject(stays(cell.address, 'pinned', 'it was placed there, and balancing leaves it alone'))
}

function watchHere(core: Core, address: Address, cell: Cell | undefined, watcher: Address): void {
  if (cell === undefined) {
    const lost = core.heirs.answersForLost(address.home) || core.hasLost(core.routes.placeOf(address))
    return core.calls.ended(watcher, lost ? lostWith(address, address.home) : { actor: address.id, why: 'stopped' })
  }
  if (core.handoffs.departures.defers(cell, () => core.calls.watch(address, watcher))) return
  ;(cell.more.watchers ??= new Map()).set(watcher.id, watcher)
}

/** A stop has nothing to do where the thread has ended with the actor. */
function unlessGone(error: unknown): void {
  if (!(isLoss(error) || error instanceof SystemClosed)) throw error
}
