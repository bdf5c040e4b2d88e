// One `select`: its cases, and how exactly one of them takes effect.
//
// First it tries them in random order, so that each ready one is as likely. Where none is ready it waits at all of them,
// and is chosen by whoever comes first: the home of a channel, a timer, a promise, its signal. While all its channels are
// at home on this thread, `settled` decides; as soon as one is elsewhere it has a word in shared memory (claims.ts).
//
// Invariants: it ends once. From then on it waits nowhere: its other waiters have left their queues, or their homes have
// been told, its word is given back, its timers are cleared. A case that lost has had no effect: its value is not sent,
// its bytes are not detached.
import { FIRST_FAR } from './address.ts'
import type { Cell } from './cell.ts'
import { type Cases, ChannelCase, PromiseCase, TimeCase } from './cases.ts'
import type { Received } from './chan.ts'
import type { Outcome } from './claims.ts'
import type { Core } from './core.ts'
import { Aborted, InvalidCall } from './errors.ts'
import { offer, spoiled, surrender } from './held.ts'
import { Alarm, type TimerNode } from './timers.ts'
import { Wait } from './waiter.ts'
import type { Listed, Waits } from './waits.ts'

export class Selection implements Listed {
  listed: Waits | undefined = undefined
  prior: Listed | undefined = undefined
  later: Listed | undefined = undefined
  readonly core: Core
  readonly owner: Cell | undefined
  readonly #names: string[] = []
  readonly #waits: Wait[] = []
  readonly #timers: TimerNode[] = []
  /** How it no longer hears of promises and its signal. */
  readonly #leave: (() => void)[] = []
  /** Decided, where this thread alone decides; and in any case once it has ended. */
  settled = false
  #at = -1
  /** The one whose home, on another node, it is held for, and who wanted to choose it since. */
  #held: Wait | undefined = undefined
  readonly #postponed: (() => void)[] = []
  #word = 0
  #given: Promise<object> | undefined = undefined
  #resolve!: (won: object) => void
  #reject!: (error: unknown) => void

  constructor(core: Core, owner: Cell | undefined) {
    this.core = core
    this.owner = owner
  }

  /** Waits at all cases. */
  wait(names: readonly string[], cases: Cases, signal: AbortSignal | undefined): Promise<object> {
    const { closed } = this.core.channels
    if (closed !== undefined) return Promise.reject(closed)
    const promise = new Promise<object>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.core.channels.waitsOf(this.owner).add(this)
    try {
      this.#prepare(names, cases)
      if (this.#waits.some(({ chan }) => chan.home === undefined)) this.publish()
      for (const wait of this.#waits) if (!this.settled) wait.chan.enter(wait)
      if (signal !== undefined && !this.settled) this.#follow(signal)
    } catch (error) {
      this.#chosenBy(() => this.lose(error))
    }
    return (this.#given = this.core.noted(promise, 'a select'))
  }

  #prepare(names: readonly string[], cases: Cases): void {
    for (const name of names) {
      const one = cases[name]
      if (one instanceof ChannelCase) {
        const wait = new Wait(one.chan, one.owner, one.sends, this, this.#names.push(name) - 1)
        if (one.sends) wait.value = offer(this.core, one.value)
        this.#waits.push(wait)
      } else if (one instanceof TimeCase) {
        const timer = new Alarm(() => this.#chosenBy(() => this.#end({ case: name })))
        this.#timers.push(timer)
        this.core.timers.set(timer, this.core.platform.now() + one.ms)
      } else if (one instanceof PromiseCase) {
        this.#leave.push(one.whenSettled(() => this.#chosenBy(() => this.#end(one.try(name)!))))
      }
    }
  }

  #follow(signal: AbortSignal): void {
    const abort = (): void => this.#chosenBy(() => this.lose(aborted(signal)))
    if (signal.aborted) return abort() // the cases' own code may have done that
    signal.addEventListener('abort', abort, { once: true })
    this.#leave.push(() => signal.removeEventListener('abort', abort))
  }

  /** From now on other threads take part in the choice. Throws when too many selects wait so. */
  publish(): void {
    if (this.#at >= 0) return
    const { claims } = this.core
    const at = claims.open()
    if (at < 0) throw new InvalidCall('select: too many selects of one thread wait at channels of other threads')
    this.#at = at
    this.#word = claims.waiting(at)
    for (const wait of this.#waits) {
      wait.claimAt = at
      wait.claimWord = this.#word
    }
  }

  // ── how it ends ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Chooses the select from this thread, then does what follows; nothing, if it has been chosen already. */
  #chosenBy(then: () => void, lost = -1): void {
    if (this.settled) return
    if (this.#held !== undefined) return void this.#postponed.push(() => this.#chosenBy(then, lost))
    const { claims } = this.core
    const at = this.#at
    // threads of other nodes claim nothing by themselves
    const alone = lost < 0 || lost >= FIRST_FAR
    const outcome = at < 0 ? 'won' : alone ? claims.one(at, this.#word) : claims.oneAfterLoss(at, this.#word, lost)
    if (outcome === 'won') then()
    // claimed by a home that wants it for another select: that is decided within moments
    else if (outcome === 'busy') void this.core.platform.rest().then(() => this.#chosenBy(then, lost))
  }

  /** From now on the home of that wait's channel, on another node, may choose it, and nobody else, until it lets go. */
  hold(wait: Wait): Outcome {
    if (this.settled || this.#at < 0) return 'gone'
    if (this.#held !== undefined) return 'busy'
    const outcome = this.core.claims.hold(this.#at, this.#word)
    if (outcome === 'won') this.#held = wait
    return outcome
  }
  letGo(wait: Wait): void {
    if (this.#held !== wait) return
    this.#held = undefined
    this.core.claims.letGo(this.#at, this.#word)
    for (const again of this.#postponed.splice(0)) again()
  }

  /** A channel has chosen one of its waiters. */
  win(wait: Wait, result: Received | undefined): void {
    if (wait.sends && !spoiled(wait.value)) surrender(wait.value)
    const name = this.#names[wait.index]!
    this.#end(result === undefined ? { case: name } : { case: name, value: result.value, done: result.done })
  }

  /** It was chosen, to fail. */
  lose(error: unknown): void {
    if (!this.#close()) return
    this.#reject(error)
  }
  /** The home of one of its channels has ended with its thread. */
  lostHome(thread: number, error: Error): void {
    this.#chosenBy(() => this.lose(error), thread)
  }
  /** A thread has ended that may have chosen it, or been about to: nobody else would tell. */
  lostChooser(thread: number, error: Error): void {
    if (this.#at >= 0 && thread < FIRST_FAR && this.core.claims.isBy(thread, this.#at, this.#word))
      this.lostHome(thread, error)
  }
  /** Its owner's life is over. */
  abandon(error: Error): void {
    this.#given?.catch(() => {}) // nobody may be left to hear of it
    this.lose(error)
  }

  #end(won: object): void {
    if (this.#close()) this.#resolve(won)
  }

  #close(): boolean {
    if (this.#timers.length > 0) for (const timer of this.#timers) if (timer.slot >= 0) this.core.timers.clear(timer)
    for (const leave of this.#leave.splice(0)) leave()
    const open = this.listed?.remove(this) === true
    this.settled = true
    for (const wait of this.#waits) wait.withdraw()
    if (this.#at >= 0 && open) this.core.claims.close(this.#at)
    return open
  }
}

export function aborted(signal: AbortSignal): Aborted {
  return new Aborted('select: its signal was aborted', { cause: signal.reason })
}
