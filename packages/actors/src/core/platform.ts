// What one thread's core needs from the world around it. `edge/` gives it on real threads, `testing/` on a virtual
// clock with simulated threads; core itself touches no clock, no randomness, no I/O.
//
// Invariants every platform keeps: frames posted to one thread arrive there in the order posted, system frames possibly
// ahead of user frames; `wake` leads to one later `Scheduler.run`; `wakeAt` to one later `Timers.advance`.
import type { BehaviorValue, Source } from './behavior-value.ts'
import type { Job, Outcome } from './offload-job.ts'

export interface Platform {
  readonly thread: number
  /** How many threads the system has, thread 0 included. */
  readonly threads: number
  /** Milliseconds on a clock that only goes forward and is common to all threads; with a fraction. */
  now(): number
  /** Milliseconds since 1970, for people. */
  wall(): number
  /** In [0, 1). */
  random(): number
  wake(): void
  wakeAt(at: number): void
  /**
   * Sends `frame[0, length)`, which may be reused at once. A user frame is refused (false) when the way is at its limit;
   * a system frame never is. It is shown to the other thread with what else is sent in this slice, or microtask; `alone`
   * shows it at once, which is cheaper where code outside of any slice sends it and expects no answer.
   */
  post(to: number, frame: Uint8Array, length: number, system: boolean, alone?: boolean): boolean
  /** Finds the behavior on this thread, loading its module if need be; rejects with BehaviorUnavailable. */
  load(source: Source): Promise<BehaviorValue>
  /** The thread that takes the next actor: the least loaded. */
  place(): number
  /** Actors on this thread have become more or fewer by `change`. */
  hosts(change: number): void
  emit(event: string, data: unknown): void
  /** Resolves when timers, sockets and other threads' frames have had their turn. */
  rest(): Promise<void>
  /** Whether they have been waiting for long. */
  overdue(): boolean
  /** Operations on channels between two questions whether they have; 64 where nothing is said. */
  readonly pace?: number
  /** Calls once nobody on this thread refers to the object any more; it may never call. */
  watch(object: object, gone: () => void): void
  /** Words that all threads share, for selects that wait on several (claims.ts). */
  readonly claims: Int32Array
  /** Method names and protocols, numbered alike on all threads. */
  readonly methods: Symbols
  readonly protocols: Symbols
  readonly codec: FrameCodec
  readonly offloading: Offloading
}

/** How functions are run beside the actors. */
export interface Offloading {
  /** For their arguments and results, which know no system: it refuses refs and the like. */
  readonly codec: FrameCodec
  /** How many run at once. */
  readonly width: number
  /** On thread 0. Rejects with ThreadLost, or when the signal is aborted, which ends the run where it is. */
  run(job: Job, signal: AbortSignal): Promise<Outcome>
  /** Resolves when its threads have ended. */
  close(): Promise<void>
}

/** An append-only table of texts, common to all threads: equal texts have equal numbers. */
export interface Symbols {
  intern(text: string): number
  text(id: number): string
}

/** Where a value stands as msgpack. */
export interface Packed {
  bytes: Uint8Array
  start: number
  end: number
}

export interface FrameCodec {
  /** The value as msgpack; valid until the next call. Throws NotSendable. */
  pack(value: unknown): Packed
  decode(bytes: Uint8Array, start: number, end: number, to: unknown): unknown
  /** Writes an object of short primitives whose shape recurs; gives the end, or -1 for any other object. */
  writeFlat(value: object, target: Uint8Array, at: number): number
  readFlat(bytes: Uint8Array, at: number): unknown
}

/** Limits that a system sets for all its actors; a behavior or a call may set its own. */
export interface Limits {
  /** ms an ask waits for its reply */
  askDeadline: number
  /** ms a turn may take */
  turnLimit: number
  /** messages in a mailbox */
  capacity: number
  /** bytes in a mailbox */
  bytes: number
}
export const defaultLimits: Limits = {
  askDeadline: 5_000,
  turnLimit: 30_000,
  capacity: 65_536,
  bytes: 16 * 1024 * 1024,
}

export function assertNever(value: never): never {
  throw new Error(`unreachable: ${String(value)}`)
}
