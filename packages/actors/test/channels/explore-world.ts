// Real cores on threads that do nothing by themselves: what happens next is for an explorer to choose.
//
// A step is one thing that one thread does without a break: it begins an operation, takes in a frame, goes on after a rest,
// looks at its timers. Lanes keep their order; nothing else is given. Time stands still, but for timers, which may fire
// at any moment. Which words of shared memory a step touches is noted, so that an explorer knows what commutes.
import type { BehaviorValue } from '../../src/core/behavior-value.ts'
import type { Chan } from '../../src/core/chan.ts'
import type { Channel } from '../../src/channel.ts'
import { Channel as End } from '../../src/core/channel-end.ts'
import { CLAIMS } from '../../src/core/claims.ts'
import { Core } from '../../src/core/core.ts'
import { loseThread } from '../../src/core/ending.ts'
import { travelKinds } from '../../src/core/travel-kinds.ts'
import {
  defaultLimits,
  type FrameCodec,
  type Offloading,
  type Platform,
  type Symbols,
} from '../../src/core/platform.ts'
import { Codec } from '../../src/edge/codec.ts'
import { SharedTable } from '../../src/edge/shared-table.ts'
import { SimSymbols } from '../../src/testing/sim-symbols.ts'
import { Collection } from './simulation-collection.ts'

/** A time that is later than all that has been set. */
const LATER = 1_000_000

export class ExploredWorld {
  readonly claims: Int32Array
  readonly threads: ExploredThread[] = []
  readonly methods = new SimSymbols()
  readonly protocols = new SimSymbols()
  readonly shapes = SharedTable.create({ entries: 64, units: 2 ** 10 })
  readonly collection = new Collection()
  /** What was emitted. */
  readonly events: [event: string, data: unknown][] = []
  /** The number of the step that is being taken. */
  step = -1
  /** What chance gives. */
  chance = 0
  chances = 0

  constructor(count: number) {
    this.claims = new Int32Array(CLAIMS * count)
    for (let number = 0; number < count; number++) this.threads.push(new ExploredThread(this, number, count))
  }

  /** Puts threads that begin anew in the place of those that have ended. */
  revive(): void {
    this.threads.forEach(({ lost }, number) => {
      if (!lost) return
      this.threads[number] = new ExploredThread(this, number, this.threads.length)
      for (const { core, lanes } of this.threads) {
        core.gone.delete(number)
        lanes[number]!.length = 0
      }
    })
  }

  /** Delivers all frames and lets all go on, in no order that matters, until nothing is left but timers. */
  settle(): void {
    for (let again = true; again;) {
      again = false
      for (const thread of this.threads) {
        if (thread.lost) continue
        for (let from = 0; from < this.threads.length; from++) while (thread.receive(from)) again = true
        for (const gone of this.threads) if (thread.notices(gone.thread)) again = thread.notice(gone.thread)
        if (thread.resume()) again = true
      }
    }
  }
}

/** As a core is, but that what it has lost may come again. */
class ExploredCore extends Core {
  readonly gone = new Set<number>()
  override hasLost(thread: number): boolean {
    return this.gone.has(thread)
  }
  override lostThread(thread: number): void {
    this.gone.add(thread)
    loseThread(this, thread, undefined)
  }
}

interface Frame {
  /** In which step it was sent. */
  readonly step: number
  readonly bytes: Uint8Array
  readonly words: Int32Array
}

export class ExploredThread implements Platform {
  readonly vault = undefined
  vaultOf = (): [] => []
  emptyVault(): void {}
  readonly world: ExploredWorld
  readonly thread: number
  readonly threads: number
  readonly core: ExploredCore
  readonly codec: FrameCodec
  /** What has been sent here and not been read, by who sent it. */
  readonly lanes: Frame[][]
  /** In which step it has last read something of each other thread. */
  readonly lastRead: number[] = []
  readonly #resting: (() => void)[] = []
  #time = 0
  armed = Infinity
  lost = false

