// An ask from the asker's side, and the same ask as the asked actor sees it.
//
// Invariants: an Ask settles once, by whichever comes first of reply, failure, deadline, abort and the asker's end; what
// comes later finds `settled`. It has a number in the thread's table only while something outside this thread's heap
// (a frame, a late reply) may refer to it; a late reply may refer to it for ever, so the numbers count up and come again
// only after 2^31 others.
// The chain lists who waits for whom, innermost first; entries name (actor, turn), so an ended turn is no cycle.
import { Aborted, Expired, type Ran, type TroupeError } from './errors.ts'
import type { Address } from './address.ts'
import type { Core } from './core.ts'
import { TimerNode } from './timers.ts'

export class Chain {
  readonly actor: Address
  readonly turn: number
  readonly method: string
  readonly outer: Chain | undefined
  readonly length: number
  constructor(actor: Address, turn: number, method: string, outer: Chain | undefined) {
    this.actor = actor
    this.turn = turn
    this.method = method
    this.outer = outer
    this.length = outer === undefined ? 1 : outer.length + 1
  }
}

/** Where the reply to a message goes: an Ask of this thread, or one of another (RemoteAsk). */
export interface Asker {
  readonly sender: Address | undefined
  readonly chain: Chain | undefined
  /** When the asker stops waiting, by the platform's clock. */
  readonly until: number
  readonly settled: boolean
  begin(): void
  /** Its message has been forwarded: it waits for that actor now. */
  goesTo(to: Address): void
  /** Replies in the name of a handler; a value that cannot travel fails the ask. */
  reply(value: unknown, from: Address, method: string): void
  fail(error: TroupeError): void
  /** The ask as data, for a reply that is given later: the thread that waits and the ask's number there. */
  handle(): { thread: number; number: number }
}

export class Ask extends TimerNode implements Asker {
  readonly core: Core
  /** Whom it waits for: whoever was asked, or got the message from there. */
  target: Address
  readonly method: string
  readonly sender: Address | undefined
  readonly chain: Chain | undefined
  until = 0
  number = -1
  settled = false
  /** Whether the handler has begun, where this thread can know it. */
  ran: Ran = 'no'
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void
  #unfollow: (() => void) | undefined = undefined

  constructor(core: Core, target: Address, method: string, sender: Address | undefined, chain: Chain | undefined) {
    super()
    this.core = core
    this.target = target
    this.method = method
    this.sender = sender
    this.chain = chain
  }

  promise(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Fails with Aborted as soon as the signal is aborted. */
  follow(signal: AbortSignal): void {
    const abort = (): void => {
      const about = { actor: this.target.id, method: this.method, ran: this.ran, cause: signal.reason }
      this.fail(new Aborted(`${this.target.id}.${this.method}: the ask's signal was aborted`, about))
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    this.#unfollow = () => signal.removeEventListener('abort', abort)
  }

  begin(): void {
    this.ran = 'unknown'
  }

  goesTo(to: Address): void {
    this.target = to
  }

  handle(): { thread: number; number: number } {
    if (this.number < 0 && !this.settled) this.number = this.core.asks.add(this)
    return { thread: this.core.platform.thread, number: this.number }
  }

  /** The value must already belong to the asker. */
  settle(value: unknown): void {
    if (this.settled) return
    this.#close()
    this.#resolve(value)
  }

  reply(value: unknown, from: Address): void {
    if (this.settled) return
    const type = typeof value
    if ((type === 'object' && value !== null) || type === 'function' || type === 'symbol') {
      try {
        value = this.core.copyFor(value, this.sender?.present)
      } catch (error) {
        return this.fail(
          this.core.failures.unsendable(error, `the reply of ${this.method}`, from.id, this.method, 'yes'),
        )
      }
    }
    this.settle(value)
  }

  fail(error: TroupeError): void {
    if (this.settled) return
    this.#close()
    this.#reject(error)
  }

  fire(): void {
    const waited = Math.round(this.until - this.begun)
    const whom = this.sender === undefined ? '' : ` to ${this.sender.id}`
    const hint = this.ran === 'no' ? 'its turn had not come' : 'the handler may still run'
    const text = `${this.target.id}.${this.method}: no reply${whom} within ${waited} ms; ${hint}`
    this.fail(new Expired(text, { actor: this.target.id, method: this.method, ran: this.ran }))
  }
  begun = 0

  #close(): void {
    this.settled = true
    const core = this.core
    if (this.slot >= 0) core.timers.clear(this)
    if (this.number >= 0) core.asks.remove(this)
    this.#unfollow?.()
  }
}

const FEWEST_SLOTS = 64
const LAST_NUMBER = 2 ** 31 - 1

/**
 * The asks of a thread that have a number. An ask's slot is the low bits of its number; a number whose slot is taken, by
 * an ask that waits for long, is passed over. At most half of the slots are taken, so that few are.
 */
export class Asks {
  #slots: (Ask | undefined)[] = new Array<Ask | undefined>(FEWEST_SLOTS).fill(undefined)
  #mask = FEWEST_SLOTS - 1
  #last = -1
  /** How many are waiting for another thread. */
  size = 0

  /** Gives an ask its number. */
  add(ask: Ask): number {
    if (this.size * 2 > this.#mask) this.#grow()
    do this.#last = (this.#last + 1) & LAST_NUMBER
    while (this.#slots[this.#last & this.#mask] !== undefined)
    this.#slots[this.#last & this.#mask] = ask
    this.size++
    return this.#last
  }

  find(number: number): Ask | undefined {
    const ask = this.#slots[number & this.#mask]
    return ask !== undefined && ask.number === number ? ask : undefined
  }

  remove(ask: Ask): void {
    this.#slots[ask.number & this.#mask] = undefined
    ask.number = -1
    this.size--
  }

  *[Symbol.iterator](): Iterator<Ask> {
    for (const ask of this.#slots) if (ask !== undefined) yield ask
  }

  #grow(): void {
    const old = this.#slots
    this.#mask = old.length * 2 - 1
    this.#slots = new Array<Ask | undefined>(old.length * 2).fill(undefined)
    for (const ask of old) if (ask !== undefined) this.#slots[ask.number & this.#mask] = ask
  }
}
