// What the threads of the exploration say to each other: what core/handoff-frame.ts lists, as plain data, and the programs
// that they run.
//
// Invariant: none of these is ever changed, so states can share them.
import type { FenceKind } from '../../src/core/handoff-states.ts'

/** A small program over actors that move. Actors and threads are numbered. */
export interface Program {
  readonly threads: number
  /** The thread on which each actor is spawned. */
  readonly homes: readonly number[]
  /** To whom each actor sends, one message after the other. */
  readonly sends: readonly (readonly number[])[]
  /** Where each actor moves, one move after the other. */
  readonly moves: readonly (readonly number[])[]
  /** Any move may be taken back before it is answered. */
  readonly late?: boolean
  /** Threads ask about actors that neither send nor move any more, too: nobody waits for the answers. */
  readonly allRounds?: boolean
  /** How often each thread may look for standings to forget. */
  readonly rests?: number
}

export interface Message {
  readonly is: 'message'
  readonly to: number
  readonly by: number
  /** Counts what its sender has sent to that actor. */
  readonly n: number
}
/** Whose it is: a standing's own, by its ticket; a round's; or, by the epoch of its stay, that of an actor which wakes. */
export type Ticket =
  | { readonly of: 'stream'; readonly ticket: number }
  | { readonly of: 'round'; readonly ticket: number }
  | { readonly of: 'waking'; readonly actor: number; readonly epoch: number; readonly ticket: number }
export interface Fence {
  readonly is: 'fence'
  readonly to: number
  readonly from: number
  readonly kind: FenceKind
  readonly ticket: Ticket
}
/** What finds an actor wherever it is. */
export type Traveller = Message | Fence

/** An actor on its way: what it has handled, by sender, and how far it is in its programs. */
export interface Packed {
  readonly handled: readonly number[]
  readonly sent: number
  readonly moved: number
}

/** About an offer: to it, or that it is taken back. */
export interface Answer {
  readonly is: 'ready' | 'refused' | 'cancel'
  readonly actor: number
  readonly move: number
}

export type Frame =
  | { readonly is: 'on'; readonly stamp: number; readonly what: Traveller }
  | {
      readonly is: 'fenced'
      readonly actor: number
      readonly kind: FenceKind
      readonly ticket: Ticket
      readonly epoch: number
    }
  | { readonly is: 'moved'; readonly actor: number; readonly place: number; readonly epoch: number }
  | { readonly is: 'known'; readonly actor: number; readonly epoch: number }
  | { readonly is: 'offer'; readonly actor: number; readonly epoch: number; readonly packed: Packed }
  | Answer
  | { readonly is: 'commit'; readonly actor: number; readonly epoch: number; readonly knowers: readonly number[] }
  | { readonly is: 'settled'; readonly actor: number }
  | { readonly is: 'mark'; readonly actor: number; readonly ticket: Ticket }
  | { readonly is: 'flush' | 'flushed'; readonly ticket: number }
