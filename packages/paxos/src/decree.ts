// One node's part in one decree: acceptor, proposer and learner together, as a step from an event to effects. Whoever hosts it
// has the network, the disk and the clock, and does the effects of all calls in one order: a `persist` is on disk before any `send`
// behind it, also one of a later call. (An `accept` that comes twice is answered twice, and stored once.)
//
// Invariants: once a value is known to be decided it stays, and whoever asks about the decree is told that instead. Messages may be
// lost, doubled or late; so while a value is wanted and not decided, there is always a `wake` to come. A life of a node that starts
// again has the acceptor's state of the one before, and another name.
import { type AcceptorState, answered } from './acceptor.ts'
import type { Answer, Decided, Message, Request } from './messages.ts'
import { PaxosError } from './paxos-error.ts'
import { heard, hurry, newProposer, type Proposed, type ProposerState } from './proposer.ts'
import type { Quorums } from './quorum.ts'

export type Effect<Value> =
  | { readonly do: 'persist'; readonly state: AcceptorState<Value> }
  | { readonly do: 'send'; readonly to: string; readonly message: Message<Value> }
  | { readonly do: 'decided'; readonly value: Value }
  /** Call `hurry` after so many ms, unless it is decided by then. */
  | { readonly do: 'wake'; readonly ms: number }

export interface DecreeOptions<Value> {
  /** This member, as messages are addressed to it. */
  readonly member: string
  /** This life of it: no other life, of it or of another, has the same. */
  readonly life: string
  readonly quorums: Quorums
  /** What an earlier life has persisted last. */
  readonly state?: AcceptorState<Value>
  /** From 0 to 1: how long it waits until it tries again is by chance, so that two do not outbid each other for ever. */
  readonly random: () => number
  /** ms, the least that it waits for answers; 50. */
  readonly patience?: number
}

const PATIENCE = 50
/** Each attempt may take twice as long as the one before, so often. */
const DOUBLINGS = 6

export class Decree<Value> {
  readonly #options: DecreeOptions<Value>
  #acceptor: AcceptorState<Value>
  #proposer: ProposerState<Value> | undefined = undefined
  #attempts = 0
  #decided: Decided<Value> | undefined = undefined

  /** Throws `not-a-member` where the member has no vote. */
  constructor(options: DecreeOptions<Value>) {
    const { member, quorums } = options
    if (!quorums.members.includes(member)) {
      throw new PaxosError('not-a-member', `'${member}' is not among the acceptors ${quorums.members.join(', ')}`)
    }
    this.#options = options
    this.#acceptor = options.state ?? {}
  }

  /** What has been decided, as far as this node knows. */
  get decided(): { readonly value: Value } | undefined {
    return this.#decided
  }

  /** Wants a value decided. Another one may be: what is decided comes as an effect. A second wish changes nothing. */
  propose(value: Value): Effect<Value>[] {
    if (this.#decided !== undefined) return [{ do: 'decided', value: this.#decided.value }]
    if (this.#proposer !== undefined) return []
    this.#proposer = newProposer(value)
    return this.hurry()
  }
  /** So much time has gone by since the last attempt. */
  hurry(): Effect<Value>[] {
    if (this.#decided !== undefined || this.#proposer === undefined) return []
    const { life, random, patience = PATIENCE } = this.#options
    const ms = patience * 2 ** Math.min(this.#attempts++, DOUBLINGS) * (1 + random())
    return [...this.#go(hurry(this.#proposer, life)), { do: 'wake', ms }]
  }
  /** A member has said something. */
  receive(from: string, message: Message<Value>): Effect<Value>[] {
    switch (message.kind) {
      case 'decided':
        return this.#learn(message.value)
      case 'prepare':
      case 'accept':
        return this.#asked(from, message)
      default:
        return this.#answered(from, message)
    }
  }

  #asked(from: string, request: Request<Value>): Effect<Value>[] {
    if (this.#decided !== undefined) return [{ do: 'send', to: from, message: this.#decided }]
    const { state, answer } = answered(this.#acceptor, request)
    const isNew = state !== this.#acceptor
    this.#acceptor = state
    return [
      ...(isNew ? [{ do: 'persist' as const, state }] : []),
      ...(answer === undefined ? [] : [{ do: 'send' as const, to: from, message: answer }]),
    ]
  }
  #answered(from: string, answer: Answer<Value>): Effect<Value>[] {
    if (this.#proposer === undefined || this.#decided !== undefined) return []
    return this.#go(heard(this.#proposer, from, answer, this.#options.quorums))
  }
  #go({ state, request }: Proposed<Value>): Effect<Value>[] {
    this.#proposer = state
    if (state.phase === 'decided')
      return [...this.#toAll({ kind: 'decided', value: state.value }), ...this.#learn(state.value)]
    return request === undefined ? [] : this.#toAll(request)
  }
  /** To this member, too: its own vote goes the way of all others. */
  #toAll(message: Message<Value>): Effect<Value>[] {
    return this.#options.quorums.members.map(to => ({ do: 'send', to, message }))
  }
  #learn(value: Value): Effect<Value>[] {
    if (this.#decided !== undefined) return []
    this.#decided = { kind: 'decided', value }
    return [{ do: 'decided', value }]
  }
}
