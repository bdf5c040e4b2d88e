// What a system, a simulation, a turn and a goroutine offer alike, and how one says where something shall stand. What it
// does is in core/hosting.ts.
//
// In a turn or a goroutine, what is spawned or started is a child: it stands beside its parent unless told otherwise, and
// ends with it. A system's has no parent, and stands on the least loaded thread.
import type { AnyBehavior, Behavior } from './behavior.ts'
import type { Channel, ChannelOptions } from './channel.ts'
import type { Goroutine, Start, Task } from './goroutine.ts'
import type { Moved } from './moved.ts'
import type { Offload } from './offload.ts'
import type { AnyRef, Ref } from './ref.ts'

export interface Thread {
  readonly thread: number
}
export interface Node {
  readonly node: string
  readonly thread?: number | undefined
}
export type Place = Thread | Node
/** A thread as events tell of it; of this process where no node is named. */
export interface Spot extends Thread {
  readonly node?: string
}
/** The n-th thread of this process's system; 0 is the one that created it. */
export function thread(n: number): Thread {
  return { thread: n }
}
/** A process of the cluster, by its name: the least loaded of its threads, or the n-th. */
export function node(name: string, n?: number): Node {
  return n === undefined ? { node: name } : { node: name, thread: n }
}

export interface SpawnOptions {
  /** Where: beside the parent, or on the least loaded thread, where nothing is said. */
  on?: Place
  /** What others look it up by. While another actor of this behavior has it, the spawn fails with NameTaken. */
  name?: string
  /**
   * Whether it stays where it is while the system balances itself (createSystem: balance). Where nothing is said, what was
   * placed by `on`, or by a move, stays. Goroutines always do.
   */
  pinned?: boolean
  /** For a child of a router: the ref with a route that leads to it. It is its `ctx.self`, and has its `ctx.key` (hosted.ts). */
  as?: AnyRef
}
/** (init, options?); a behavior without an init: (undefined?, options?). */
export type SpawnArgs<Init extends unknown[], O = SpawnOptions> = [] extends Init
  ? [init?: Init[0], options?: O]
  : [init: Init[0], options?: O]

export interface Hosting {
  /** A channel, with Go's semantics: unbuffered unless it has a capacity. Throws InvalidCall or SystemClosed. */
  channel<T>(options?: ChannelOptions): Channel<T>
  /**
   * Starts a goroutine, as Go's `go worker(jobs, done)`, with copies of its arguments; gives its Task at once. What is wrong
   * with the call is thrown: InvalidCall, NotSendable, MailboxFull where the way to its thread is at its limit, SystemClosed.
   * Whatever is known only later rejects `task.done`.
   */
  go<R, M>(start: Start<R, M>, options?: SpawnOptions): Task<R, M>
  go<A extends unknown[], R, M>(goroutine: Goroutine<A, R, M>, ...args: A): Task<R, M>
  /** Runs a function beside the actors, on the pool's own threads. Rejects with what it throws. */
  run<A extends unknown[], R>(work: Offload<A, R>, ...args: { [K in keyof A]: A[K] | Moved<A[K]> }): Promise<Awaited<R>>
  /** Spawns a child; what is sent to it waits for its start. Throws MailboxFull when the way to its thread is at its limit,
   *  NotSendable, InvalidCall or SystemClosed. */
  spawn<I extends unknown[], S, H>(b: Behavior<I, S, H>, ...args: SpawnArgs<I>): Ref<Behavior<I, S, H>>
  /** The actor of that behavior and name, if there is one. */
  lookup<B extends AnyBehavior>(b: B, name: string): Promise<Ref<B> | undefined>
}
