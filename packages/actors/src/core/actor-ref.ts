// A ref: an address, and who holds it. Plain data to its user.
//
// Invariants: a ref that an actor gets (state, argument, reply, spawn, lookup) has that actor as its owner, and what is
// sent through it carries sender, deadline and call chain of the owner's turn; other refs send as nobody. A ref passed on
// is rebound to whoever gets it. It is not thenable, compares by `id` and costs no closure a message.
import type { Address } from './address.ts'
import type { Asker } from './ask.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { ActorId } from './errors.ts'
import { InvalidCall, NotSendable } from './errors.ts'
import { ASKED, type From, MANY_ARGUMENTS, METHOD_SHIFT, ONE_ARGUMENT } from './mailbox.ts'
import { releaseOf } from './outbox.ts'
import { type Place, threadOf } from './thread-place.ts'
import { travel, type TravelKind } from './values.ts'

export interface AskLimits {
  deadline?: number | undefined
  signal?: AbortSignal | undefined
}

export class ActorRef {
  readonly address: Address
  readonly owner: Cell | undefined
  readonly limits: AskLimits | undefined
  #tell: object | undefined = undefined
  #ask: object | undefined = undefined

  constructor(address: Address, owner: Cell | undefined, limits?: AskLimits) {
    this.address = address
    this.owner = owner
    this.limits = limits
  }

  get id(): ActorId {
    return this.address.id
  }
  /** The actor that can be watched by it. */
  get actor(): Address {
    return this.address
  }
  get tell(): object {
    return (this.#tell ??= new this.address.protocol.Tells(this))
  }
  get ask(): object {
    return (this.#ask ??= new this.address.protocol.Asks(this))
  }

  /** The same actor with a deadline in ms, an AbortSignal, or both, for every ask. */
  with(limits: AskLimits): ActorRef {
    if (typeof limits !== 'object' || limits === null) {
      throw new InvalidCall('with(): pass { deadline }, { signal } or both')
    }
    const { deadline, signal } = limits
    if (deadline !== undefined && !(deadline > 0)) {
      throw new InvalidCall(`with({ deadline: ${deadline} }): a deadline is a positive number of ms`)
    }
    if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
      throw new InvalidCall('with({ signal }): a signal is an AbortSignal')
    }
    return this.bound(this.owner, { ...this.limits, ...limits })
  }
  /** The same in the name of `owner`. */
  bound(owner: Cell | undefined, limits = this.limits): ActorRef {
    return new ActorRef(this.address, owner, limits)
  }
  /** Resolves when the way to the actor, and its mailbox, have room again; rejects when the actor has stopped. */
  ready(): Promise<void> {
    releaseOf(this.owner)
    return this.address.protocol.core.ready(this.address)
  }
  /** Moves the actor to a thread, within the deadline that an ask has; asked for by the actor itself, it begins after the turn, and resolves at once. */
  move(to: Place): Promise<void> {
    const { core } = this.address.protocol
    const moved = core.move(this.address, threadOf(core, to, 'move'), this.limits?.deadline)
    if (this.owner === undefined || !this.owner.address.equals(this.address)) return moved
    moved.catch((error: unknown) =>
      core.emit('moveFailed', { actor: this.id, to, error: core.failures.portable(error) }),
    )
    return Promise.resolve()
  }
  /** Stops the actor after its current turn, or with `drain` after its mailbox; resolves when it has stopped. */
  stop(how: { drain?: boolean } = {}): Promise<void> {
    const own = this.owner?.address.equals(this.address) === true
    if (!own) releaseOf(this.owner) // it comes behind what was told before
    const { address } = this
    const { core } = address.protocol
    const stop = (): Promise<void> => core.stop(address, how.drain ?? false)
    // an owner that has just moved may still have told something that is on its way
    const waking = own ? undefined : this.owner?.extra?.waking
    const stopped =
      waking?.holds(address) === true ? new Promise<void>(done => waking.after(address, () => done(stop()))) : stop()
    // an actor that awaited its own end in a turn would wait for that very turn
    return own ? Promise.resolve() : stopped
  }

  sendTell(method: number, shape: number, argument: unknown): void {
    this.address.protocol.core.tell(this.address, this.owner, method, shape, argument)
  }
  sendAsk(method: number, name: string, shape: number, argument: unknown): Promise<unknown> {
    return this.address.protocol.core.ask(this, method, name, shape, argument)
  }
  /** A message that the actor `owner` has got goes on to this one, as a call of one of its methods. */
  sendForward(owner: Cell, from: From, asked: boolean, name: string, args: readonly unknown[]): void {
    const { address } = this
    const { core, methods } = address.protocol
    if (core !== owner.core) throw new NotSendable('', 'a ref of another system')
    const method = methods.get(name) ?? this.#learned(name)
    if (method === undefined) {
      core.deadLetter(address, name, 'unknown')
      if (asked) (from as Asker).fail(core.failures.unknownMethod(address, name))
      return
    }
    const shape = args.length === 0 ? 0 : args.length === 1 ? ONE_ARGUMENT : MANY_ARGUMENTS
    const head = (method << METHOD_SHIFT) | shape | (asked ? ASKED : 0)
    core.forward(address, owner, head, from, shape === ONE_ARGUMENT ? args[0] : args)
  }
  /** The behavior had no such method when this ref was made; a newer version may have one. */
  tellUnknown(name: string, args: readonly unknown[]): void {
    const method = this.#learned(name)
    if (method !== undefined) this.sendTell(method, MANY_ARGUMENTS, args)
    else this.address.protocol.core.deadLetter(this.address, name, 'unknown')
  }
  askUnknown(name: string, args: readonly unknown[]): Promise<unknown> {
    const method = this.#learned(name)
    if (method !== undefined) return this.sendAsk(method, name, MANY_ARGUMENTS, args)
    const { core } = this.address.protocol
    core.deadLetter(this.address, name, 'unknown')
    return Promise.reject(core.failures.unknownMethod(this.address, name))
  }
  #learned(name: string): number | undefined {
    const { core } = this.address.protocol
    return core.routes.of(this.address).protocol.methods.get(name) ?? core.upgrades.methodNamed(name)
  }

  toString(): string {
    return `Ref(${this.id})`
  }
  toJSON(): { ref: string } {
    return { ref: this.id }
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
  declare readonly [travel]: TravelKind<ActorRef>
}

/** Who gets a value: an actor's cell, or a thread's core for code that is no actor. */
export interface Receiver {
  readonly core: Core
  readonly cell: Cell | undefined
}

/** A ref in a frame: the protocol's number, and three for the address. */
export const refTravel: TravelKind<ActorRef> = {
  tag: 'ref',
  wire: ['protocol', 'place', 'place', { least: 0, most: 2 ** 40 - 1 }],
  copy(ref, to) {
    const { core, cell } = to as Receiver
    return new ActorRef(own(ref, core), cell)
  },
  pack(ref, from) {
    const { protocol, home, birth, serial } = own(ref, from)
    return [protocol.number, home, birth, serial]
  },
  unpack(plain, to) {
    const [protocol, home, birth, serial] = plain as [number, number, number, number]
    const { core, cell } = to as Receiver
    return new ActorRef(core.address(core.behaviors.protocol(protocol), home, birth, serial), cell)
  },
}
Object.defineProperty(ActorRef.prototype, travel, { value: refTravel })

/** Its address, in the system that it belongs to. Throws NotSendable. */
export function own({ address }: { readonly address: Address }, core: unknown): Address {
  if (address.protocol.core === core) return address
  throw new NotSendable('', 'a ref of another system')
}
