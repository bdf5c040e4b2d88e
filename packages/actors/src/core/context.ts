// What a handler can do: the `ctx` of every turn.
//
// Invariants: a context belongs to one life of its actor; once that has ended (restart, stop, a turn past its limit) any
// use throws TurnEnded, so a handler that runs on after its end changes nothing. One context serves all turns that hold
// the actor; turns that run beside others have one each, so that `sender` is theirs. Timers, watches and pipes call a
// handler by name with data, never a closure.
import { ActorRef } from './actor-ref.ts'
import { inWords } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import { InvalidCall, TurnEnded } from './errors.ts'
import { UserTimer } from './extra.ts'
import { answeredElsewhere, forward } from './forwarding.ts'
import { ActorHosting, host } from './hosting.ts'
import { LateReply } from './late-reply.ts'
import type { Place } from './thread-place.ts'
import type { Turn } from './turn.ts'
import { OVER } from './waits.ts'
import * as watches from './watches.ts'

/** What is made once for a context, when it is first asked for. */
interface Kept {
  self: ActorRef | undefined
  abort: AbortController | undefined
  layers: Map<string, Context> | undefined
}

export class Context extends ActorHosting {
  #cell: Cell | undefined
  readonly #turn: Turn | undefined
  #kept: Kept | undefined = undefined

  constructor(cell: Cell, turn: Turn | undefined) {
    super()
    this.#cell = cell
    this.#turn = turn
  }

