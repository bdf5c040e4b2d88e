// What the cores of different threads ask of each other beside messages: spawn, stop, watch, names. Each is a function of
// the receiving core; a call to one's own thread runs it at once.
//
// Invariants: calls from one thread to another run in the order made; those that are `ordered` also stay behind the
// user frames sent before them. A call that is waited for ends by its reply, or with its thread.
import { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import { Ask } from './ask.ts'
import type { Cell } from './cell.ts'
import type { ChannelState } from './channel-move.ts'
import { link, unlink } from './children.ts'
import type { Core } from './core.ts'
import { rejectAsks } from './ending.ts'
import { ActorStopped, MailboxFull, SystemClosed, ThreadLost, type TroupeError } from './errors.ts'
import * as life from './life.ts'
import type { Job } from './offload-job.ts'
import type { SpawnCall } from './spawning.ts'
import { hasRoom, requestStop } from './stopping.ts'
import { type Ended, ended, lostWith } from './watches.ts'

/** An address in the arguments of a call. */
const ref = (address: Address): ActorRef => new ActorRef(address, undefined)

const operations = {
  spawn: (core: Core, call: SpawnCall, from: number) => core.spawning.receive('spawn', call, from),
  go: (core: Core, call: SpawnCall, from: number) => core.spawning.receive('go', call, from),
  stop: (core: Core, [ref, drain]: [ActorRef, boolean]) => stopHere(ref.address, drain),
  ready: (_core: Core, [ref]: [ActorRef]) => readyHere(ref.address),
  watch(core: Core, [ref, watcher]: [ActorRef, ActorRef]) {
    watchHere(core, ref.address, watcher.address)
  },
  unwatch(_core: Core, [ref, watcher]: [ActorRef, ActorRef]) {
    ref.address.cell?.extra?.watchers?.delete(watcher.id)
  },
  ended(_core: Core, [watcher, how]: [ActorRef, Ended]) {
    if (watcher.address.cell !== undefined) ended(watcher.address.cell, how)
  },
  childAdopted(core: Core, [parent, child]: [ActorRef, ActorRef]) {
    const { cell } = parent.address
    if (isGoing(cell)) (cell.more.away ??= new Map()).set(child.id, child.address)
    else void core.stop(child.address, false)
  },
  childGone(_core: Core, [parent, child]: [ActorRef, ActorRef]) {
    parent.address.cell?.extra?.away?.delete(child.id)
  },
  childFault(_core: Core, [parent, error]: [ActorRef, TroupeError]) {
    if (parent.address.cell !== undefined) life.fault(parent.address.cell, error, '(child)', undefined)
  },
  claim(core: Core, [name, ref]: [string, ActorRef]) {
    core.names.claimHere(name, ref.address)
  },
  release(core: Core, [name, ref]: [string, ActorRef]) {
    core.names.releaseHere(name, ref.address)
  },
  find(core: Core, [key]: [string]) {
    const address = core.names.findHere(key)
    return address && ref(address)
  },
  run: (core: Core, [number, job]: [number, Job], from: number) => core.offloads.receive(number, job, from),
  cancelRun(core: Core, [number]: [number], from: number) {
    core.offloads.cancel(number, from)
  },
  adopt(core: Core, state: ChannelState, from: number) {
    core.channels.adopt(state, from)
  },
  emit(core: Core, [event, data]: [string, unknown]) {
    core.platform.emit(event, data)
  },
  close: (core: Core) => core.closeHere(),
  end(core: Core) {
    rejectAsks(core)
    core.onEnd()
  },
}
export type Operation = keyof typeof operations
const names = Object.keys(operations) as Operation[]

export class Calls {
  readonly #core: Core
  constructor(core: Core) {
    this.#core = core
  }

  /** Runs an operation on a thread and waits for what it gives. */
  ask(thread: number, operation: Operation, args: unknown, ordered = false): Promise<unknown> {
    return Promise.try(() => this.begin(thread, operation, args, ordered))
  }
  /** The same; throws at once where the call cannot be sent. What it gives becomes the actor's own for whom it is made. */
  begin(thread: number, operation: Operation, args: unknown, ordered: boolean, by?: Address): Promise<unknown> {
    const core = this.#core
    if (core.hasLost(thread)) {
      const ended = core.closing
        ? new SystemClosed(`${operation}: the system is closed`)
        : new ThreadLost(`${operation}: thread ${thread} has ended`)
      return Promise.reject(ended)
    }
    const ask = new Ask(core, core.systemOf(thread), operation, by, undefined)
    const reply = ask.promise()
    let sent = false
    try {
      sent = core.outbound.call(thread, names.indexOf(operation), ask.handle().number, args, ordered)
    } finally {
      if (!sent) core.asks.remove(ask)
    }
    if (sent) return reply
    // only what is ordered can be refused for want of room; what is not finds nobody there
    if (ordered) throw new MailboxFull(`the way to thread ${thread} is full; ${operation} was not sent`)
    throw new ThreadLost(`${operation}: thread ${thread} has ended`)
  }
  send(thread: number, operation: Operation, args: unknown): void {
    this.#core.outbound.call(thread, names.indexOf(operation), -1, args, false)
  }

  /** `args` decodes them, which may fail like the operation itself. */
  receive(operation: number, number: number, from: number, args: () => unknown): void {
    const core = this.#core
    const name = names[operation]!
    const run = operations[name] as (core: Core, args: unknown, from: number) => unknown
    const answer = (value: unknown): void => {
      if (number >= 0) core.outbound.reply(from, number, value)
    }
    const failed = (error: unknown): void => {
      if (number >= 0) core.failTo(from, number, core.failures.own(error))
      else core.deadLetter(core.systemOf(core.platform.thread), name, 'unreadable')
    }
    try {
      const result = run(core, args(), from)
      if (result instanceof Promise) result.then(answer, failed)
      else answer(result)
    } catch (error) {
      failed(error)
    }
  }

  async stop(address: Address, drain: boolean): Promise<void> {
    if (address.local) return stopHere(address, drain)
    const args = [ref(address), drain]
    // behind what was told before, if the way has room for it
    await this.ask(address.home, 'stop', args, true).catch((error: unknown) => {
      if (error instanceof MailboxFull) return this.ask(address.home, 'stop', args).catch(unlessGone)
      return unlessGone(error)
    })
  }
  async ready(address: Address): Promise<void> {
    if (address.local) return readyHere(address)
    for (;;) {
      if (this.#core.closing) throw new SystemClosed('ready: the system is closed')
      try {
        // behind all that was sent before, so the reply says that it has been taken in
        return void (await this.ask(address.home, 'ready', [ref(address)], true))
      } catch (error) {
        if (!(error instanceof MailboxFull)) throw error
        await this.#core.sleep(1)
      }
    }
  }
  watch(address: Address, watcher: Address): void {
    if (address.local) watchHere(this.#core, address, watcher)
    else if (this.#core.hasLost(address.home)) this.ended(watcher, lostWith(address))
    else this.send(address.home, 'watch', [ref(address), ref(watcher)])
  }
  unwatch(address: Address, watcher: Address): void {
    if (address.local) address.cell?.extra?.watchers?.delete(watcher.id)
    else this.send(address.home, 'unwatch', [ref(address), ref(watcher)])
  }
  ended(watcher: Address, how: Ended): void {
    if (!watcher.local) this.send(watcher.home, 'ended', [ref(watcher), how])
    else if (watcher.cell !== undefined) ended(watcher.cell, how)
  }
  /** A goroutine was started by one whose parent is now its own. That one may have stopped meanwhile, which ends it. */
  childAdopted(parent: Address, child: Cell): void {
    const core = this.#core
    if (parent.local) {
      if (isGoing(parent.cell)) link(parent.cell, child)
      else requestStop(child, false)
    } else if (core.hasLost(parent.home)) requestStop(child, false)
    else this.send(parent.home, 'childAdopted', [ref(parent), ref(child.address)])
  }
  childGone(parent: Address, child: Cell): void {
    if (!parent.local) this.send(parent.home, 'childGone', [ref(parent), ref(child.address)])
    else if (parent.cell !== undefined) unlink(parent.cell, child)
  }
  childFault(parent: Address, error: TroupeError): void {
    if (!parent.local) this.send(parent.home, 'childFault', [ref(parent), error])
    else if (parent.cell !== undefined) life.fault(parent.cell, error, '(child)', undefined)
  }
}

function stopHere(address: Address, drain: boolean): Promise<void> {
  const { cell } = address
  return new Promise(done => {
    if (cell === undefined) done()
    else requestStop(cell, drain, done)
  })
}

function isGoing(cell: Cell | undefined): cell is Cell {
  return cell !== undefined && cell.status !== 'stopping' && cell.status !== 'stopped'
}

function readyHere(address: Address): Promise<void> {
  const { cell } = address
  return new Promise((done, failed) => {
    if (cell === undefined || cell.status === 'stopped' || cell.status === 'stopping') {
      return failed(new ActorStopped(`${address.id} has stopped`, { actor: address.id }))
    }
    if (hasRoom(cell.mailbox, cell.loaded ?? cell.core.limits)) return done()
    const { more } = cell
    more.onRoom ??= []
    more.onRoom.push(error => (error === undefined ? done() : failed(error)))
    more.attention = true
  })
}

function watchHere(core: Core, address: Address, watcher: Address): void {
  const { cell } = address
  if (cell === undefined) core.calls.ended(watcher, { actor: address.id, why: 'stopped' })
  else (cell.more.watchers ??= new Map()).set(watcher.id, watcher)
}

/** A stop has nothing to do where the thread has ended with the actor. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ThreadLost || error instanceof SystemClosed)) throw error
}