  constructor(world: ExploredWorld, thread: number, threads: number) {
    this.world = world
    this.thread = thread
    this.threads = threads
    this.lanes = Array.from({ length: threads }, () => [])
    this.core = new ExploredCore(this, defaultLimits)
    this.codec = new Codec(new SharedTable(world.shapes.memory), travelKinds, this.core)
  }

  // ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes in a frame; false when there is none. */
  receive(from: number): boolean {
    const frame = this.lanes[from]!.shift()
    if (frame === undefined) return false
    this.core.inbound.receive(frame.bytes, frame.words, 0, frame.bytes.length, from)
    this.core.deadLetters.publish()
    return true
  }
  get rests(): boolean {
    return this.#resting.length > 0
  }
  resume(): boolean {
    const go = this.#resting.shift()
    go?.()
    return go !== undefined
  }
  /** Lets time pass until all timers have fired. */
  ring(): void {
    this.armed = Infinity
    this.#time += LATER
    this.core.timers.advance()
  }

  /** Ends at once. Of what it had sent to each thread, `kept` frames arrive. */
  lose(kept: readonly number[]): void {
    this.lost = true
    for (const other of this.world.threads) other.lanes[this.thread]!.length = kept[other.thread]!
  }
  /** Whether it will hear of the loss of a thread next: when it has read what that had sent. */
  notices(thread: number): boolean {
    const { lost } = this.world.threads[thread]!
    return lost && !this.lost && !this.core.hasLost(thread) && this.lanes[thread]!.length === 0
  }
  notice(thread: number): true {
    const unread = this.world.threads[thread]!.lanes[this.thread]!
    for (const { words } of unread.splice(0)) this.core.inbound.returned(words, 0)
    this.core.lostThread(thread)
    this.core.deadLetters.publish()
    return true
  }

  // ── as a platform ───────────────────────────────────────────────────────────────────────────────────────────

  now(): number {
    return this.#time
  }
  wall(): number {
    return 0
  }
  random(): number {
    this.world.chances++
    return this.world.chance
  }
  wake(): void {}
  wakeAt(at: number): void {
    this.armed = Math.min(this.armed, at)
  }
  post(to: number, frame: Uint8Array, length: number): boolean {
    if (this.lost || this.core.hasLost(to)) return false
    const bytes = frame.slice(0, length)
    this.world.threads[to]!.lanes[this.thread]!.push({
      step: this.world.step,
      bytes,
      words: new Int32Array(bytes.buffer),
    })
    return true
  }
  /** Something that can be waited for with `then` alone: what comes next is a step, in which all happens at once. */
  rest(): Promise<void> {
    const then = (go: () => void): void => void this.#resting.push(go)
    // oxlint-disable-next-line unicorn/no-thenable -- it stands for a promise
    return { then } as unknown as Promise<void>
  }
  overdue(): boolean {
    return false
  }
  watch(object: object, gone: () => void): void {
    this.world.collection.watch(object as Chan, gone)
  }
  get claims(): Int32Array {
    return this.world.claims
  }
  get lives(): number {
    return this.threads
  }
  get seat(): number {
    return this.thread
  }
  get methods(): Symbols {
    return this.world.methods
  }
  get protocols(): Symbols {
    return this.world.protocols
  }
  emit(event: string, data: unknown): void {
    this.world.events.push([event, data])
  }
  load(): Promise<BehaviorValue> {
    throw new Error('there are no actors here')
  }
  place(): number {
    throw new Error('there are no actors here')
  }
  current(thread: number): number {
    return thread
  }
  awaited(): boolean {
    return false
  }
  hosts(): void {}
  busy(): number {
    return 0
  }
  heap(): number {
    return 0
  }
  get offloading(): Offloading {
    throw new Error('nothing is run beside')
  }
}

/** What a routine sends by one of its cases. */
export const valueOf = (routine: number, at: number): number => routine * 10 + at

export function chanOf(end: Channel<number>): Chan {
  return End.chanOf(end as never)
}
