// What a simulated thread has of its world, as a platform: tables, clock, chance, code, the lines of threads, vaults.
//
// Invariants: whatever all threads of a process share is the world's; nothing here is the machine's. `now` is the time of the
// thread's node; all that is asked of the world is in the course's time.
import type { BehaviorValue, Source } from '../core/behavior-value.ts'
import type { NodeIdentity } from '../core/places.ts'
import type { Offloading, Symbols, VaultRecord } from '../core/platform.ts'
import type { Codec } from '../edge/codec.ts'
import type { SimCore } from './sim-core.ts'
import type { SimThread } from './sim-thread.ts'
import { SimVault } from './sim-vault.ts'
import type { World } from './world.ts'

/** People's clock at the start of every simulation: 2001-01-01. */
export const EPOCH = Date.UTC(2001, 0, 1)
/** ms that short things take at most. */
export const SHORT_STEP = 0.02
/** Operations on channels that a goroutine gets done in one stretch, at most. */
const MOST_PACE = 8

export abstract class SimPlatform {
  readonly world: World
  readonly thread: number
  readonly seat: number
  codec!: Codec
  core!: SimCore
  actors = 0
  readonly #loaded = new Set<number>()
  /** Thread 0 has none. */
  readonly vault: SimVault | undefined

  constructor(world: World, thread: number, seat: number, vault: number) {
    this.world = world
    this.thread = thread
    this.seat = seat
    this.vault = thread === 0 ? undefined : new SimVault(vault)
  }
  /** Begins to serve the core. */
  start(core: SimCore, codec: Codec): void {
    this.core = core
    this.codec = codec
  }
  /** This very object, as the thread that it is. */
  protected abstract get self(): SimThread

  get node(): NodeIdentity | undefined {
    const { node, places } = this.world
    return node && { id: node.id, places }
  }
  /** ms that its clock is ahead of the course's. */
  protected get ahead(): number {
    return this.world.node?.ahead ?? 0
  }
  now(): number {
    return this.world.now + this.ahead
  }
  wall(): number {
    return EPOCH + Math.floor(this.world.now)
  }
  random(): number {
    return this.world.random.unit()
  }
  get threads(): number {
    return this.world.count
  }
  get lives(): number {
    return this.world.threads.length
  }
  get methods(): Symbols {
    return this.world.methods
  }
  get protocols(): Symbols {
    return this.world.protocols
  }
  heap(): number {
    return 0
  }
  /** Seldom the same: so that goroutines on one thread come between each other in many ways. */
  get pace(): number {
    return 1 + this.world.random.below(MOST_PACE)
  }
  overdue(): boolean {
    return this.world.random.below(2) === 0
  }
  rest(): Promise<void> {
    return this.world.after(this.world.random.delay(SHORT_STEP), this.self)
  }
  /** What is collected, and when, is no matter of the seed. */
  watch(): void {}
  get offloading(): Offloading {
    return this.world.offloading
  }
  get claims(): Int32Array {
    return this.world.claims
  }

  async load(source: Source): Promise<BehaviorValue> {
    const { number, behavior } = this.world.behaviors.of(source)
    if (!this.#loaded.has(number)) {
      this.#loaded.add(number)
      await this.world.after(this.world.random.delay(this.world.latency), this.self)
    }
    return behavior
  }

  readonly module = (url: string): Promise<BehaviorValue[]> => this.world.module(url)
  place(): number {
    return this.world.lines.place()
  }
  current(thread: number): number {
    return this.world.lines.current(thread)
  }
  awaited(thread: number): boolean {
    return this.world.lines.awaited(thread)
  }
  hosts(change: number): void {
    this.actors += change
  }
  vaultOf(thread: number): Iterable<VaultRecord> {
    return this.world.threads[thread]!.vault ?? []
  }
  emptyVault(thread: number): void {
    this.world.threads[thread]!.vault?.empty()
  }
  emit(event: string, data: unknown): void {
    if (this.thread === 0) this.world.emit(event, data)
    else this.core.calls.send(0, 'emit', [event, data])
  }
}
