// What only some actors have: children, watchers, timers, turns beside each other, a name, a stop on its way. Made when
// first needed, so that an idle actor without any of it stays small.
//
// Invariants: `attention` is set while anything here must be looked at before the next turn. Local children are known by
// their address, those on other threads by id, as each ref to them has an address of its own.
import type { Address } from './address.ts'
import type { TimerData } from './baggage.ts'
import type { Checkpoint } from './checkpoints.ts'
import type { ActorId, TroupeError } from './errors.ts'
import type { MoveRequest } from './departure.ts'
import type { Mailbox } from './mailbox.ts'
import type { RoutedRef } from './routed-ref.ts'
import type { Restarts } from './supervision.ts'
import { Moment } from './thread-number.ts'
import { TimerNode } from './timers.ts'
import type { Turn } from './turn.ts'
import type { Cell } from './cell.ts'
import type { Running } from './goroutines.ts'
import type { HeldFrame } from './held-frame.ts'
import type { Waking } from './settling.ts'
import type { Waits } from './waits.ts'
import type { Watch } from './watches.ts'

/** A call that the actor asked for of one of its own handlers. Due, it waits for its turn, and can be cancelled until then. */
export interface OwnCall {
  readonly method: number
  readonly cancelled: boolean
  /** Its turn has come: the arguments, the handler's own, so that it may change them. */
  take(): unknown[]
}

export class UserTimer extends TimerNode implements OwnCall {
  readonly cell: Cell
  readonly number: number
  readonly method: number
  readonly #args: unknown[]
  /** ms between two calls; undefined for one call. */
  readonly #period: number | undefined
  cancelled = false
  #waiting = false
  constructor(cell: Cell, number: number, method: number, args: unknown[], period: number | undefined) {
    super()
    this.cell = cell
    this.number = number
    this.method = method
    this.#args = args
    this.#period = period
  }

  /** As it goes to another thread, or node. */
  data(): TimerData {
    // not by its slot: it may be one of several that fire just now
    const set = this.#period !== undefined || !this.#waiting
    const method = this.cell.core.platform.methods.text(this.method)
    return [this.number, method, this.#args, this.#period, new Moment(this.due), set, this.#waiting]
  }
  static of(cell: Cell, [number, method, args, period, due, set, waiting]: TimerData): UserTimer {
    const timer = new UserTimer(cell, number, cell.core.platform.methods.intern(method), args, period)
    timer.due = due.at
    timer.#waiting = waiting
    timer.idle = !set
    return timer
  }
  /** It came without being in the wheel: it has fired, and waits for its turn. */
  idle = false

  fire(): void {
    const { cell } = this
    const period = this.#period
    cell.extra!.touch()
    if (period !== undefined) {
      const now = cell.core.platform.now()
      cell.core.timers.set(this, this.due + period * Math.max(1, Math.ceil((now - this.due) / period)))
      // A slow actor is called once for all the times it missed, so that its timers cannot pile up.
      if (this.#waiting) return
    }
    this.#waiting = true
    cell.remind(this)
  }

  take(): unknown[] {
    this.#waiting = false
    this.cell.extra!.touch()
    if (this.#period === undefined) this.cell.extra!.timers!.delete(this.number)
    return this.#args.map(argument => this.cell.core.copyFor(argument, this.cell))
  }
}

const NONE: Restarts = []

export class Extra {
  attention = false
  /** Messages that may run beside a waiting turn. */
  aside: Mailbox | undefined = undefined
  /** The actor's own timers and notices. */
  side: Mailbox | undefined = undefined
  /** Those of them that may run beside a waiting turn. */
  sideAside: Mailbox | undefined = undefined
  /** Whether nothing waits in these. */
  get empty(): boolean {
    return !this.aside?.count && !this.side?.count && !this.sideAside?.count
  }
  /** Open turns of interleaving and readonly handlers. */
  beside: Set<Turn> | undefined = undefined
  readers = 0

  firstChild: Cell | undefined = undefined
  /** Children on other threads. */
  away: Map<ActorId, Address> | undefined = undefined
  /** By the watcher's id: who hears of this actor's end. */
  watchers: Map<ActorId, Address> | undefined = undefined
  /** By the watched actor's id. */
  watching: Map<ActorId, Watch> | undefined = undefined
  timers: Map<number, UserTimer> | undefined = undefined
  timersMade = 0

  name: string | undefined = undefined
  /** The ref with a route that leads to it, where it has one: what it gives as its own. */
  as: RoutedRef | undefined = undefined
  /** Set where the actor is a goroutine. */
  run: Running | undefined = undefined
  restarts: Restarts = NONE
  /** It has been revived without a checkpoint: what it had begun before has ended. */
  reborn = false
  /** How many lives have ended. */
  lives = 0
  /** How often it has moved, while it has no standing. */
  epoch = 0
  /** Where it is to move, the first first. */
  moves: MoveRequest[] | undefined = undefined
  /** It moves as soon as its turns have ended. */
  departing = false
  /** It has just moved here. */
  waking: Waking<Address, HeldFrame> | undefined = undefined
  /** What its successor on another thread would go on with, where its behavior has checkpoints. */
  checkpoint: Checkpoint | undefined = undefined
  /** Whether what it sends may have to wait. */
  get holds(): boolean {
    const { waking, checkpoint } = this
    return waking !== undefined || (checkpoint !== undefined && checkpoint.outbox !== undefined)
  }
  /** Its timers or watches are others now. */
  touch(): void {
    if (this.checkpoint !== undefined) this.checkpoint.stale = true
  }
  /** What its code waits for at channels. */
  waits: Waits | undefined = undefined
  onStop: (() => void)[] | undefined = undefined
  onRoom: ((error: TroupeError | undefined) => void)[] | undefined = undefined
  stopping = false
  draining = false

  /** Those on this thread, eldest first. */
  children(): Cell[] {
    const children: Cell[] = []
    for (let child = this.firstChild; child !== undefined; child = child.elder) children.push(child)
    return children.reverse()
  }

  open(turn: Turn): void {
    ;(this.beside ??= new Set()).add(turn)
    if (turn.method.readonly) this.readers++
  }
  close(turn: Turn): void {
    if (this.beside?.delete(turn) && turn.method.readonly) this.readers--
  }
}
