// One lock, and a request for it.
//
// The rule: a request is granted when the permits of all tickets before it that are still held, or wait ahead of it, leave
// room for its own; that is, the line is served from its head as long as the head fits. A mutex has one permit. A semaphore has
// several, and a request for many is not overtaken by those for few. A read-write lock has ALL of them: a reader takes one, a writer
// takes all, so that neither starves.
// Invariants: `taken` is the sum of what the holders have, and never more than `permits`; each ticket that was handed out and has not
// ended is in exactly one of the two lines; all who wait have later tickets than all who hold.
import { Line } from './waiting-line.ts'

/** The permits of a read-write lock: more readers than there can be. */
export const ALL = 2 ** 30

/** A request from when it came to its end. */
export interface Request {
  /** For heap order; the order in which requests came. */
  readonly number: number
  readonly lock: Lock
  /** Chosen by whoever asks: the same request asked again has the same. */
  readonly id: string
  /** Its place in the line; once granted, its fencing token. */
  readonly ticket: bigint
  readonly wants: number
  /** Whose it is: who asks again for what it holds would wait for itself. Undefined: nobody knows. */
  readonly owner: string | undefined
  /** Whose end is the end of this. */
  readonly client: string | undefined
  /** ms from the grant on, or from a renewal. */
  lease: number
  /** ms after a lapse, or the holder's death, in which nobody else gets what it had. */
  readonly delay: number
  readonly asked: number
  /** When it was granted; undefined while it waits. */
  granted: number | undefined
  /** When the lease ends; what waits has none. */
  until: number
  due: number
  place: number
  before: Request | undefined
  behind: Request | undefined
}

export class Lock {
  readonly name: string
  readonly permits: number
  readonly holders = new Line<Request>()
  readonly waiters = new Line<Request>()
  taken = 0

  constructor(name: string, permits: number) {
    this.name = name
    this.permits = permits
  }

  get idle(): boolean {
    return this.holders.count === 0 && this.waiters.count === 0
  }
  /** The head of the line, if there is room for it. */
  get next(): Request | undefined {
    const { first } = this.waiters
    return first !== undefined && this.taken + first.wants <= this.permits ? first : undefined
  }
  /** Whether a request that came now would be granted at once. */
  hasRoom(wants: number): boolean {
    return this.waiters.count === 0 && this.taken + wants <= this.permits
  }

  grant(request: Request): void {
    this.waiters.remove(request)
    this.holders.push(request)
    this.taken += request.wants
  }
  /** Takes a request out, whichever line it is in. */
  end(request: Request): void {
    if (request.granted === undefined) return this.waiters.remove(request)
    this.holders.remove(request)
    this.taken -= request.wants
  }
}
