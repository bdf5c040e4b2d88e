// A ref with a route: it leads to the actor of a key, by way of the router that hosts it. And all keys of a group as one value.
//
// Invariants: both are plain data, made without a message: which router a key has follows from the key and the list of routers
// alone, the same everywhere. A message is a call of the router's `route`, sent in the sender's own turn like any other, so sender,
// call chain, deadline and order are those of a plain send; the router forwards it. Routers move like any actor, and
// the addresses in here stay theirs. Two refs are equal by `id`: the group's name and the key.
import { ActorRef, type AskLimits, own, type Receiver } from './actor-ref.ts'
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import { type ActorId, InvalidCall } from './errors.ts'
import { ASKED, type From, MANY_ARGUMENTS, METHOD_SHIFT } from './mailbox.ts'
import type { Protocol } from './protocol.ts'
import { travel, type TravelKind } from './values.ts'

/** What routers are called with: (key, method, ...args), and (key, drain). */
const ROUTE = 'route'
const STOP_KEY = 'stopKey'

export class RoutedRef extends ActorRef {
  /** What can be asked of the actor that it leads to. */
  readonly protocol: Protocol
  readonly group: string
  readonly key: string
  #tells: object | undefined = undefined
  #asks: object | undefined = undefined

  constructor(
    router: Address,
    protocol: Protocol,
    group: string,
    key: string,
    owner: Cell | undefined,
    limits?: AskLimits,
  ) {
    super(router, owner, limits)
    this.protocol = protocol
    this.group = group
    this.key = key
  }

  override get id(): ActorId {
    return `${this.group}/${this.key}` as ActorId
  }
  override get tell(): object {
    return (this.#tells ??= new this.protocol.Tells(this))
  }
  override get ask(): object {
    return (this.#asks ??= new this.protocol.Asks(this))
  }
  override get actor(): Address {
    throw this.#wrong('watch', 'it comes and goes with its messages; let it tell you what you want to know')
  }
  override bound(owner: Cell | undefined, limits = this.limits): RoutedRef {
    return new RoutedRef(this.address, this.protocol, this.group, this.key, owner, limits)
  }
  override move(): Promise<void> {
    return Promise.reject(this.#wrong('move', 'it stands where its group has it'))
  }
  /** Of the actor that has the key now, if there is one; the next message makes it anew. */
  override stop({ drain = false }: { drain?: boolean } = {}): Promise<void> {
    const { owner } = this
    if (owner?.extra?.as?.id === this.id) return new ActorRef(owner.address, owner).stop({ drain })
    return this.#ask(STOP_KEY, 'stop', [this.key, drain]) as Promise<void>
  }
  #wrong(method: string, why: string): InvalidCall {
    return new InvalidCall(`${this.id}: ${method} is not for a ref with a route: ${why}`, { actor: this.id, method })
  }

  override sendTell(method: number, shape: number, argument: unknown): void {
    this.#tell(this.#nameOf(method), listed(shape, argument))
  }
  override sendAsk(_method: number, name: string, shape: number, argument: unknown): Promise<unknown> {
    return this.#ask(ROUTE, name, [this.key, name, ...listed(shape, argument)])
  }
  override tellUnknown(name: string, args: readonly unknown[]): void {
    this.#tell(name, args)
  }
  override askUnknown(name: string, args: readonly unknown[]): Promise<unknown> {
    return this.#ask(ROUTE, name, [this.key, name, ...args])
  }
  override sendForward(owner: Cell, from: From, asked: boolean, name: string, args: readonly unknown[]): void {
    const { core } = this.address.protocol
    const head = (core.platform.methods.intern(ROUTE) << METHOD_SHIFT) | MANY_ARGUMENTS | (asked ? ASKED : 0)
    core.forward(this.address, owner, head, from, [this.key, name, ...args])
  }
  #tell(name: string, args: readonly unknown[]): void {
    const { core } = this.address.protocol
    const route = core.platform.methods.intern(ROUTE)
    core.tell(this.address, this.owner, route, MANY_ARGUMENTS, [this.key, name, ...args])
  }
  /** `name`: what errors call it. */
  #ask(method: string, name: string, args: unknown[]): Promise<unknown> {
    const { core } = this.address.protocol
    return core.ask(this, core.platform.methods.intern(method), name, MANY_ARGUMENTS, args)
  }
  #nameOf(method: number): string {
    return this.address.protocol.core.platform.methods.text(method)
  }
}

