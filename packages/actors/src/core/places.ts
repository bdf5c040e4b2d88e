// How threads of all nodes are called: by numbers within this process, by texts between processes, in words for people.
//
//   number   below FIRST_FAR: one of this process's threads; above: position in a table of texts that its threads share
//   text     `name~incarnation/thread`: the same everywhere; `name~incarnation` is the node's id
//
// Invariants: a text has one number in a process, for ever, and no other text has it; a life of a node's process has an
// incarnation of its own, so what was sent to an earlier one can never be taken for this one's.
import { FIRST_FAR } from './address.ts'
import { InvalidCall } from './errors.ts'
import type { Symbols } from './platform.ts'

/** The last number there is room for in a frame. */
const LAST_FAR = 65_535
/** Instead of a thread: the one through which a process speaks with others; no actors live there. */
export const HUB = FIRST_FAR - 1

/** Which node a process is, and where it has numbered the threads of others. */
export interface NodeIdentity {
  /** `name~incarnation` */
  readonly id: string
  readonly places: Symbols
}

export class Places {
  /** Undefined in a process that is no node. */
  readonly #self: NodeIdentity | undefined
  readonly #texts = new Map<number, string>()

  constructor(self: NodeIdentity | undefined) {
    this.#self = self
  }

  /** This node's id; empty where it is none. */
  get self(): string {
    return this.#self?.id ?? ''
  }

  /** What a thread is called everywhere. */
  text(thread: number): string {
    const known = this.#texts.get(thread)
    if (known !== undefined) return known
    const text =
      thread >= FIRST_FAR
        ? this.#self!.places.text(thread - FIRST_FAR)
        : this.#self
          ? `${this.self}/${thread}`
          : `${thread}`
    this.#texts.set(thread, text)
    return text
  }
  /** The number of a text that another process has sent; it is checked. Throws InvalidCall where there is no room for more. */
  number(text: string): number {
    const at = text.lastIndexOf('/')
    if (text.slice(0, at) === this.self) return Number(text.slice(at + 1))
    const number = FIRST_FAR + this.#self!.places.intern(text)
    if (number > LAST_FAR)
      throw new InvalidCall(`no more threads of other nodes can be told apart: ${LAST_FAR - FIRST_FAR} have been`)
    return number
  }
  /** The id of the node that a thread is of. */
  node(thread: number): string {
    return thread < FIRST_FAR ? this.self : this.text(thread).slice(0, this.text(thread).lastIndexOf('/'))
  }
  /** The threads of another node that have numbers here. */
  *of(id: string): Iterable<number> {
    const { places } = this.#self!
    for (let at = 0; at < places.length; at++) if (places.text(at).startsWith(`${id}/`)) yield FIRST_FAR + at
  }
  /** As users say it. */
  place(thread: number): { thread: number; node?: string } {
    if (thread < FIRST_FAR) return { thread }
    return { node: nameOf(this.node(thread)), thread: Number(this.text(thread).slice(this.node(thread).length + 1)) }
  }
  /** For an error. */
  words(thread: number): string {
    const place = this.place(thread)
    return `thread ${place.thread}${place.node === undefined ? '' : ` of node ${place.node}`}`
  }
}

/** The name in a node's id. */
export function nameOf(id: string): string {
  return id.slice(0, id.lastIndexOf('~'))
}
