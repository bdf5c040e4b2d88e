// What users hold: `mutex`, `semaphore`, `readWrite`. Each is a name at a lock server, and plain enough to be made anew for each use.
//
// Invariants: a request has one id, however often it is sent, so that a lost reply costs no permit; whoever stops waiting, for whatever
// reason, says so, and the server takes back what it may have granted meanwhile. Nobody is asked to wait longer than STAY at a time: a
// client that has died leaves the line when it has not asked again for as long.
import { Expired, InvalidCall, MailboxFull, type Ref, ThreadLost, NodeLost, MoveInDoubt } from '@troupe/actors'
import type { AcquireMore, Grant } from './behavior.ts'
import { type LockPlatform, nodePlatform } from './client-platform.ts'
import { HeldLock } from './held-lock.ts'
import { ALL } from './lock.ts'
import type { ServerReport } from './lock-report.ts'
import { Busy, LockLost, lockErrorOf, WaitTimeout } from './lock-errors.ts'

export type { Grant }

/** What a lock server can be asked: `Ref<typeof lockServer>` is a `Ref<LockServer>`, however it is hosted. */
export interface LockServer {
  acquire(name: string, wait: number, lease: number, more?: AcquireMore): Grant
  renew(name: string, token: bigint, lease: number): boolean
  release(name: string, token: bigint, id?: string): boolean
  giveUp(id: string): void
  inspect(name?: string): ServerReport
}

export interface AcquireOptions {
  /** ms to wait for it; as long as it takes where nothing is said. 0: at once, or Busy. */
  wait?: number
  /** ms after which it is free should its holder not be heard of; 10,000. It is renewed while it is held. */
  lease?: number
  /** Aborting it ends the wait, with Aborted. */
  signal?: AbortSignal
}
export interface PermitOptions extends AcquireOptions {
  /** How many at once; 1. */
  permits?: number
}

export interface LockOptions {
  /**
   * Who asks, for the search for those who wait for themselves: the actor or goroutine that holds the ref where nothing is
   * said, and outside of these each request by itself. An actor that runs several turns at a time names each of them.
   */
  owner?: string
  /** ms after a lapse, or the death of a holder, in which nobody gets it; 0. For resources that cannot check tokens. */
  delay?: number
  /** False: the lease is not renewed, and is over when it is over. */
  renew?: boolean
  /** The clock, timers and names to use; Node's own. */
  platform?: LockPlatform
}

/** What acquires: a mutex, a semaphore, one side of a read-write lock. */
export interface Mutex<Options extends AcquireOptions = AcquireOptions> {
  readonly name: string
  /**
   * Waits for the lock, in the order of asking. Rejects with WaitTimeout, Busy where `wait` is 0, LockReentered or LockCycle where it would
   * wait for itself, LockMismatch, LockTableFull, Aborted; or with what became of the lock server.
   */
  acquire(options?: Options): Promise<HeldLock>
  /** The lock, or undefined where somebody else has it. */
  tryAcquire(options?: Omit<Options, 'wait'>): Promise<HeldLock | undefined>
  /** Runs `work` while it is held. Rejects with LockLost where it was not held to the end, whatever `work` has returned. */
  using<T>(work: (lock: HeldLock) => T, options?: Options): Promise<Awaited<T>>
}
export interface ReadWrite {
  readonly name: string
  readonly read: Mutex
  readonly write: Mutex
}

/** A lock that one at a time can hold. */
export function mutex(locks: Ref<LockServer>, name: string, options: LockOptions = {}): Mutex {
  return new Acquirer({ locks, name, permits: 1, all: false, ...options })
}
/** A lock with so many permits; a request for several gets them at once, and is not overtaken. */
export function semaphore(
  locks: Ref<LockServer>,
  name: string,
  permits: number,
  options: LockOptions = {},
): Mutex<PermitOptions> {
  if (!Number.isInteger(permits) || permits < 1 || permits >= ALL)
    throw new InvalidCall(`semaphore '${name}': permits is ${String(permits)}; it must be a whole number from 1 on`)
  return new Acquirer({ locks, name, permits, all: false, ...options })
}
/** A lock that many can hold to read, or one to write. Whoever comes first goes first, so neither side starves. */
export function readWrite(locks: Ref<LockServer>, name: string, options: LockOptions = {}): ReadWrite {
  const of = (all: boolean): Mutex => new Acquirer({ locks, name, permits: ALL, all, ...options })
  return { name, read: of(false), write: of(true) }
}

interface Target extends LockOptions {
  readonly locks: Ref<LockServer>
  readonly name: string
  readonly permits: number
  /** Whether a request wants all of them. */
  readonly all: boolean
}

