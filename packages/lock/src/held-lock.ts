// A lock that is held, as its holder has it: how long it can be trusted, and that it is renewed until it is given back.
//
// Invariants: the lease counts from before the request that brought it, or renewed it, was sent, on the holder's own clock; so it is over here
// before it is there, as long as the two clocks do not differ in speed by more than MARGIN. `signal` is aborted then, and never before
// without a reason. A process that was stopped finds out with the first look at `signal`, `remaining` or a guarded ref, timers or not.
import type { Ref } from '@troupe/actors'
import type { Grant, LockServer } from './client.ts'
import type { LockPlatform } from './client-platform.ts'
import type { Pass } from './fenced.ts'
import { guardedRef, type Unfenced } from './guarded-ref.ts'
import { LockLost, StaleToken } from './lock-errors.ts'

/** Of the lease, for clocks that differ. */
const MARGIN = 0.05
/** Of the lease: when it is renewed, and after how long once more if nothing has come of that. */
const RENEWAL = 1 / 3
const AGAIN = 1 / 10

/** What is known of a grant. */
export interface Granted extends Grant {
  readonly locks: Ref<LockServer>
  readonly name: string
  readonly id: string
  /** Whether the request was sent more than once. */
  readonly retried: boolean
  readonly lease: number
  /** On the client's clock, before the request was sent. */
  readonly sent: number
  readonly renews: boolean
  readonly platform: LockPlatform
}

export class HeldLock implements AsyncDisposable {
  readonly name: string
  /** Greater than those of all who held it before. */
  readonly token: bigint
  /** What a guard takes: the token, and where several may hold at a time also that of the oldest of them. */
  readonly pass: Pass
  readonly #granted: Granted
  readonly #controller = new AbortController()
  #trustedUntil: number
  #clearEnd: (() => void) | undefined
  #clearRenewal: (() => void) | undefined
  #releasing: Promise<boolean> | undefined

  constructor(granted: Granted) {
    const { name, token, oldest, sent, lease } = granted
    this.#granted = granted
    this.name = name
    this.token = token
    this.pass = token === oldest ? token : { token, oldest }
    this.#trustedUntil = sent + lease * (1 - MARGIN)
    this.#awaitEnd()
    if (granted.renews) this.#renewIn(sent + lease * RENEWAL - granted.platform.now())
  }

  /** Aborted, with LockLost, the moment the lock cannot be trusted any more, which is before its lease ends; and by its release. */
  get signal(): AbortSignal {
    this.remaining()
    return this.#controller.signal
  }
  /** For how many more ms it can be trusted, should no renewal succeed; 0: it cannot. */
  remaining(): number {
    if (this.#controller.signal.aborted) return 0
    const left = this.#trustedUntil - this.#granted.platform.now()
    if (left > 0) return left
    this.#end('lease')
    return 0
  }
  /** The same ref, with this lock's pass before the arguments of each call, and this lock's signal on each ask. */
  guard<B>(ref: Ref<B>): Ref<Unfenced<B>> {
    return guardedRef(ref, this)
  }
  /**
   * Gives it back; again, the same as the first time. True: it was held until now. False: its lease was over before, or the server
   * cannot be reached, and frees it when the lease is over.
   */
  release(): Promise<boolean> {
    return (this.#releasing ??= this.#release())
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }
  toString(): string {
    return `Lock(${this.name}, token ${this.token})`
  }

  async #release(): Promise<boolean> {
    const { locks, name, token, id, retried } = this.#granted
    this.remaining()
    this.#end('released')
    try {
      return await (retried ? locks.ask.release(name, token, id) : locks.ask.release(name, token))
    } catch (error) {
      // somebody else has it already, or nobody answers; the lease ends in either case
      if (StaleToken.is(error)) return false
      locks.tell.giveUp(id)
      return false
    }
  }
  #end(why: 'lease' | 'taken' | 'released'): void {
    if (this.#controller.signal.aborted) return
    this.#clearEnd?.()
    this.#clearRenewal?.()
    this.#controller.abort(new LockLost({ lock: this.name, token: this.token, why }))
  }
  /** Renewals make the end later without a word to the timer: it looks when its time has come. */
  #awaitEnd(): void {
    const left = this.remaining()
    if (left > 0) this.#clearEnd = this.#granted.platform.after(left, () => this.#awaitEnd())
  }
  #renewIn(ms: number): void {
    this.#clearRenewal = this.#granted.platform.after(Math.max(0, ms), () => void this.#renew())
  }
  async #renew(): Promise<void> {
    const { locks, name, token, lease, platform } = this.#granted
    const deadline = this.remaining()
    if (deadline === 0) return
    const sent = platform.now()
    let next = RENEWAL
    try {
      const held = await locks.with({ deadline, signal: this.#controller.signal }).ask.renew(name, token, lease)
      if (!held) return this.#end('taken')
      this.#trustedUntil = sent + lease * (1 - MARGIN)
    } catch {
      next = AGAIN // as long as it can be trusted
    }
    if (!this.#controller.signal.aborted) this.#renewIn(sent + lease * next - platform.now())
  }
}