  get #keep(): Kept {
    return (this.#kept ??= { self: undefined, abort: undefined, layers: undefined })
  }
  [host](): Cell {
    const cell = this.#cell
    if (cell === undefined) {
      throw new TurnEnded(
        'this context is no longer valid: its turn or its actor has ended; await all work inside the handler',
      )
    }
    return cell
  }
  get over(): boolean {
    return this.#cell === undefined
  }
  /** Its turn, or its actor's life, is over. */
  end(): void {
    this.#cell = undefined
    for (const layer of this.#kept?.layers?.values() ?? []) layer.end()
  }
  /** The same, while a handler may still run: its signal tells it. */
  revoke(): void {
    this.#kept?.abort?.abort(new TurnEnded(OVER))
    for (const layer of this.#kept?.layers?.values() ?? []) layer.revoke()
    this.end()
  }
  /** Its actor is to end: the signal tells, also whoever looks at it only now. */
  abort(reason: Error): void {
    const { signal } = this
    if (!signal.aborted) this.#kept!.abort!.abort(reason)
  }

  get state(): unknown {
    return this[host]().state
  }
  set state(state: unknown) {
    this[host]().state = state
  }
  get self(): ActorRef {
    const cell = this[host]()
    return (this.#keep.self ??= cell.extra?.as?.bound(cell) ?? new ActorRef(cell.address, cell))
  }
  get sender(): ActorRef | undefined {
    const cell = this[host]()
    const sender = (this.#turn ?? cell.turn)?.sender
    return sender && new ActorRef(sender, cell)
  }
  /** The actor's key where it is sharded. */
  get key(): string | undefined {
    return this[host]().extra?.as?.key
  }
  /** Aborted when the actor stops, restarts, or its turn is past its limit. */
  get signal(): AbortSignal {
    this[host]()
    return (this.#keep.abort ??= new AbortController()).signal
  }
  /** Whether somebody waits for this turn's reply. */
  get asked(): boolean {
    return (this.#turn ?? this[host]().turn)?.asker !== undefined
  }

  watch(ref: ActorRef, then: string, ...args: unknown[]): void {
    const cell = this[host]()
    if (!(ref instanceof ActorRef)) {
      throw new InvalidCall(`${cell.address.id}: watch needs a ref`, { actor: cell.address.id })
    }
    watches.watch(
      cell,
      ref.actor,
      cell.methodNamed(then),
      args.map(arg => cell.core.copyFor(arg, cell)),
    )
  }
  unwatch(ref: ActorRef): void {
    const cell = this[host]()
    if (ref instanceof ActorRef) watches.unwatch(cell, ref.actor)
  }

  after(ms: number, then: string, ...args: unknown[]): { timer: number } {
    return this.#timer(ms, undefined, then, args)
  }
  every(ms: number, then: string, ...args: unknown[]): { timer: number } {
    return this.#timer(ms, ms, then, args)
  }
  #timer(ms: number, period: number | undefined, then: string, args: unknown[]): { timer: number } {
    const cell = this[host]()
    if (!Number.isFinite(ms) || ms < 0 || period === 0) {
      throw new InvalidCall(`${cell.address.id}: a timer of ${inWords(ms)} makes no sense in ms`, {
        actor: cell.address.id,
      })
    }
    const { core, more } = cell
    const own = args.map(arg => core.copyFor(arg, cell))
    const timer = new UserTimer(cell, ++more.timersMade, cell.methodNamed(then), own, period)
    ;(more.timers ??= new Map()).set(timer.number, timer)
    more.touch()
    core.timers.set(timer, core.platform.now() + ms)
    return { timer: timer.number }
  }
  cancel(timer: { timer: number } | null | undefined): void {
    const cell = this[host]()
    const found = timer && cell.extra?.timers?.get(timer.timer)
    if (!found) return
    cell.core.timers.clear(found)
    found.cancelled = true
    cell.extra!.timers!.delete(found.number)
    cell.extra!.touch()
  }

  /** Calls the handler with `args` and what the promise gives; a promise that rejects is the actor's fault. */
  pipe(work: Promise<unknown>, then: string, ...args: unknown[]): void {
    const cell = this[host]()
    const method = cell.methodNamed(then)
    // the context of a turn beside others ends with it; what this is for is the actor's life
    const life = (cell.context ??= new Context(cell, undefined))
    const { core, address } = cell
    const lives = cell.extra?.lives ?? 0
    const still = (): boolean => life.#cell !== undefined
    const away = (): boolean => cell.status === 'leaving' || cell.status === 'moved' || !still()
    work
      .then(value => {
        const own = [...args, value]
        if (away()) core.calls.piped(address, lives, then, own)
        else cell.notify(method, own.map(arg => core.copyFor(arg, cell))) // prettier-ignore
      })
      .catch((error: unknown) => {
        if (away()) core.calls.pipeFailed(address, lives, then, error)
        else cell.fault(error, then, undefined)
      })
  }
  /** This turn's message goes on to another actor, which answers whoever has asked. */
  forward(ref: ActorRef, method: string, ...args: unknown[]): void {
    const cell = this[host]()
    forward(cell, this.#turn ?? cell.turn, ref, method, args)
  }
  later(): LateReply {
    const cell = this[host]()
    const turn = this.#turn ?? cell.turn
    const handle = turn?.asker?.handle()
    if (turn?.fate === 'forwarded') throw answeredElsewhere(cell)
    if (handle !== undefined) turn!.fate = 'later'
    return new LateReply(cell.core, handle?.thread ?? -1, handle?.number ?? -1, cell)
  }
  moveTo(to: Place): void {
    const cell = this[host]()
    void new ActorRef(cell.address, cell).move(to)
  }
  stop(): void {
    const cell = this[host]()
    cell.requestStop()
  }

  /** The same context over one part of the state: what a wrapper, or the behavior in it, sees. */
  layer(key: string): Context {
    const cell = this[host]()
    const layers = (this.#keep.layers ??= new Map())
    let layer = layers.get(key)
    if (layer === undefined) layers.set(key, (layer = new Layer(cell, this.#turn, this, key)))
    return layer
  }
}

class Layer extends Context {
  readonly #outer: Context
  readonly #key: string
  constructor(cell: Cell, turn: Turn | undefined, outer: Context, key: string) {
    super(cell, turn)
    this.#outer = outer
    this.#key = key
  }
  override get state(): unknown {
    return (this.#outer.state as Record<string, unknown>)[this.#key]
  }
  override set state(state: unknown) {
    ;(this.#outer.state as Record<string, unknown>)[this.#key] = state
  }
}
