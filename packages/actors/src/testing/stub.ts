// `stub(answers)`: a stand-in for another actor, to put where a ref is wanted. Its answers run in place.
//
// It looks like any ref: it can be kept, sent on within its thread, compared by id, watched (`stub.stop()` ends it for
// those who do). It is no actor, so it cannot go to another thread: that is refused with the path to it.
// Invariants: whoever gets it as a value gets one bound to him, so that a probe can record what its actor sends; arguments
// and replies are copied then, as between actors. An ask of a method without an answer is rejected; a tell is taken in.
import { ActorRef, type Receiver } from '../core/actor-ref.ts'
import { Address } from '../core/address.ts'
import type { Asker } from '../core/ask.ts'
import type { Cell } from '../core/cell.ts'
import { ActorFault, type ActorId, InvalidCall, NotSendable, TroupeError, UnknownMethod } from '../core/errors.ts'
import { Extra } from '../core/extra.ts'
import type { From } from '../core/mailbox.ts'
import { travel, type TravelKind } from '../core/values.ts'
import type { Ref } from '../ref.ts'

/** What a stub answers; a method left out is told without effect, and rejects asks. */
export type Answers<P> = {
  [K in keyof P]?: P[K] extends (...args: infer A) => infer R ? (...args: A) => R | Promise<R> : never
}

type AnyAnswers = Readonly<Record<string, ((...args: unknown[]) => unknown) | undefined>>

/** A ref that answers in place: `stub<Reader>({ get: () => 3 })`. */
export function stub<P>(answers: Answers<P>): Ref<P> {
  return new StubRef(answers, new StubAddress(), undefined) as unknown as Ref<P>
}

/** A core that wants to know what its actor sends to stubs. */
export interface Recorder {
  record(to: ActorId, method: string, args: readonly unknown[]): void
}

let made = 0

/** Where messages do not go, but where watchers may be kept, in place of a cell. */
class StubAddress extends Address {
  constructor() {
    super(undefined as never, -1, -1, ++made)
    const more = new Extra()
    this.cell = { more, extra: more } as unknown as Cell
  }
  override get id(): ActorId {
    return `stub#${this.serial}` as ActorId
  }
  override get local(): boolean {
    return true
  }
}

class StubRef extends ActorRef {
  readonly #tells = methods((method, args) => this.#tell(method, args))
  readonly #asks = methods((method, args) => this.#ask(method, args))
  readonly #answers: AnyAnswers
  readonly #holder: (Receiver & { core: Partial<Recorder> }) | undefined

  constructor(answers: AnyAnswers, address: Address, holder: Receiver | undefined) {
    super(address, holder?.cell)
    this.#answers = answers
    this.#holder = holder
  }

  override get tell(): object {
    return this.#tells
  }
  override get ask(): object {
    return this.#asks
  }
  /** It answers at once, or as late as its answer's promise: a deadline changes nothing. */
  override with(): this {
    return this
  }
  override async ready(): Promise<void> {}
  override async move(): Promise<void> {
    throw new InvalidCall(`${this.id} is a stub, which stays where it was made`, { actor: this.id, method: 'move' })
  }
  override async stop(): Promise<void> {
    const { watchers } = this.address.cell!.extra!
    for (const watcher of watchers?.values() ?? []) {
      watcher.protocol.core.calls.ended(watcher, { actor: this.id, why: 'stopped' })
    }
    watchers?.clear()
  }
  /** What an answer throws here reaches whoever tells, as an actor's fault would not: it is a test's own doing. */
  #tell(method: string, args: unknown[]): void {
    void this.#call(method, args)
  }

  async #ask(method: string, args: unknown[]): Promise<unknown> {
    if (this.#answers[method] === undefined) {
      const known = Object.keys(this.#answers).join(', ') || 'none'
      this.#sent(method, args)
      const about = { actor: this.id, method }
      throw new UnknownMethod(`${this.id} has no answer for '${method}'; it has: ${known}`, about)
    }
    try {
      return this.#copied(await this.#call(method, args), `the answer of ${method}`, this.#holder)
    } catch (error) {
      if (error instanceof TroupeError) throw error
      const text = `${this.id}.${method} threw: ${error instanceof Error ? error.message : String(error)}`
      throw new ActorFault(text, { actor: this.id, method, ran: 'yes', cause: error })
    }
  }

  /** Its answer is the reply to whoever has asked the actor that forwards. */
  override sendForward(_owner: Cell, from: From, asked: boolean, method: string, args: readonly unknown[]): void {
    if (!asked) return this.#tell(method, [...args])
    const asker = from as Asker
    this.#ask(method, [...args]).then(
      answer => asker.reply(answer, this.address, method),
      (error: TroupeError) => asker.fail(error),
    )
  }

  #call(method: string, args: unknown[]): unknown {
    const own = this.#sent(method, args)
    return this.#answers[method]?.(...own)
  }
  /** The arguments as the stub's own; refs in them belong to nobody. */
  #sent(method: string, args: unknown[]): unknown[] {
    const holder = this.#holder
    if (holder === undefined) return args
    const copy = this.#copied(args, `${this.id}.${method}: arguments`, holder.core) as unknown[]
    holder.core.record?.(this.id, method, copy)
    return copy
  }
  #copied(value: unknown, root: string, to: Receiver | undefined): unknown {
    return to === undefined ? value : to.core.copyFor(value, to, root)
  }

  static bound(ref: StubRef, holder: Receiver): StubRef {
    return new StubRef(ref.#answers, ref.address, holder)
  }
}

const stubTravel: TravelKind<StubRef> = {
  tag: '',
  copy: (ref, to) => StubRef.bound(ref, to as Receiver),
  pack() {
    throw new NotSendable('', 'a stub, which stays on its thread')
  },
  unpack(): never {
    throw new Error('a stub is never packed')
  },
}
Object.defineProperty(StubRef.prototype, travel, { value: stubTravel })

// What programs ask of any object to find out what it is.
const notMethods = new Set(['then', 'toJSON', 'asymmetricMatch', '$$typeof', 'nodeType', 'constructor'])

function methods(call: (method: string, args: unknown[]) => unknown): object {
  return new Proxy(Object.create(null) as object, {
    get(_target, name) {
      if (typeof name === 'symbol' || notMethods.has(name)) return undefined
      return (...args: unknown[]) => call(name, args)
    },
  })
}
