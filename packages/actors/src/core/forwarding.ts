// `ctx.forward`: the message of a turn goes on to another actor, which answers whoever has asked.
//
// Invariants: sender, deadline, call chain and abort stay those of the message, and from then on nobody waits for the turn
// that has forwarded it. What one actor forwards to another goes the way of its tells, in one order with them: into a
// mailbox of this thread, or as a frame that is routed in the name of the thread that has asked (Messaging.forward).
// Whatever is wrong with the call is thrown before the message has gone, so it is still this turn's to answer.
import { ActorRef } from './actor-ref.ts'
import type { Cell } from './cell.ts'
import { InvalidCall } from './errors.ts'
import { ASKED } from './mailbox.ts'
import type { Turn } from './turn.ts'

/** Throws InvalidCall or NotSendable. */
export function forward(cell: Cell, turn: Turn | undefined, ref: unknown, method: unknown, args: unknown[]): void {
  const { id } = cell.address
  const wrong = (why: string): InvalidCall => new InvalidCall(`${id}: forward ${why}`, { actor: id })
  if (!(ref instanceof ActorRef)) throw wrong('needs a ref: forward(ref, method, ...args)')
  if (typeof method !== 'string') throw wrong('needs the name of a method: forward(ref, method, ...args)')
  if (turn === undefined || turn.ended || turn.after !== undefined) {
    throw wrong('outside of a message’s turn: call it in a handler, before that has ended')
  }
  if (turn.fate === 'forwarded') throw answeredElsewhere(cell)
  if (turn.fate === 'later') throw wrong('after ctx.later(): whoever holds that gives the reply')
  if (ref.address.equals(cell.address)) throw wrong('to itself: the message would come back for ever')
  const asked = (turn.head & ASKED) !== 0
  ref.sendForward(cell, turn.from, asked, method, args)
  turn.forwarded()
}

/** The turn's message is another actor's to answer by now. */
export function answeredElsewhere({ address: { id } }: Cell): InvalidCall {
  return new InvalidCall(`${id}: this turn's message has been forwarded, and another actor answers it`, { actor: id })
}