const LEASE = 10_000
/** ms for which a request waits at the server before it is asked again; a server without news of it forgets it after twice that. */
const STAY = 15_000
/** ms that a reply may be under way. */
const SLACK = 1_000
/** ms before a server that was lost is asked again. */
const PAUSE = 50

class Acquirer implements Mutex<PermitOptions> {
  readonly name: string
  readonly #target: Target
  constructor(target: Target) {
    if (typeof target.name !== 'string' || target.name === '')
      throw new InvalidCall(`a lock's name is a text that is not empty, not ${String(target.name)}`)
    if (typeof target.locks?.ask !== 'object')
      throw new InvalidCall(`lock '${target.name}': the first argument is the ref of a lock server`)
    this.name = target.name
    this.#target = target
  }

  async acquire({ wait = Infinity, lease = LEASE, signal, permits = 1 }: PermitOptions = {}): Promise<HeldLock> {
    if (!(wait >= 0)) throw new InvalidCall(`lock '${this.name}': wait is ${String(wait)}; it must be a number of ms`)
    const target = this.#target
    const wants = target.all ? target.permits : permits
    return await new Acquisition(target, wants, wait, lease, signal).run()
  }
  async tryAcquire(options: Omit<PermitOptions, 'wait'> = {}): Promise<HeldLock | undefined> {
    try {
      return await this.acquire({ ...options, wait: 0 })
    } catch (error) {
      if (Busy.is(error)) return undefined
      throw error
    }
  }
  async using<T>(work: (lock: HeldLock) => T, options: PermitOptions = {}): Promise<Awaited<T>> {
    const lock = await this.acquire(options)
    let isHeld = false
    try {
      const result = await work(lock)
      isHeld = lock.remaining() > 0
      const { reason } = lock.signal
      if (!isHeld && !(LockLost.is(reason) && reason.data.why === 'released')) throw reason
      return result
    } finally {
      await lock.release()
    }
  }
}

/** One request, until it is granted or given up. */
class Acquisition {
  readonly #target: Target
  readonly #wants: number
  readonly #lease: number
  readonly #wait: number
  readonly #signal: AbortSignal | undefined
  readonly #platform: LockPlatform
  readonly #id: string
  readonly #begun: number

  constructor(target: Target, wants: number, wait: number, lease: number, signal: AbortSignal | undefined) {
    this.#target = target
    this.#wants = wants
    this.#wait = wait
    this.#lease = lease
    this.#signal = signal
    this.#platform = target.platform ?? nodePlatform
    this.#id = this.#platform.id()
    this.#begun = this.#platform.now()
  }

  async run(): Promise<HeldLock> {
    for (let times = 1; ; times++) {
      const sent = this.#platform.now()
      const left = Math.max(0, this.#begun + this.#wait - sent)
      const deadline = Math.min(left, STAY) + SLACK
      try {
        const grant = await this.#ask(left, deadline)
        return this.#held(grant, sent, times > 1)
      } catch (error) {
        if (!this.#mayAskAgain(error, sent + deadline)) throw this.#failed(error)
        if (!(error instanceof Expired)) await this.#pause()
      }
    }
  }

  #ask(left: number, deadline: number): Promise<Grant> {
    const { locks, name, permits, owner, delay } = this.#target
    const more: AcquireMore = { id: this.#id, permits, wants: this.#wants }
    if (owner !== undefined) more.owner = owner
    if (delay !== undefined) more.delay = delay
    return locks.with({ deadline, signal: this.#signal }).ask.acquire(name, Math.min(left, 2 * STAY), this.#lease, more)
  }
  #held(grant: Grant, sent: number, retried: boolean): HeldLock {
    const { locks, name, renew = true } = this.#target
    const lease = this.#lease
    return new HeldLock({ ...grant, locks, name, id: this.#id, retried, lease, sent, renews: renew, platform: this.#platform }) // prettier-ignore
  }
  /** Whether nobody has said no, and there is time left. An ask that ended early ended with the ask that it was made for. */
  #mayAskAgain(error: unknown, until: number): boolean {
    const now = this.#platform.now()
    if (now >= this.#begun + this.#wait) return false
    if (error instanceof Expired) return now >= until
    const isLoss = error instanceof ThreadLost || error instanceof NodeLost || error instanceof MoveInDoubt
    return isLoss || error instanceof MailboxFull
  }
  #failed(error: unknown): unknown {
    const known = lockErrorOf(error)
    if (known !== error) return known
    try {
      this.#target.locks.tell.giveUp(this.#id)
    } catch {
      // the system is closed, and so is the server's watch of this client
    }
    const waited = this.#platform.now() - this.#begun
    return error instanceof Expired && waited >= this.#wait
      ? new WaitTimeout({ lock: this.#target.name, waited }, { cause: error })
      : error
  }
  #pause(): Promise<void> {
    return new Promise(done => void this.#platform.after(PAUSE, done))
  }
}
