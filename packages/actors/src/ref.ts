// The type of a ref: what can be asked of an actor, inferred from its behavior or written as an interface. Types only; the
// running ref is core/actor-ref.ts.
//
// Invariants: a method's arguments are those of its handler without `ctx`, its reply the handler's with promises and late
// replies unwrapped; an argument that cannot travel makes the method one that cannot be called.
import type { ActorId } from './core/errors.ts'
import type { Behavior, Later } from './behavior.ts'
import type { Place } from './hosting.ts'

/** What a ref can be asked: method → (arguments) => reply. B is `typeof someBehavior` or an interface of such methods. */
export type ProtocolOf<B> =
  B extends Behavior<any, any, infer H>
    ? {
        readonly [K in keyof H]: H[K] extends (ctx: any, ...args: infer A) => infer R
          ? (...args: A) => ReplyOf<R>
          : never
      }
    : B
/** A handler's reply: promises and deferred replies unwrapped. */
export type ReplyOf<R> = Awaited<R> extends infer V ? (V extends Later<infer T> ? T : V) : never

type Unsendable = ((...args: any[]) => unknown) | symbol | PromiseLike<unknown> | AbortSignal
type IsAny<T> = 0 extends 1 & T ? true : false
type Sends<A extends unknown[], R> =
  IsAny<A[number]> extends true
    ? (...args: A) => R
    : [Extract<A[number], Unsendable>] extends [never]
      ? (...args: A) => R
      : CannotBeSent<Extract<A[number], Unsendable>>
/** The type of a method that cannot be called through a ref, because one of its arguments cannot travel. */
export interface CannotBeSent<T> {
  readonly 'this argument cannot travel in a message': T
}
export type Asks<P> = {
  readonly [K in keyof P]: P[K] extends (...args: infer A) => infer R ? Sends<A, Promise<ReplyOf<R>>> : never
}
export type Tells<P> = { readonly [K in keyof P]: P[K] extends (...args: infer A) => unknown ? Sends<A, void> : never }

/** What a method of a ref takes; nothing where it cannot be called. */
export type ArgumentsOf<B, M extends keyof ProtocolOf<B>> = Tells<ProtocolOf<B>>[M] extends (
  ...args: infer A
) => unknown
  ? A
  : [Tells<ProtocolOf<B>>[M]]

export interface AskOptions {
  /** ms to wait for the reply; 5,000 where the system says nothing else. */
  deadline?: number | undefined
  /** Aborting it ends the wait with Aborted. */
  signal?: AbortSignal | undefined
}

/**
 * `Ref<typeof counter>` or `Ref<Counter>` (an interface). A ref to more methods is assignable to a ref to fewer.
 * Plain data: put it in a message or in state, compare it by `id`.
 */
export interface Ref<B> {
  readonly id: ActorId
  /** Sends and never waits. What cannot be delivered becomes a dead letter; throws NotSendable. */
  readonly tell: Tells<ProtocolOf<B>>
  /** Sends and gives the reply. Rejects with a TroupeError, whose `ran` says whether the handler ran. */
  readonly ask: Asks<ProtocolOf<B>>
  /** The same ref with a deadline in ms, an AbortSignal, or both, for its asks. */
  with(options: AskOptions): Ref<B>
  /**
   * Moves the actor, with its state, mailbox, timers and watches, to another thread, after its current turn; resolves when it
   * is there. The ref, and all others to it, stay valid. Rejects with MoveFailed where it goes on as it was, or ActorStopped.
   */
  move(to: Place): Promise<void>
  /** Resolves when all that was sent before has been taken in and the mailbox is at most half full. */
  ready(): Promise<void>
  /**
   * Stops the actor after its current turn, or with `drain` after its mailbox; resolves when it has stopped. Called by
   * the actor itself, it resolves at once.
   */
  stop(how?: { drain?: boolean }): Promise<void>
}
export type RefOf<B extends Behavior<any, any, any>> = Ref<ProtocolOf<B>>
export type AnyRef = Ref<{}>
