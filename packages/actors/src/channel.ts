// Channels, as users see them: types and rules. What they do is in core/ (chan.ts, channel-home.ts).
//
// A channel has Go's semantics, wherever its ends stand: `send` waits while it is full, `receive` while it is empty; with
// capacity 0 the two meet. Values are the receiver's own, as in messages. An end can be sent anywhere, over channels too.
import type { Moved } from './moved.ts'
import type { Case } from './select.ts'

/** A value; or, for good, that there will be none: the channel is closed and drained. */
export type Received<T> =
  | { readonly value: T; readonly done?: undefined }
  | { readonly done: true; readonly value?: undefined }

/** The end from which values come. `for await` ends when the channel is closed and drained, and leaving it closes nothing. */
export interface Receiver<T> extends AsyncIterable<T> {
  /**
   * Waits for a value. Rejects with ThreadLost when nobody is known any more who could send one: the channel's home has
   * ended with its thread, or all other threads that have sent, or not done anything yet, have, and this one has not sent.
   * Rejects with ActorStopped, TurnEnded or SystemClosed when who waits ends.
   */
  receive(): Promise<Received<T>>
  /**
   * A value if there is one, never waiting; undefined if not, or if the channel's home is elsewhere: then it is asked to
   * come, so that who tries again succeeds.
   */
  tryReceive(): Received<T> | undefined
  /** As a case of `select`. */
  receiving(): Case<Received<T>>
}

/** The end into which values go. */
export interface Sender<T> {
  // properties, not methods: so that a Sender<Dog> is no Sender<Animal>
  /**
   * Waits for room, or for a receiver where the capacity is 0. Rejects with ChannelClosed, NotSendable, with ThreadLost
   * when nobody is known any more who could receive, and as `receive` does when who waits ends.
   */
  readonly send: (value: T | Moved<T>) => Promise<void>
  /** Whether it could send without waiting, as far as this thread knows. Throws ChannelClosed and NotSendable. */
  readonly trySend: (value: T | Moved<T>) => boolean
  /** As a case of `select`: the value is copied when the select begins, and sent if the case is chosen. */
  readonly sending: (value: T | Moved<T>) => Case<{}>
  /** Whether it is known here to be closed. */
  readonly closed: boolean
  /** No more will be sent. What has been can still be received. Throws ChannelClosed if it is closed already. */
  close(): void
}

/** Both ends, and each for itself, to give to those who need no more. */
export interface Channel<T> extends Sender<T>, Receiver<T> {
  readonly sender: Sender<T>
  readonly receiver: Receiver<T>
}

export interface ChannelOptions {
  /** Values that may wait between sender and receiver; 0, unless given: the two meet. */
  capacity?: number
  /** What a send does when it is full: `wait` (unless given), or push out the oldest value, or drop its own. */
  overflow?: 'wait' | 'dropOldest' | 'dropNewest'
}