function listed(shape: number, argument: unknown): readonly unknown[] {
  return shape === MANY_ARGUMENTS ? (argument as unknown[]) : shape === 0 ? [] : [argument]
}

/** The protocol and the address of the router, then group and key. */
export const routedTravel: TravelKind<RoutedRef> = {
  tag: 'routed ref',
  wire: ['protocol', 'protocol', 'place', 'place', { least: 0, most: 2 ** 40 - 1 }, 'text', 'text'],
  copy(ref, to) {
    own(ref, (to as Receiver).core)
    return ref.bound((to as Receiver).cell, undefined)
  },
  pack(ref, from) {
    const { protocol, home, birth, serial } = own(ref, from)
    return [ref.protocol.number, protocol.number, home, birth, serial, ref.group, ref.key]
  },
  unpack(plain, to) {
    const [number, routers, home, birth, serial, group, key] = plain as [...numbers: Numbers, string, string]
    const { core, cell } = to as Receiver
    const { behaviors } = core
    const router = core.address(behaviors.protocol(routers), home, birth, serial)
    return new RoutedRef(router, behaviors.protocol(number), group, key, cell)
  },
}
type Numbers = [protocol: number, routers: number, home: number, birth: number, serial: number]
Object.defineProperty(RoutedRef.prototype, travel, { value: routedTravel })

/** All keys of a group. */
export class KeyedRefs {
  readonly group: string
  readonly #protocol: Protocol
  readonly #routers: readonly Address[]
  readonly #owner: Cell | undefined
  /** There is at least one router, and all are of one protocol. */
  constructor(group: string, protocol: Protocol, routers: readonly Address[], owner: Cell | undefined) {
    this.group = group
    this.#protocol = protocol
    this.#routers = routers
    this.#owner = owner
  }

  /** The ref of a key. Costs no message. Throws InvalidCall where it is no string that can be told apart everywhere. */
  at(key: string): RoutedRef {
    if (typeof key !== 'string' || !key.isWellFormed()) {
      throw new InvalidCall(`${this.group}: a key is a string, and without halves of surrogate pairs`)
    }
    const router = this.#routers[slotOf(key, this.#routers.length)]!
    return new RoutedRef(router, this.#protocol, this.group, key, this.#owner)
  }

  static bound(refs: KeyedRefs, { core, cell }: Receiver): KeyedRefs {
    for (const address of refs.#routers) own({ address }, core)
    return new KeyedRefs(refs.group, refs.#protocol, refs.#routers, cell)
  }
  static parts(refs: KeyedRefs, from: unknown): unknown[] {
    const [first] = refs.#routers
    const parts: unknown[] = [refs.#protocol.number, first!.protocol.number, refs.group]
    for (const address of refs.#routers) {
      const { home, birth, serial } = own({ address }, from)
      parts.push(home, birth, serial)
    }
    return parts
  }
  toString(): string {
    return `Keyed(${this.group})`
  }
  declare readonly [travel]: TravelKind<KeyedRefs>
}

export const keyedTravel: TravelKind<KeyedRefs> = {
  tag: 'keyed refs',
  wire: { first: ['protocol', 'protocol', 'text'], each: ['place', 'place', { least: 0, most: 2 ** 40 - 1 }] },
  copy: (refs, to) => KeyedRefs.bound(refs, to as Receiver),
  pack: (refs, from) => KeyedRefs.parts(refs, from),
  unpack(plain, to) {
    const [number, routers, group, ...places] = plain as [number, number, string, ...number[]]
    const { core, cell } = to as Receiver
    const protocol = core.behaviors.protocol(routers)
    const addresses: Address[] = []
    for (let at = 0; at < places.length; at += 3) {
      addresses.push(core.address(protocol, places[at]!, places[at + 1]!, places[at + 2]!))
    }
    return new KeyedRefs(group, core.behaviors.protocol(number), addresses, cell)
  },
}
Object.defineProperty(KeyedRefs.prototype, travel, { value: keyedTravel })

/** Which of so many slots a key has: FNV-1a of its UTF-16 units, with the bits mixed once more, as few slots use only the low ones. */
function slotOf(key: string, slots: number): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at)
    hash = Math.imul(hash ^ (unit & 255), 0x01000193)
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % slots
}
