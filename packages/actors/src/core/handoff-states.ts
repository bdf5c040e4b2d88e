// The states of a move, and what a standing may ask of its thread. standing.ts moves between them.
//
// A move: the source offers a packed actor and goes on keeping its mailbox; the target makes it ready; the source sends the
// mailbox, and then commits, which alone makes the copy over there live. From then on the source passes on whatever still
// comes. docs/moving.md has the glossary, the table of messages, and the diagram of these states.
/**
 * away: elsewhere. arriving: its copy is here, not live. here: live. leaving: live, but begins no turn until its offer is answered.
 * given: the copy over there is the live one; this one is kept until that has been heard.
 */
export type Phase = 'away' | 'arriving' | 'here' | 'leaving' | 'given'

export type Step =
  | 'offered'
  | 'committed'
  | 'cancelled'
  | 'offer'
  | 'commit'
  | 'rollBack'
  | 'heard'
  | 'returned'
  | 'superseded'

/** From which phase to which; what is not listed is a fault in the protocol. */
export const steps: Readonly<Record<Phase, Partial<Record<Step, Phase>>>> = {
  away: { offered: 'arriving' },
  arriving: { committed: 'here', cancelled: 'away' },
  here: { offer: 'leaving', superseded: 'away' },
  leaving: { commit: 'given', rollBack: 'here', superseded: 'away' },
  given: { heard: 'away', returned: 'here' },
}

/** What a fence is for: a stream's change of way; its end, as it is to be forgotten; or to tell somebody that all before it has been taken in. */
export type FenceKind = 'way' | 'end' | 'mark'
/** How it is answered; `gone`: the actor has ended, as its origin knows, and nothing of it needs to be kept anywhere. */
export type FenceAnswer = FenceKind | 'gone'

/** What a standing asks of its thread, in this order. */
export type Effect =
  /** Down the way of the stream, behind all of it. */
  | { do: 'fence'; to: number; stamp: number; kind: FenceKind; ticket: number }
  /** To a thread that may not know it yet. */
  | { do: 'tell'; to: number; place: number; epoch: number }
  /** The origin to the actor's place: its stream goes there. */
  | { do: 'known'; to: number; epoch: number }
  /** To who stands in for its place, which is lost: where is it? */
  | { do: 'ask'; to: number; epoch: number }
  /** What is held can go. */
  | { do: 'flush' }
  /** Nothing of it needs to be kept. */
  | { do: 'forget' }
  | { do: 'drop' }
