// `probe(behavior, init)`: one actor without a system. Its handlers run in place, on the same core as everywhere, and what
// it sends to others is recorded instead of sent.
//
// Invariants: a message to the probed actor is handled before `tell` or `ask` returns, as far as its handler is
// synchronous; time stands still but for `advance`. Children it spawns are only recorded: what is told to them is in
// `sent`, and an ask of one is rejected, since nobody would ever answer it: put a `stub` where an answer is needed.
// Goroutines that it starts run in place, too, wherever they should stand.
// A fault that nobody was told of is thrown by the call that caused it, or by the next `advance`.
import { setImmediate } from 'node:timers'
import { ActorRef } from '../core/actor-ref.ts'
import { Address } from '../core/address.ts'
import type { Asker } from '../core/ask.ts'
import { type BehaviorValue, source } from '../core/behavior-value.ts'
import { Cell } from '../core/cell.ts'
import { Channel as End } from '../core/channel-end.ts'
import { Core } from '../core/core.ts'
import { type ActorId, ActorStopped, InvalidCall, Refusal } from '../core/errors.ts'
import type { GoroutineValue } from '../core/goroutine-value.ts'
import { ASKED, type From, MANY_ARGUMENTS, METHOD_SHIFT, ONE_ARGUMENT } from '../core/mailbox.ts'
import { defaultLimits } from '../core/platform.ts'
import { Spawning, type SpawnOptions } from '../core/spawning.ts'
import type { Behavior, StateOf } from '../behavior.ts'
import type { Channel, ChannelOptions } from '../channel.ts'
import type { Asks, ProtocolOf, Tells } from '../ref.ts'
import { eventLoopTurns, NotSimulated } from './course.ts'
import { BenchPlatform, ELSEWHERE, type Fault, HERE } from './probe-platform.ts'
import type { Recorder } from './stub.ts'

/** One actor without a system: its handlers run in place, what it sends is recorded, its clock is yours. */
export interface Probe<B> {
  /** Gives the reply, as a ref would. */
  readonly ask: Asks<ProtocolOf<B>>
  /** Throws what the handler throws, unless that is a Refusal. */
  readonly tell: Tells<ProtocolOf<B>>
  /** The live state, to look at and to change. */
  readonly state: StateOf<B>
  /** What the actor has sent to other actors, oldest first; a test may empty it. */
  readonly sent: Sent[]
  /**
   * A channel for the test and its actor: pass it, or an end of it, as an argument, or put it into the state. Throws
   * InvalidCall for options that make no sense.
   */
  channel<T>(options?: ChannelOptions): Channel<T>
  /** Moves the clock, firing what is due on the way, and lets what the actor awaits go on. */
  advance(ms: number): Promise<void>
}
export interface Sent {
  readonly to: ActorId
  readonly method: string
  readonly args: readonly unknown[]
}

/** Turns that run in place before the event loop gets its time: an endless loop must not stop the test's own timeout. */
const IN_PLACE = 10_000

export function probe<I extends unknown[], S, H>(b: Behavior<I, S, H>, ...init: I): Probe<Behavior<I, S, H>> {
  return new Bench(b as unknown as BehaviorValue, init[0]) as unknown as Probe<Behavior<I, S, H>>
}

class Bench {
  readonly ask: object
  readonly tell: object
  readonly sent: Sent[] = []
  readonly #platform: BenchPlatform
  readonly #core: BenchCore
  readonly #cell: Cell

  constructor(behavior: BehaviorValue, init: unknown) {
    this.#platform = new BenchPlatform()
    const core = new BenchCore(this.#platform, this.sent)
    this.#core = core
    this.#platform.core = core
    const address = core.spawning.probed(behavior, init)
    this.#cell = address.cell!
    core.runInPlace()
    core.throwFault()
    const ref = new ActorRef(address, undefined)
    this.ask = ref.ask
    this.tell = ref.tell
  }

  get state(): unknown {
    const { status, address, loaded } = this.#cell
    let { state } = this.#cell
    if (status === 'stopped')
      throw new ActorStopped(`${address.id} has stopped: it has no state`, { actor: address.id })
    if (status === 'waiting') {
      throw new InvalidCall(`${address.id} has had a fault and waits for its restart: advance(ms) lets time pass`)
    }
    // of a wrapped behavior, the innermost: what its type says
    for (let from = loaded!.behavior[source]; 'inner' in from; from = from.inner)
      state = (state as { inner: unknown }).inner
    return state
  }

  channel(options?: ChannelOptions): End {
    return new End(this.#core.channels.make(options), undefined)
  }

  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) throw new InvalidCall(`advance(${ms}): that makes no sense in ms`)
    const platform = this.#platform
    const until = platform.time + ms
    await eventLoopTurns()
    while (platform.due <= until) {
      platform.time = Math.max(platform.time, platform.due)
      platform.due = Infinity
      this.#core.timers.advance()
      this.#core.runInPlace()
      await eventLoopTurns()
    }
    platform.time = until
    this.#core.throwFault()
  }
}

