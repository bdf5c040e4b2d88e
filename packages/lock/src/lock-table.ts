// All locks of one server: `(event, now) → effects`, in the order in which they are to be done. Whoever hosts it has the clock, the
// replies and the watches.
//
// A counter for the whole table hands out tickets, and a granted ticket is the fencing token. So tokens grow for each lock, also
// after nobody had it and its record is gone, and there is nothing to keep of it.
// Invariants: within a lock, grants are in the order of tickets; what has come due by `now` is done before anything else; a request
// asked again by its id is the same request; one that was given up is never granted, also if it comes after that; nothing is
// left of a request that has ended but, for REMEMBERED ms, the id of one that was given up.
import { Belongings } from './belongings.ts'
import { DueHeap, type HeapMember } from './due-heap.ts'
import { FadingMap } from './fading-map.ts'
import { Lock, type Request } from './lock.ts'
import type { Asked, Effect, RefusedBecause } from './table-events.ts'
import { cycleOf } from './wait-cycle.ts'

/** The id of a request that was given up. */
export interface Remembered extends HeapMember {
  readonly givenUp: string
}
type Due = Request | Remembered

/** A request but for its place among the others. */
export type RequestData = Omit<Request, 'lock' | 'number' | 'place' | 'before' | 'behind'>

/** ms for which a message may be under way. */
const REMEMBERED = 60_000

export interface TableOptions {
  /** The first ticket is the next one. */
  readonly counter: bigint
  /** How many requests there may be at a time. */
  readonly most: number
  /** Nothing is granted before; 0: no such time. */
  readonly quietUntil: number
}

export class LockTable {
  counter: bigint
  readonly most: number
  #quietUntil: number
  readonly #locks = new FadingMap<Lock>()
  readonly #requests = new Map<string, Request>()
  /** Those that were granted, by their token. */
  readonly #granted = new Map<bigint, Request>()
  readonly #givenUp = new Map<string, Remembered>()
  readonly #owners = new Belongings()
  readonly #clients = new Belongings()
  readonly #due = new DueHeap<Due>()
  #numbers = 0
  #effects: Effect[] = []

  constructor({ counter, most, quietUntil }: TableOptions) {
    this.counter = counter
    this.most = most
    this.#quietUntil = quietUntil
  }

