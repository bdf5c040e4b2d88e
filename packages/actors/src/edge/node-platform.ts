// The platform of a real thread: Node's event loop, clock and randomness, and the lanes to the other threads.
//
// Invariants: frames are flushed at the end of the slice, or microtask, in which they were posted; one timeout is armed
// at most, for the earliest due time; a thread that is gone is noticed once, after all that it had sent has been read.
import { performance } from 'node:perf_hooks'
import { threadId } from 'node:worker_threads'
import type { Core } from '../core/core.ts'
import type { BehaviorValue, Source } from '../core/behavior-value.ts'
import { travelKinds } from '../core/travel-kinds.ts'
import { FIRST_FAR } from '../core/address.ts'
import { HUB, type NodeIdentity } from '../core/places.ts'
import type { Platform, VaultRecord } from '../core/platform.ts'
import './bare-clock.ts'
import { Clock } from './clock.ts'
import { Codec } from './codec.ts'
import { EventLoop } from './event-loop.ts'
import { FarLanes, type PostToHub, receiveFar } from './far-lanes.ts'
import { heapUse } from './heap.ts'
import type { Receive } from './lane.ts'
import { Lanes } from './lanes.ts'
import { ModuleLoader } from './module-loader.ts'
import { isInspected, nativeId } from './native.ts'
import { PoolOffloading } from './offloading.ts'
import { FULL_HEAP, Placement } from './placement.ts'
import { Pulse } from './pulse.ts'
import { SharedMemory } from './shared-memory.ts'
import { SharedTable } from './shared-table.ts'
import type { SystemParts } from './system-parts.ts'
import { NOBODY } from './thread-board.ts'
import { wireNames } from './wire-names.ts'
import { emptyVault, recordsIn } from './vault.ts'
import { VaultWriter } from './vault-writer.ts'

/** Below this a heap that was full has room again, as far as events go. */
const ROOMY_HEAP = 0.75
/** ms for which code that never waits may keep the event loop waiting. */
const LONG = 2
/** Changes in the number of actors between two looks at the heap. */
const HEAP_EVERY = 1024

export class NodePlatform implements Platform {
  readonly thread: number
  readonly threads: number
  readonly methods: SharedTable
  readonly protocols: SharedTable
  readonly claims: Int32Array
  readonly seat: number
  readonly node: NodeIdentity | undefined
  readonly #stops: SharedArrayBuffer | undefined
  #far: FarLanes | undefined
  readonly turnWords: Int32Array | undefined
  readonly vault: VaultWriter | undefined
  readonly #vaults: readonly (SharedArrayBuffer | undefined)[]
  codec!: Codec
  readonly offloading: PoolOffloading
  readonly lanes: Lanes | undefined
  readonly past: ReadonlySet<number>
  readonly #clock: Clock
  #loader!: ModuleLoader
  readonly #shapes: SharedTable
  readonly #pulse: Pulse | undefined
  readonly #placement: Placement | undefined
  readonly #emit: ((event: string, data: unknown) => void) | undefined
  #core!: Core
  #loop: EventLoop | undefined
  #timeout: NodeJS.Timeout | undefined
  #armed = Infinity
  #changes = 0
  #full = false
  /** The rest that is under way, and when the last one was over. */
  #resting: Promise<void> | undefined = undefined
  #turnedAt = 0
  readonly #watched = new FinalizationRegistry<() => void>(gone => gone())
  /** Called when another thread is gone, when it is known who follows it, and after any change among the threads. */
  onGone: (thread: number, inOrder: boolean) => void = () => {}
  onHeir: (lost: number, heir: number) => void = () => {}
  onChange: () => void = () => {}