class BenchCore extends Core implements Recorder {
  override readonly spawning: BenchSpawning
  readonly #sent: Sent[]
  readonly #platform: BenchPlatform
  /** Those that nobody was told of yet. */
  readonly faults: Fault[] = []

  constructor(platform: BenchPlatform, sent: Sent[]) {
    super(platform, defaultLimits)
    this.#platform = platform
    this.#sent = sent
    this.spawning = new BenchSpawning(this)
  }

  record(to: ActorId, method: string, args: readonly unknown[]): void {
    this.#sent.push({ to, method, args })
  }

  override tell(to: Address, owner: Cell | undefined, method: number, shape: number, argument: unknown): void {
    if (to.home === ELSEWHERE) return this.#send(to, method, shape, argument)
    super.tell(to, owner, method, shape, argument)
    if (owner !== undefined) return
    const before = this.faults.length
    this.runInPlace()
    this.throwFault(before)
  }

  override async ask(ref: ActorRef, method: number, name: string, shape: number, argument: unknown): Promise<unknown> {
    const { address: to, owner } = ref
    if (to.home === ELSEWHERE) {
      this.#send(to, method, shape, argument)
      throw unanswered(to, name)
    }
    const reply = super.ask(ref, method, name, shape, argument)
    if (owner !== undefined) return await reply
    this.runInPlace()
    try {
      return await reply
    } catch (error) {
      const told = this.faults.findIndex(fault => fault.method === name)
      if (told >= 0 && !(error instanceof Refusal)) this.faults.splice(told, 1)
      throw error
    }
  }
  override forward(to: Address, owner: Cell, head: number, from: From, argument: unknown): void {
    if (to.home !== ELSEWHERE) return super.forward(to, owner, head, from, argument)
    const method = head >> METHOD_SHIFT
    this.#send(to, method, head & (ONE_ARGUMENT | MANY_ARGUMENTS), argument)
    if ((head & ASKED) !== 0) (from as Asker).fail(unanswered(to, this.platform.methods.text(method)))
  }
  override stop(address: Address, drain: boolean): Promise<void> {
    return address.home === ELSEWHERE ? Promise.resolve() : super.stop(address, drain)
  }
  override ready(address: Address): Promise<void> {
    return address.home === ELSEWHERE ? Promise.resolve() : super.ready(address)
  }

  #send(to: Address, method: number, shape: number, argument: unknown): void {
    const name = this.platform.methods.text(method)
    const args = shape === 0 ? [] : shape === MANY_ARGUMENTS ? (argument as unknown[]) : [argument]
    const root = `${to.protocol.name}.${name}: arguments`
    this.record(to.id, name, this.copyFor(args, this, root) as unknown[])
  }

  /** Runs what is ready. */
  runInPlace(): void {
    if (this.scheduler.running) return
    for (let left = IN_PLACE; left > 0; left--) if (!this.scheduler.run(this.#platform.time)) return
    setImmediate(() => this.runInPlace())
  }
  throwFault(at = 0): void {
    const [fault] = this.faults.splice(at, 1)
    if (fault !== undefined) throw fault.error as Error
  }
}

function unanswered({ id }: Address, method: string): NotSimulated {
  const text = `${id}.${method}: a child of a probed actor is only recorded and answers nothing; use a stub, or simulate()`
  return new NotSimulated(text, { actor: id, method })
}

/** Children stand elsewhere. */
class BenchSpawning extends Spawning {
  readonly #core: Core
  constructor(core: Core) {
    super(core)
    this.#core = core
  }
  /** Spawns the probed actor, with the test for a parent: who spawns a child hears at once what is wrong with it. */
  probed(behavior: BehaviorValue, init: unknown): Address {
    const test = new Address(this.#core.behaviors.none, HERE, ELSEWHERE, 1)
    return super.child(new Cell(this.#core, test, 'running', undefined, undefined), behavior, init, {})
  }
  override child(parent: Cell, behavior: BehaviorValue, init: unknown, options: SpawnOptions): Address {
    return super.child(parent, behavior, init, { ...options, on: { thread: ELSEWHERE } })
  }
  override goroutine(
    by: Cell | undefined,
    behavior: GoroutineValue,
    init: unknown[],
    options: SpawnOptions,
  ): { address: Address; outcome: Promise<unknown> } {
    return super.goroutine(by, behavior, init, { ...options, on: { thread: HERE } })
  }
  protected override checkDefined(): void {}
}
