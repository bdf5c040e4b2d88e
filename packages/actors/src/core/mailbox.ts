// The messages that wait for one actor: a growing ring of slots, four to a message (head, from, argument, bytes), so that
// a message costs no object of its own. An idle actor has no mailbox: they are pooled by the thread.
//
// Invariants: slots outside [head, head + count) are undefined, so nothing is kept alive; `bytes` is the sum of the
// waiting messages' bytes. The bounds are the cell's to check, before `push`.
import type { Asker } from './ask.ts'
import type { Address } from './address.ts'

/** What a message's `from` may be: the ask that waits for the reply, or who told. */
export type From = Asker | Address | undefined

/** A message taken out of a mailbox: whoever takes it gives the object that it is written to. */
export interface Taken {
  head: number
  from: From
  argument: unknown
}

const STRIDE = 4
const SMALLEST = 4 * STRIDE

// The head of a message: the method's number above, how the argument is held below.
export const ONE_ARGUMENT = 1
export const MANY_ARGUMENTS = 2 // the argument is an array of them
export const PARCEL = 4 // the argument is a Parcel: msgpack not yet decoded
export const ASKED = 8 // `from` is an Asker
export const TIMED = 16 // the argument is an OwnCall, which may have been cancelled since
export const METHOD_SHIFT = 5

/** Arguments that came in a frame and are decoded when their turn comes, so that they can be passed on as they are. */
export class Parcel {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.end = end
  }
}

export class Mailbox {
  #slots: unknown[] = new Array<unknown>(SMALLEST).fill(undefined)
  #first = 0
  #mask = SMALLEST - 1
  count = 0
  bytes = 0

  push(head: number, from: From, argument: unknown, bytes: number): void {
    if (this.count * STRIDE > this.#mask) this.#grow()
    const slots = this.#slots
    const at = (this.#first + this.count * STRIDE) & this.#mask
    slots[at] = head
    slots[at + 1] = from
    slots[at + 2] = argument
    slots[at + 3] = bytes
    this.count++
    this.bytes += bytes
  }

  /** Takes the oldest message into `into`; there must be one. */
  take(into: Taken): void {
    const slots = this.#slots
    const at = this.#first
    into.head = slots[at] as number
    into.from = slots[at + 1] as From
    into.argument = slots[at + 2]
    this.bytes -= slots[at + 3] as number
    slots[at + 1] = undefined
    slots[at + 2] = undefined
    this.#first = (at + STRIDE) & this.#mask
    this.count--
  }

  /** The head of the oldest message; there must be one. */
  peek(): number {
    return this.#slots[this.#first] as number
  }

  /** Whether it is small enough to be kept in a pool. */
  get small(): boolean {
    return this.#mask < 64 * SMALLEST
  }

  #grow(): void {
    const old = this.#slots
    const size = old.length
    const first = this.#first
    const grown = new Array<unknown>(size * 2).fill(undefined)
    for (let i = 0; i < size; i++) grown[i] = old[(first + i) & (size - 1)]
    this.#slots = grown
    this.#first = 0
    this.#mask = size * 2 - 1
  }
}
