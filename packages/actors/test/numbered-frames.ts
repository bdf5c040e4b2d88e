// Frames for tests of lanes: each says its kind and number, and every byte behind these follows from them, so that a frame
// that was torn, mixed up or overwritten is recognized.

import type { Receive } from '../src/edge/lane.ts'

const SMALLEST = 16

export interface Numbered {
  readonly kind: number
  readonly number: number
  readonly length: number
  readonly from: number
}

/** Writes frames into one scratch buffer, as an encoder would. */
export class NumberedFrames {
  readonly scratch: Uint8Array
  readonly #words: Int32Array

  constructor(longest: number) {
    this.scratch = new Uint8Array((longest + 7) & ~7)
    this.#words = new Int32Array(this.scratch.buffer)
  }

  write(kind: number, number: number, length: number): Uint8Array {
    this.#words[0] = length
    this.#words[1] = kind
    this.#words[2] = number
    this.#words[3] = ~number
    for (let i = SMALLEST; i < length; i++) this.scratch[i] = body(number, i)
    return this.scratch
  }
}

/** A receiver that checks every byte and hands on what the frame says. */
export function numbered(take: (frame: Numbered) => void): Receive {
  return (bytes, words, start, length, from) => {
    const at = start >> 2
    const kind = words[at + 1] as number
    const number = words[at + 2] as number
    if (words[at] !== length) throw new Error(`frame ${number} says ${words[at]} bytes and came as ${length}`)
    if (words[at + 3] !== ~number) throw new Error(`frame ${number} is torn in its header`)
    for (let i = SMALLEST; i < length; i++) {
      if (bytes[start + i] !== body(number, i))
        throw new Error(`frame ${number} of ${length} bytes is torn at byte ${i}`)
    }
    take({ kind, number, length, from })
  }
}

function body(number: number, i: number): number {
  return (number * 31 + i * 7) & 255
}
