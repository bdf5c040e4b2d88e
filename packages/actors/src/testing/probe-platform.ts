// What a probe's core stands on: one thread that sends nothing, whose time is the test's.
//
// Invariant: nothing is ever read that goes elsewhere; whoever wants to know what was sent records it before (probe.ts).
import type { Core } from '../core/core.ts'
import type { FrameCodec, Platform } from '../core/platform.ts'
import { OffloadingInPlace } from './offloading-in-place.ts'
import { Random } from './random.ts'
import { EPOCH } from './sim-platform.ts'
import { SimSymbols } from './sim-symbols.ts'

export const HERE = 0
/** Where everything else seems to be. */
export const ELSEWHERE = 1

export interface Fault {
  readonly method: string
  readonly error: unknown
}

/** The core that runs on it. */
interface Bench extends Core {
  readonly faults: Fault[]
  runInPlace(): void
}

/** A platform whose time is the test's, and that sends nothing. */
export class BenchPlatform implements Platform {
  readonly thread = HERE
  readonly threads = 2
  readonly lives = 2
  readonly methods = new SimSymbols()
  readonly protocols = new SimSymbols()
  readonly #random = new Random(1)
  core!: Bench
  time = 0
  due = Infinity

  now(): number {
    return this.time
  }
  wall(): number {
    return EPOCH + Math.floor(this.time)
  }
  random(): number {
    return this.#random.unit()
  }
  wake(): void {
    queueMicrotask(() => this.core.runInPlace())
  }
  wakeAt(at: number): void {
    this.due = Math.min(this.due, at)
  }
  post(): boolean {
    return true
  }
  load(): never {
    throw new Error('a probe loads nothing')
  }
  place = (): number => HERE
  current = (thread: number): number => (thread === HERE || thread === ELSEWHERE ? thread : -1)
  awaited = (): boolean => false
  hosts(): void {}
  busy(): number {
    return 0
  }
  heap(): number {
    return 0
  }
  rest(): Promise<void> {
    return Promise.resolve()
  }
  overdue(): boolean {
    return false
  }
  watch(): void {}
  /** Whatever is not of this test ends with it. */
  readonly vault = undefined
  vaultOf(): [] {
    return []
  }
  emptyVault(): void {}
  /** No select of a probe waits anywhere else. */
  readonly claims = new Int32Array(0)
  readonly seat = 0
  readonly offloading = new OffloadingInPlace(() => Promise.resolve())
  emit(event: string, data: unknown): void {
    if (event === 'fault') this.core.faults.push(data as Fault)
  }
  readonly codec: FrameCodec = {
    // What goes elsewhere has been checked and copied before, and nobody reads it.
    writeFlat: () => -1,
    readFlat() {
      throw new Error('a probe gets no frames')
    },
    pack: () => ({ bytes: new Uint8Array(0), start: 0, end: 0 }),
    packWire: () => ({ bytes: new Uint8Array(0), start: 0, end: 0 }),
    decode() {
      throw new Error('a probe gets no frames')
    },
  }
}
