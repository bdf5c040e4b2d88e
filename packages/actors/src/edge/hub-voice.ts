// What the hub gives to the threads of its process: frames of other nodes, and calls of its own.
//
// Invariant: behind each frame is one word more, which says who it is from, or that it could not be delivered (far-lanes.ts). None is
// refused: how much may wait is seen to by who sends (hub.ts).
import { operationNames } from '../core/actor-calls.ts'
import * as frame from '../core/frame.ts'
import { HUB } from '../core/places.ts'
import type { Codec } from './codec.ts'
import type { HubLanes } from './hub.ts'

const SCRATCH = 64 * 1024

export class HubVoice {
  readonly #lanes: HubLanes
  readonly #codec: Codec
  #bytes = new Uint8Array(SCRATCH)
  #words = new Int32Array(this.#bytes.buffer)

  constructor(lanes: HubLanes, codec: Codec) {
    this.#lanes = lanes
    this.#codec = codec
  }

  /** A frame of `length` bytes, the last word among them, which becomes `last`. */
  pass(thread: number, bytes: Uint8Array, at: number, length: number, last: number, system: boolean): void {
    this.#reserve(length)
    this.#bytes.set(bytes.subarray(at, at + length))
    this.#words[0] = length
    this.#words[(length - 4) >> 2] = last
    this.#lanes.post(thread, this.#bytes, length, system, true)
    this.#shrink()
  }

  /** A call (core/thread-calls.ts) that no other thread may make, to all threads. */
  tellAll(operation: string, args: unknown): void {
    const lanes = this.#lanes
    for (let thread = 0; thread < lanes.lives; thread++) if (!lanes.gone(thread)) this.#tell(thread, operation, args)
  }
  #tell(thread: number, operation: string, args: unknown): void {
    const { bytes, start, end } = this.#codec.pack(args)
    const at = frame.HEADER_WORDS * 4
    const length = (at + end - start + 3) & ~3
    this.#reserve(length + 4)
    const words = this.#words
    words[0] = length + 4
    words[1] = frame.headWord(length - at - end + start, frame.CALL, 0, 0, 1, frame.PACKED)
    words[2] = words[3] = 0
    words[4] = operationNames.indexOf(operation)
    words[5] = -1
    this.#bytes.set(bytes.subarray(start, end), at)
    words[length >> 2] = HUB
    this.#lanes.post(thread, this.#bytes, length + 4, true)
    this.#shrink()
  }

  #reserve(bytes: number): void {
    if (bytes > this.#bytes.length) this.#resize(2 ** Math.ceil(Math.log2(bytes)))
  }
  /** One large frame must not keep its memory. */
  #shrink(): void {
    if (this.#bytes.length > SCRATCH) this.#resize(SCRATCH)
  }
  #resize(size: number): void {
    this.#bytes = new Uint8Array(size)
    this.#words = new Int32Array(this.#bytes.buffer)
  }
}
