// `moved(bytes)`: hands bytes to whoever gets them, instead of a copy.
//
// Invariant: a Moved stands for its bytes as a whole argument of `run`, or a whole value sent over a channel; anywhere else
// (in an object, an array, a message) it is refused with NotSendable.
import { MovedBytes } from './core/moved.ts'

/** Bytes that will be handed over. */
export interface Moved<T> {
  readonly '~moved': T
}

/**
 * Hands the bytes over when it is sent: `ctx.run(resize, moved(image), 128)`. From then on the sender's view, and every
 * other view over the same buffer, is detached: its length is 0. A view over only a part of its buffer is copied instead,
 * and stays as it was; small Buffers of Node.js are such views.
 * Throws InvalidCall where there is nothing to hand over: shared memory, a resizable buffer, bytes that have gone already.
 */
export function moved<T extends ArrayBuffer | ArrayBufferView>(bytes: T): Moved<T> {
  return new MovedBytes(bytes) as unknown as Moved<T>
}
