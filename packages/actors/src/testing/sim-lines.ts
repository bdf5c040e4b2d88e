// The lines of simulated host threads: what users know as one thread, whose lives follow each other as on real ones.
//
// Invariants: a thread that is lost, or hangs for too long, is followed by one of the next number, after delays of the
// seed's choice: first nobody, then one to which frames can be sent, then one that runs and is the heir. Each thread
// notices that by itself, and only when it has noticed the loss. In an upgrade the next one is there before: it notices at
// once that the other has ended, as on real threads it does before it reads what others say who know.
import { SystemClosed } from '../core/errors.ts'
import type { Lines } from '../core/rollout.ts'
import type { Upgrade } from '../core/upgrades.ts'
import type { ThreadRules } from '../thread-options.ts'
import type { SimThread } from './sim-thread.ts'
import type { World } from './world.ts'

export class SimLines implements Lines {
  /** Of lost threads: who has taken over; -1: nobody ever. */
  readonly heirs = new Map<number, number>()
  readonly #world: World
  readonly #rules: ThreadRules
  /** Of lost threads: who has taken over, or is about to. */
  readonly #successors = new Map<number, number>()
  /** By thread: the newer code that it runs. */
  readonly #upgrades = new Map<number, readonly Upgrade[]>()
  #closing = false

  constructor(world: World, rules: ThreadRules) {
    this.#world = world
    this.#rules = rules
  }

