// The platform of a real thread: Node's event loop, clock and randomness, and the lanes to the other threads.
//
// Invariants: frames are flushed at the end of the slice, or microtask, in which they were posted; one timeout is armed
// at most, for the earliest due time; a thread that is gone is noticed once, after all that it had sent has been read.
import { getHeapStatistics } from 'node:v8'
import type { Core } from '../core/core.ts'
import type { BehaviorValue, Source } from '../core/behavior-value.ts'
import { refTravel } from '../core/actor-ref.ts'
import { endTravel } from '../core/channel-end.ts'
import { CLAIMS } from '../core/claims.ts'
import { lateReplyTravel } from '../core/late-reply.ts'
import { bareClock } from '../core/select-call.ts'
import type { Platform } from '../core/platform.ts'
import type { TravelKind } from '../core/values.ts'
import { Clock, type Origin } from './clock.ts'
import { Codec } from './codec.ts'
import { EventLoop } from './event-loop.ts'
import type { Receive } from './lane.ts'
import { Lanes } from './lanes.ts'
import { ModuleLoader } from './module-loader.ts'
import { PoolOffloading } from './offloading.ts'
import { MOST_SHAPES } from './record-shapes.ts'
import { SharedMemory, type SharedParts } from './shared-memory.ts'
import { SharedTable } from './shared-table.ts'

/** What a timeout of Node.js can be, in ms. */
const LONGEST_TIMEOUT = 2 ** 31 - 1
bareClock.after = (ms, fire) => {
  let left = ms
  let timeout: NodeJS.Timeout
  const arm = (): void => {
    const part = Math.min(left, LONGEST_TIMEOUT)
    left -= part
    timeout = setTimeout(left > 0 ? arm : fire, part)
  }
  arm()
  return () => clearTimeout(timeout)
}
bareClock.random = () => Math.random()

/** All that the threads of a system share: plain data, for workerData or a task. */
export interface SystemParts {
  readonly origin: Origin
  /** Undefined in a system of one thread. */
  readonly memory: SharedParts | undefined
  readonly methods: SharedArrayBuffer
  readonly protocols: SharedArrayBuffer
  readonly shapes: SharedArrayBuffer
  /** For selects that wait on several threads. */
  readonly claims: SharedArrayBuffer
}

/** A heap fuller than this takes no new actors. */
const FULL_HEAP = 0.85
/** ms for which code that never waits may keep the event loop waiting. */
const LONG = 2
/** Changes in the number of actors between two looks at the heap. */
const HEAP_EVERY = 256

export function createParts(threads: number, cores: number): SystemParts {
  const memory = threads === 1 ? undefined : SharedMemory.create(threads, { cores })
  for (let thread = 1; thread < threads; thread++) memory!.board.announce(thread)
  return {
    origin: new Clock().origin,
    memory: memory?.parts,
    methods: SharedTable.create({ entries: 65_536, units: 2 ** 20 }).memory,
    protocols: SharedTable.create({ entries: 65_536, units: 2 ** 23 }).memory,
    shapes: SharedTable.create({ entries: MOST_SHAPES, units: 2 ** 18 }).memory,
    claims: new SharedArrayBuffer(4 * CLAIMS * threads),
  }
}

export class NodePlatform implements Platform {
  readonly thread: number
  readonly threads: number
  readonly methods: SharedTable
  readonly protocols: SharedTable
  readonly claims: Int32Array
  codec!: Codec
  readonly offloading: PoolOffloading
  readonly lanes: Lanes | undefined
  readonly #clock: Clock
  #loader!: ModuleLoader
  readonly #shapes: SharedTable
  readonly #emit: ((event: string, data: unknown) => void) | undefined
  #core!: Core
  #loop: EventLoop | undefined
  #timeout: NodeJS.Timeout | undefined
  #armed = Infinity
  #next = 0
  #changes = 0
  /** The rest that is under way, and when the last one was over. */
  #resting: Promise<void> | undefined = undefined
  #turnedAt = 0
  readonly #watched = new FinalizationRegistry<() => void>(gone => gone())
  /** Called when another thread is gone. */
  onGone: (thread: number, how: 'ended' | 'lost') => void = () => {}

  constructor(parts: SystemParts, thread: number, emit?: (event: string, data: unknown) => void) {
    this.thread = thread
    this.threads = parts.memory?.threads ?? 1
    this.methods = new SharedTable(parts.methods)
    this.protocols = new SharedTable(parts.protocols)
    this.#shapes = new SharedTable(parts.shapes)
    this.lanes = parts.memory && new Lanes(new SharedMemory(parts.memory), thread)
    this.claims = new Int32Array(parts.claims)
    this.#clock = new Clock(parts.origin)
    this.#emit = emit
    const stray = (error: Error): void => this.emit('unhandledRejection', { actor: undefined, thread, error })
    this.offloading = new PoolOffloading(this.#shapes, stray)
  }

  /** Begins to serve the core. */
  start(core: Core): void {
    this.#core = core
    const kinds = [refTravel, lateReplyTravel, endTravel] as unknown as TravelKind<unknown>[]
    this.codec = new Codec(this.#shapes, kinds, core)
    this.#loader = new ModuleLoader(this.codec)
    const { lanes } = this
    const receive: Receive = (bytes, words, start, length, from) =>
      core.inbound.receive(bytes, words, start, length, from)
    if (lanes !== undefined) lanes.onGone = (thread, how) => this.#gone(thread, how)
    this.#loop = new EventLoop({
      lanes,
      clock: this.#clock,
      run: until => core.scheduler.run(until),
      receive,
      // a host thread's work comes in bursts; the first thread waits only where it has asked
      expecting: () => this.thread !== 0 || core.asks.size > 0 || core.channels.waiting > 0,
      turned: () => core.scheduler.settled(),
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

  post(to: number, frame: Uint8Array, length: number, system: boolean, alone = false): boolean {
    const lanes = this.lanes!
    const loop = this.#loop!
    if (alone && !loop.slicing) {
      const sent = lanes.send(to, frame, length, system)
      if (lanes.stalledTo(to)) loop.wake()
      return sent
    }
    const posted = lanes.post(to, frame, length, system)
    loop.wake() // flushes at the end of the slice
    return posted
  }

  load(source: Source): Promise<BehaviorValue> {
    return this.#loader.load(source)
  }

  place(): number {
    const board = this.lanes?.memory.board
    if (board === undefined) return 0
    let best = 0
    let fewest = Infinity
    for (let i = 0; i < this.threads - 1; i++) {
      // starting from another thread each time, so that equals take turns
      const thread = 1 + ((this.#next + i) % (this.threads - 1))
      const actors = board.actors(thread)
      if (actors >= fewest || board.gone(thread) || board.heap(thread) > FULL_HEAP) continue
      best = thread
      fewest = actors
    }
    this.#next = best
    return best
  }
  hosts(change: number): void {
    if (this.lanes === undefined) return
    const { board } = this.lanes.memory
    board.addActors(this.thread, change)
    if (++this.#changes % HEAP_EVERY !== 0) return
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    board.setHeap(this.thread, used / 1024, limit / 1024)
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

  emit(event: string, data: unknown): void {
    if (this.#emit !== undefined) this.#emit(event, data)
    else this.#core.calls.send(0, 'emit', [event, data])
  }

  #gone(thread: number, how: 'ended' | 'lost'): void {
    const report: Receive = (_bytes, words, start) => this.#core.inbound.returned(words, start)
    this.lanes!.forsake(thread, report)
    if (this.thread === 0) this.lanes!.salvage(thread, report)
    this.onGone(thread, how)
  }
}
