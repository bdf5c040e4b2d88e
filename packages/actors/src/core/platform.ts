// What one thread's core needs from the world around it. `edge/` gives it on real threads, `testing/` on a virtual
// clock with simulated threads; core itself touches no clock, no randomness, no I/O.
//
// Invariants every platform keeps: frames posted to one thread arrive there in the order posted, system frames possibly
// ahead of user frames; `wake` leads to one later `Scheduler.run`; `wakeAt` to one later `Timers.advance`.
import type { Address } from './address.ts'
import type { BehaviorValue, Source } from './behavior-value.ts'
import type { Job, Outcome } from './offload-job.ts'
import type { NodeIdentity } from './places.ts'

export interface Platform {
  readonly thread: number
  /** Which node of a cluster the process is; undefined where it is none. */
  readonly node?: NodeIdentity | undefined
  /** How many threads the system has at a time, thread 0 included. Their numbers go on, as each is one life. */
  readonly threads: number
  /** How many numbers there have been: all below, of threads that live, are about to or are gone. */
  readonly lives: number
  /** Those that were gone when this thread began. */
  readonly past?: ReadonlySet<number>
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
   * shows it at once, which is cheaper where code outside of any slice sends it and expects no answer. A user frame that
   * is `kept` waits its turn like any other, and is not refused.
   */
  post(to: number, frame: Uint8Array, length: number, system: boolean, alone?: boolean, kept?: boolean): boolean
  /** On thread 0: loads a module, and gives the behaviors that it makes. Rejects with BehaviorUnavailable. */
  module?(url: string): Promise<BehaviorValue[]>
  /** Finds the behavior on this thread, loading its module if need be; rejects with BehaviorUnavailable. */
  load(source: Source): Promise<BehaviorValue>
  /** The thread that takes the next actor: the least loaded. One that is gone, if all are and one of them is `awaited`. */
  place(): number
  /**
   * The thread that is meant by the number of one that may be gone: the last to take its place, or about to. -1: there
   * has been no thread of that number.
   */
  current(thread: number): number
  /** Whether somebody is still to take the place of a thread that is gone. */
  awaited(thread: number): boolean
  /** A thread of another node is lost: what waits for it here comes back (`heirs.returned`). */
  forsake?(thread: number): void
  /** Threads of other nodes may take user frames again. */
  room?(): void
  /** Whether frames of this thread's wait for room on their way; none do where nothing is said. */
  stalled?(): boolean
  /** Actors on this thread have become more or fewer by `change`. */
  hosts(change: number): void
  /** ms of work that this thread has done, whoever's it was; waiting and spinning are none. */
  busy(): number
  /** How full this thread's heap is, from 0 to 1. */
  heap(): number
  /** ms that a turn costs besides what the clock says of it; 0.0002 where nothing is said. */
  readonly turnTime?: number
  emit(event: string, data: unknown): void
  /** Resolves when timers, sockets and other threads' frames have had their turn. */
  rest(): Promise<void>
  /** Whether they have been waiting for long. */
  overdue(): boolean
  /** Operations on channels between two questions whether they have; 64 where nothing is said. */
  readonly pace?: number
  /** Calls once nobody on this thread refers to the object any more; it may never call. */
  watch(object: object, gone: () => void): void
  /** Words that tell others which turn this thread is in (turn-words.ts). */
  readonly turnWords?: Int32Array | undefined
  /** Words that all threads share, for selects that wait on several (claims.ts); which part of them is this thread's. */
  readonly claims: Int32Array
  readonly seat: number
  /** Method names and protocols, numbered alike on all threads. */
  readonly methods: Symbols
  readonly protocols: Symbols
  readonly codec: FrameCodec
  readonly offloading: Offloading
  /** Undefined on thread 0: what it has ends with the process. */
  readonly vault: Vault | undefined
  /** What a lost thread has left in its vault, as it was at some moment; each call reads anew. */
  vaultOf(thread: number): Iterable<VaultRecord>
  /** Forgets that: from then on another thread may write there. */
  emptyVault(thread: number): void
}

/** Memory that a thread alone writes, and that others read once it is lost, whatever it was doing then. */
export interface Vault {
  /**
   * Keeps `bytes[start, end)` as a record, in place of an earlier one (0: none), and gives its handle, which may be another
   * one now. 0 where there is no room: then the earlier one stays as it was.
   */
  put(record: number, kind: RecordKind, actor: Address, bytes: Uint8Array, start: number, end: number): number
  drop(record: number): void
}

/** source: where a behavior is found, for many births. birth: what it takes to spawn an actor again. state: its checkpoint. */
export type RecordKind = 'source' | 'birth' | 'state'

export interface VaultRecord {
  readonly kind: RecordKind
  readonly handle: number
  /** The actor's address. */
  readonly home: number
  readonly birth: number
  readonly serial: number
  readonly protocol: number
  readonly bytes: Uint8Array
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
  /** How many there are by now. */
  readonly length: number
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
  /** The same for other nodes; in a node only. */
  packWire(value: unknown): Packed
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
  /** bytes that an actor's packed state may have when it moves, or in a checkpoint */
  snapshot: number
  /** bytes of a thread's vault */
  vault: number
}
export const defaultLimits: Limits = {
  askDeadline: 5_000,
  turnLimit: 30_000,
  capacity: 65_536,
  bytes: 16 * 1024 * 1024,
  snapshot: 256 * 1024 * 1024,
  vault: 1024 * 1024 * 1024,
}

export function assertNever(value: never): never {
  throw new Error(`unreachable: ${String(value)}`)
}