  current(thread: number): number {
    if (this.#world.threads[thread] === undefined) return -1
    const next = this.#successors.get(thread)
    return next === undefined ? thread : this.current(next)
  }

  awaited(thread: number): boolean {
    return this.#world.threads[thread]?.gone === true && this.heirs.get(thread) !== -1
  }

  /** The least loaded; of those that run, if any does, else of those that will. */
  place(): number {
    const { threads, random, count } = this.#world
    const current = Array.from({ length: count - 1 }, (_, line) => threads[this.current(line + 1)]!)
    const running = current.filter(({ state }) => state === 'running')
    const starting = current.filter(({ state }) => state === 'starting')
    const awaited = current.filter(({ thread }) => this.awaited(thread))
    const candidates = [running, starting, awaited].find(({ length }) => length > 0)
    if (candidates === undefined) return 0
    const fewest = Math.min(...candidates.map(({ actors }) => actors))
    const least = candidates.filter(({ actors }) => actors === fewest)
    return least[random.below(least.length)]!.thread
  }

  lose(lost: SimThread, error: Error): void {
    if (lost.state !== 'running') return
    lost.end('lost')
    this.#world.emit('threadLost', { thread: lost.thread, error })
    if (this.#successors.has(lost.thread)) return this.#inherit(lost)
    if (this.#rules.replaceThreads) void this.#replace(lost)
    else this.#settle(lost.thread, -1)
  }

  hang(thread: SimThread): void {
    if (thread.state !== 'running' || thread.hangs) return
    thread.hangs = true
    const { blockedAfter, endBlockedAfter } = this.#rules
    const { thread: number } = thread
    const event = { thread: number, ms: blockedAfter, actor: undefined, method: undefined }
    void this.#in(blockedAfter, () => thread.gone || this.#world.emit('threadBlocked', event))
    void this.#in(endBlockedAfter, () => this.lose(thread, new Error(`it did nothing else for ${endBlockedAfter} ms`)))
  }

  /** From here on nobody is replaced, but where it has begun. */
  close(): void {
    this.#closing = true
    for (const { thread, state } of this.#world.threads) {
      if (state === 'lost' && !this.#successors.has(thread) && !this.heirs.has(thread)) this.#settle(thread, -1)
    }
  }

  async #replace(lost: SimThread): Promise<void> {
    if (this.#closing) return this.#settle(lost.thread, -1)
    const { random, latency } = this.#world
    let successor: SimThread | undefined
    await this.#in(random.delay(latency), () => {
      if (this.#closing) return
      successor = this.#world.addThread(lost.seat, 'starting')
      this.#successors.set(lost.thread, successor.thread)
      this.#upgrades.set(successor.thread, this.#upgrades.get(lost.thread) ?? [])
    })
    if (successor === undefined) return
    const by = successor
    await this.#in(random.delay(latency), () => {
      this.#enter(by)
      by.core.heirs.begin(this.#estates(lost))
      this.#settle(lost.thread, by.thread)
      this.#world.emit('threadReplaced', { thread: lost.thread, by: by.thread })
    })
  }

  // ── fresh ones beside them ────────────────────────────────────────────────────────────────────────────────────

  get lines(): readonly number[] {
    return Array.from({ length: this.#world.count - 1 }, (_, index) => index + 1)
  }
  async start(line: number, upgrades: readonly Upgrade[]): Promise<number> {
    const world = this.#world
    const before = await this.#there(line)
    const next = world.addThread(this.#freeSeat(), 'starting')
    this.#upgrades.set(next.thread, [...(this.#upgrades.get(before.thread) ?? []), ...upgrades])
    await this.#in(world.random.delay(world.latency), () => this.#enter(next))
    return next.thread
  }
  async adopt(line: number, thread: number): Promise<readonly number[]> {
    const before = await this.#there(line)
    const retiring = this.#world.threads.filter(one => !one.gone && this.current(one.thread) === before.thread)
    for (const one of retiring) this.#successors.set(one.thread, thread)
    this.#world.emit('threadReplaced', { thread: before.thread, by: thread })
    return retiring.map(one => one.thread)
  }
  drop(thread: number): void {
    this.#world.threads[thread]!.end('ended')
    this.#settle(thread, -1)
  }

  /** A part of what all share that nobody has: in an upgrade there are two lives of a thread. */
  #freeSeat(): number {
    const taken = new Set(this.#world.threads.filter(({ gone }) => !gone).map(({ seat }) => seat))
    let seat = 1
    while (taken.has(seat)) seat++
    return seat
  }
  /** The thread that runs as the line. */
  async #there(line: number): Promise<SimThread> {
    const { threads, latency } = this.#world
    for (;;) {
      const thread = threads[this.current(line)]!
      if (this.#closing) throw new SystemClosed('upgrade: the system is closed')
      if (thread.state === 'running') return thread
      await this.#in(latency, () => {})
    }
  }
  #enter(thread: SimThread): void {
    thread.enter()
    void thread.core.upgrades.begin(this.#upgrades.get(thread.thread) ?? [])
  }
  /** A thread has ended in order, as an upgrade has emptied it. */
  ended(thread: SimThread): void {
    thread.end('ended')
    this.#inherit(thread)
  }
  /** It is gone, and who is to have its place has it already. */
  #inherit({ thread }: SimThread): void {
    const heir = this.#successors.get(thread)!
    const present = this.#world.threads[this.current(thread)]!
    if (present.state === 'running') present.takeOver(thread, heir)
    this.#settle(thread, heir)
  }

  /** Those before it in its line that have left something still, as an heir of theirs was lost too; and the last of them. */
  #estates(lost: SimThread): number[] {
    const { threads } = this.#world
    const before = [...this.#successors].find(([, next]) => next === lost.thread)?.[0]
    const left = before === undefined ? [] : this.#estates(threads[before]!)
    return [
      ...left.filter(thread => threads[thread]!.state === 'lost' && threads[thread]!.vault!.bytes > 0),
      lost.thread,
    ]
  }

  #settle(lost: number, heir: number): void {
    this.heirs.set(lost, heir)
    for (const thread of this.#world.threads) if (thread.state === 'running') thread.follow(lost, heir)
    this.#world.hub?.follow(lost, heir)
  }

  async #in(ms: number, run: () => void): Promise<void> {
    if (ms === Infinity) return
    await this.#world.after(ms, this.#world.threads[0]!)
    run()
  }
}