  get locks(): Pick<FadingMap<Lock>, 'get' | 'size' | 'values'> {
    return this.#locks
  }
  get requests(): ReadonlyMap<string, Request> {
    return this.#requests
  }
  get givenUp(): ReadonlyMap<string, Remembered> {
    return this.#givenUp
  }
  /** Nothing is granted before. */
  get quietUntil(): number {
    return this.#quietUntil
  }
  /** When `expire` is to be called next; Infinity: only after something else. */
  get due(): number {
    const quiet = this.#quietUntil > 0 && this.#requests.size > 0 ? this.#quietUntil : Infinity
    return Math.min(this.#due.first?.due ?? Infinity, quiet)
  }
  /** How much it holds, for tests of what is left behind. */
  get size(): number {
    const { size } = this.#locks
    const requests = this.#requests.size + this.#granted.size + this.#owners.size + this.#clients.size
    return size + requests + this.#givenUp.size + this.#due.size
  }

  /** A request, or the same one once more: then it gets the answer that it had, or goes on waiting, for `wait` ms from now. */
  acquire(asked: Asked, now: number): readonly Effect[] {
    this.#expire(now)
    const known = this.#requests.get(asked.id)
    if (known !== undefined) this.#again(known, asked, now)
    else this.#come(asked, now)
    return this.#done()
  }
  /** Makes the lease of a grant end `lease` ms from now, if that is later. False: nobody holds it with this token. */
  renew(name: string, token: bigint, lease: number, now: number): { held: boolean; effects: readonly Effect[] } {
    this.#expire(now)
    const request = this.#holder(name, token)
    const held = request !== undefined && now < request.until
    if (held) this.#prolong(request, lease, now)
    return { held, effects: this.#done() }
  }
  /**
   * Gives back. `lapsed`: nobody holds it with this token, which is so after a first release too; `stale`: and somebody has got it since.
   * With `id`, that request is given up as well: it may have been asked more than once.
   */
  release(
    name: string,
    token: bigint,
    id: string | undefined,
    now: number,
  ): { was: 'held' | 'lapsed' | 'stale'; effects: readonly Effect[] } {
    this.#expire(now)
    const request = this.#holder(name, token)
    const isHeld = request !== undefined && now < request.until
    const isStale = (this.#locks.get(name)?.holders.last?.ticket ?? 0n) > token
    if (id !== undefined) this.#remember(id, now)
    if (request !== undefined) this.#end(request, now)
    return { was: isHeld ? 'held' : isStale ? 'stale' : 'lapsed', effects: this.#done() }
  }
  /** Whoever asked does not want it any more, whatever has become of it, also if the request itself is still to come. */
  giveUp(id: string, now: number): readonly Effect[] {
    this.#expire(now)
    const request = this.#requests.get(id)
    this.#remember(id, now)
    if (request !== undefined) this.#drop(request, now)
    return this.#done()
  }
  /** A client has ended: so has all that it waits for, and what it holds, after the lock's delay. */
  gone(client: string, now: number): readonly Effect[] {
    this.#expire(now)
    for (const request of this.#clients.of(client)) {
      if (request.granted === undefined || request.delay === 0) {
        this.#drop(request, now)
        continue
      }
      request.until = Math.min(request.until, now)
      this.#due.set(request, Math.min(request.due, now + request.delay))
    }
    return this.#done()
  }
  /** So late it is: leases end, and waits. */
  expire(now: number): readonly Effect[] {
    this.#expire(now)
    return this.#done()
  }

  /** Puts back what a snapshot tells of; in the order of tickets. */
  restore(request: RequestData, name: string, permits: number): void {
    const put = this.#enter(request, this.#lockOf(name, permits))
    if (put.granted !== undefined) {
      put.lock.grant(put)
      this.#granted.set(put.ticket, put)
    }
    this.#due.set(put, put.due)
    this.#effects = []
  }
  restoreGivenUp(id: string, due: number): void {
    this.#remember(id, due - REMEMBERED)
  }

  #come(asked: Asked, now: number): void {
    const { id, name, permits, wants, wait, owner, client, lease, delay } = asked
    if (this.#givenUp.has(id)) return this.#refuse(id, { why: 'given-up' })
    const known = this.#locks.get(name)
    if (known !== undefined && known.permits !== permits) {
      return this.#refuse(id, { why: 'mismatch', permits: known.permits })
    }
    const mustWait = now < this.#quietUntil || known?.hasRoom(wants) === false
    if (mustWait && wait <= 0) return this.#refuse(id, { why: 'busy' })
    if (this.#requests.size >= this.most) return this.#refuse(id, { why: 'full' })
    const until = { granted: undefined, until: Infinity, due: now + wait }
    const made = { id, ticket: ++this.counter, wants, owner, client, lease, delay, asked: now, ...until }
    const request = this.#enter(made, this.#lockOf(name, permits))
    if (!mustWait) return this.#grant(request, now)
    const path = cycleOf(request, this.#owners)
    if (path === undefined) return this.#due.set(request, request.due)
    this.#end(request, now)
    this.#refuse(id, { why: 'cycle', path })
  }
  #again(request: Request, { id, wait, lease }: Asked, now: number): void {
    if (request.granted === undefined) return this.#due.set(request, now + wait)
    if (now >= request.until) return this.#refuse(id, { why: 'given-up' })
    this.#prolong(request, lease, now)
    this.#tell(request)
  }

  #lockOf(name: string, permits: number): Lock {
    let lock = this.#locks.get(name)
    if (lock === undefined) this.#locks.set(name, (lock = new Lock(name, permits)))
    return lock
  }
  #enter(made: RequestData, lock: Lock): Request {
    const request: Request = {
      ...made,
      lock,
      number: ++this.#numbers,
      place: -1,
      before: undefined,
      behind: undefined,
    }
    this.#requests.set(request.id, request)
    lock.waiters.push(request)
    const { owner, client } = request
    if (owner !== undefined) this.#owners.add(owner, request)
    if (client !== undefined && this.#clients.add(client, request)) this.#effects.push({ do: 'watch', client })
    return request
  }
  #holder(name: string, token: bigint): Request | undefined {
    const request = this.#granted.get(token)
    return request?.lock.name === name ? request : undefined
  }

  #grant(request: Request, now: number): void {
    request.lock.grant(request)
    this.#granted.set(request.ticket, request)
    request.granted = now
    request.until = now
    this.#prolong(request, request.lease, now)
    this.#tell(request)
  }
  #prolong(request: Request, lease: number, now: number): void {
    request.lease = lease
    request.until = Math.max(request.until, now + lease)
    this.#due.set(request, request.until + request.delay)
  }
  #tell({ id, ticket, lock }: Request): void {
    this.#effects.push({ do: 'grant', id, token: ticket, oldest: lock.holders.first!.ticket })
  }
  #refuse(id: string, because: RefusedBecause): void {
    this.#effects.push({ do: 'refuse', id, because })
  }

  /** Ends what nobody wants any more. */
  #drop(request: Request, now: number): void {
    if (request.granted === undefined) this.#refuse(request.id, { why: 'given-up' })
    this.#end(request, now)
  }
  /** Takes a request out, and grants what has room then. */
  #end(request: Request, now: number): void {
    const { id, lock, owner, client } = request
    this.#requests.delete(id)
    this.#granted.delete(request.ticket)
    this.#due.remove(request)
    lock.end(request)
    if (owner !== undefined) this.#owners.delete(owner, request)
    if (client !== undefined && this.#clients.delete(client, request)) this.#effects.push({ do: 'unwatch', client })
    this.#serve(lock, now)
    if (lock.idle) this.#locks.delete(lock.name)
  }
  #serve(lock: Lock, now: number): void {
    if (now < this.#quietUntil) return
    for (let next = lock.next; next !== undefined; next = lock.next) this.#grant(next, now)
  }
  #remember(id: string, now: number): void {
    const known = this.#givenUp.get(id) ?? { givenUp: id, number: ++this.#numbers, due: 0, place: -1 }
    this.#givenUp.set(id, known)
    this.#due.set(known, now + REMEMBERED)
  }

  #expire(now: number): void {
    if (now >= this.#quietUntil && this.#quietUntil > 0) {
      this.#quietUntil = 0
      for (const lock of this.#locks.values()) this.#serve(lock, now)
    }
    for (let first = this.#due.first; first !== undefined && first.due <= now; first = this.#due.first) {
      if ('givenUp' in first) {
        this.#due.remove(first)
        this.#givenUp.delete(first.givenUp)
        continue
      }
      if (first.granted === undefined) this.#refuse(first.id, { why: 'timeout' })
      this.#end(first, now)
    }
  }
  #done(): readonly Effect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}