  constructor(parts: SystemParts, thread: number, emit?: (event: string, data: unknown) => void) {
    this.thread = thread
    this.threads = parts.threads
    this.methods = new SharedTable(parts.methods)
    this.protocols = new SharedTable(parts.protocols)
    this.#shapes = new SharedTable(parts.shapes)
    this.lanes = parts.memory && new Lanes(new SharedMemory(parts.memory), thread)
    this.seat = this.lanes?.slot ?? 0
    if (this.lanes !== undefined) {
      const { board } = this.lanes.memory
      this.#pulse = new Pulse(board, this.seat)
      this.#pulse.introduce(threadId, nativeId())
      this.#placement = new Placement(board, parts.threads - 1)
    }
    this.past = new Set(this.lanes?.memory.board.allGone())
    this.turnWords = this.#pulse?.turnWords
    this.node = parts.node && { id: parts.node.id, places: new SharedTable(parts.node.places) }
    this.#stops = parts.node?.stops
    this.claims = new Int32Array(parts.claims)
    this.#vaults = parts.vaults
    const vault = parts.vaults[this.seat]
    this.vault = vault && new VaultWriter(vault, thread)
    this.#clock = new Clock(parts.origin)
    this.#emit = emit
    const stray = (error: Error): void => this.emit('unhandledRejection', { actor: undefined, thread, error })
    this.offloading = new PoolOffloading(this.#shapes, stray)
  }

  /** Begins to serve the core. */
  start(core: Core): void {
    this.#core = core
    const names = this.node && wireNames(core.places, this.protocols, () => this.now())
    this.codec = new Codec(this.#shapes, travelKinds, core, names)
    if (this.#stops !== undefined) {
      const { lanes } = this
      const post: PostToHub = (bytes, length, system, kept) => lanes!.post(HUB, bytes, length, system, kept)
      this.#far = new FarLanes(post, this.codec, this.#stops)
    }
    this.#loader = new ModuleLoader(this.codec)
    const { lanes } = this
    const receive: Receive = (bytes, words, start, length, from) => {
      if (from === HUB) receiveFar(core, bytes, words, start, length)
      else core.inbound.receive(bytes, words, start, length, from)
    }
    if (lanes !== undefined) {
      lanes.onGone = (thread, how) => this.#gone(thread, how === 'ended')
      lanes.onHeir = (lost, heir) => this.onHeir(lost, heir)
      lanes.onChange = () => this.onChange()
    }
    this.#loop = new EventLoop({
      lanes,
      clock: this.#clock,
      run: until => {
        if (this.#far?.stalled === true) this.#far.flush()
        return core.scheduler.run(until)
      },
      ranAt: () => core.scheduler.now,
      receive,
      // a host thread's work comes in bursts; the first thread waits only where it has asked
      expecting: () => this.thread !== 0 || core.asks.size > 0 || core.channels.waiting > 0,
      turned: () => core.scheduler.settled(),
      pulse: this.#pulse,
      seldom: lanes && (() => this.#seldom()),
    })
  }

  /** Leaves nothing open. */
  close(): void {
    clearTimeout(this.#timeout)
    this.#loop?.close()
  }

  now(): number {
    return this.#clock.now()
  }
  wall(): number {
    return Date.now()
  }
  random(): number {
    return Math.random()
  }
  wake(): void {
    this.#loop?.wake()
  }

  wakeAt(at: number): void {
    if (at >= this.#armed) return
    clearTimeout(this.#timeout)
    this.#armed = at
    this.#timeout = setTimeout(
      () => {
        this.#armed = Infinity
        this.#core.timers.advance()
      },
      Math.min(2 ** 31 - 1, Math.max(1, Math.ceil(at - this.now()))),
    )
  }

  post(to: number, frame: Uint8Array, length: number, system: boolean, alone = false, kept = false): boolean {
    const lanes = this.lanes!
    const loop = this.#loop!
    if (to >= FIRST_FAR) {
      if (!this.#core.nodes.meet(to)) return false
      loop.wake()
      return this.#far!.post(to, frame, length, system, kept)
    }
    if (alone && !loop.slicing) {
      const sent = lanes.send(to, frame, length, system)
      if (lanes.stalledTo(to)) loop.wake()
      return sent
    }
    const posted = lanes.post(to, frame, length, system, kept)
    loop.wake() // flushes at the end of the slice
    return posted
  }

  load(source: Source): Promise<BehaviorValue> {
    return this.#loader.load(source)
  }

  module(url: string): Promise<BehaviorValue[]> {
    return this.#loader.module(url)
  }
  stalled(): boolean {
    return this.lanes?.stalled === true || this.#far?.stalled === true
  }

  place(): number {
    return this.#placement?.next() ?? 0
  }
  get lives(): number {
    return this.lanes?.memory.board.lives ?? 1
  }
  current(thread: number): number {
    if (!(thread >= 0 && thread < this.lives)) return NOBODY
    return this.lanes?.memory.board.current(thread) ?? thread
  }
  awaited(thread: number): boolean {
    const board = this.lanes?.memory.board
    return board !== undefined && board.gone(thread) && board.heir(thread) !== NOBODY
  }
  hosts(change: number): void {
    if (this.#pulse === undefined) return
    this.#pulse.addActors(change)
    if (++this.#changes % HEAP_EVERY === 0) this.#measureHeap()
  }

  #seldom(): void {
    this.#measureHeap()
    if (this.thread === 0) this.lanes!.memory.board.inspected = isInspected()
  }
  #measureHeap(): void {
    const { used, limit } = heapUse()
    this.#pulse!.setHeap(used, limit)
    const heap = used / limit
    if (heap > FULL_HEAP && !this.#full && this.thread !== 0) this.emit('threadFull', { thread: this.thread, heap })
    this.#full = heap > (this.#full ? ROOMY_HEAP : FULL_HEAP)
  }

  busy(): number {
    return performance.eventLoopUtilization().active - (this.#loop?.spun ?? 0)
  }
  heap(): number {
    const { used, limit } = heapUse()
    return used / limit
  }

  /** All that rest go on together: each turn of the event loop lets them run for LONG ms in all, however many they are. */
  rest(): Promise<void> {
    return (this.#resting ??= new Promise(done => {
      setImmediate(() => {
        this.#resting = undefined
        this.#turnedAt = this.now()
        done()
      })
    }))
  }
  overdue(): boolean {
    return this.lanes?.hasWork() === true || this.now() - this.#turnedAt >= LONG
  }
  watch(object: object, gone: () => void): void {
    this.#watched.register(object, gone)
  }

  vaultOf(thread: number): Iterable<VaultRecord> {
    const vault = this.#vaultOf(thread)
    return vault === undefined ? [] : recordsIn(vault, thread)
  }
  #vaultOf(thread: number): SharedArrayBuffer | undefined {
    // what was on another node has gone with its process
    return thread < FIRST_FAR ? this.lanes && this.#vaults[this.lanes.memory.board.slotOf(thread)] : undefined
  }
  emptyVault(thread: number): void {
    const vault = this.#vaultOf(thread)
    if (vault !== undefined) emptyVault(vault, thread)
  }

  emit(event: string, data: unknown): void {
    if (this.#emit !== undefined) this.#emit(event, data)
    else this.#core.calls.send(0, 'emit', [event, data])
  }

  room(): void {
    this.#far?.flush()
    this.#loop?.wake()
  }
  forsake(thread: number): void {
    this.#far?.forsake(thread, (bytes, words) => this.#core.heirs.returned(bytes, words, 0, thread))
  }

  #gone(thread: number, inOrder: boolean): void {
    const report: Receive = (bytes, words, start) => this.#core.heirs.returned(bytes, words, start, thread)
    this.lanes!.forsake(thread, report)
    if (this.thread === 0) this.lanes!.salvage(thread, report)
    this.onGone(thread, inOrder)
  }
}
