// What the nodes of an exploration (explore-nodes.ts) take: its program, and what befalls them. s tells or asks an actor that a has
// spawned, and a moves it to b, and perhaps back.
//
// Invariant: an input is data, and the same text for the same input: so it is known what a node makes of it once it has done it.
import { operationNames } from '../../src/core/actor-calls.ts'
import { ActorRef } from '../../src/core/actor-ref.ts'
import * as frame from '../../src/core/frame.ts'
import * as handoff from '../../src/core/handoff-frame.ts'
import { assertNever } from '../../src/core/platform.ts'
import { protocolText } from '../../src/core/protocol.ts'
import { TroupeError } from '../../src/index.ts'
import { ExploredNode, type Sent } from './explore-node.ts'
import { type Mover, mover } from './sim-actors.ts'

export const NODES = ['s~1', 'a~1', 'b~1'] as const
export const [S, A, B] = [0, 1, 2]

/** ms by which a wait is longer than any deadline. */
const SPARE = 100

export type Input =
  | { readonly do: 'tell' | 'ask' | 'move' | 'move back' | 'wait' }
  | { readonly do: 'take'; readonly from: number; readonly sent: Sent }
  | { readonly do: 'see'; readonly other: number; readonly state: 'up' | 'suspect' }
  | { readonly do: 'lose'; readonly other: number; readonly acknowledged: number }

/** A node with its part of the program. */
export class ProgramNode extends ExploredNode {
  #sent = 0
  /** What it has asked for: how often, and how that ended. */
  begun = 0
  readonly ends: string[] = []

  async begin(): Promise<this> {
    for (const id of NODES) if (id !== this.id) await this.take(() => this.sees(id, 'up'))
    if (this.id === NODES[A])
      await this.take(() => this.core.spawning.root(mover as never, undefined, { on: { thread: 0 } }))
    return this
  }
  get #ref(): Mover {
    const { core, world } = this
    const home = core.places.number(`${NODES[A]}/0`)
    const protocol = core.behaviors.protocol(world.protocols.intern(protocolText(mover as never)))
    return new ActorRef(core.address(protocol, home, home, 1), undefined) as unknown as Mover
  }
  /** Takes an input. */
  does(input: Input): Promise<void> {
    return this.take(() => this.#apply(input), input.do === 'wait' ? this.core.limits.askDeadline + SPARE : undefined)
  }
  #apply(input: Input): void {
    switch (input.do) {
      case 'tell':
        return this.#ref.tell.note('s', ++this.#sent)
      case 'ask':
        return this.#awaits(() => this.#ref.ask.note('s', ++this.#sent))
      case 'move':
        return this.#awaits(() => this.#ref.move({ node: 'b', thread: 0 }))
      case 'move back':
        return this.#awaits(() => this.#ref.move({ node: 'a', thread: 0 }))
      case 'wait':
        return // `does` lets the time pass
      case 'take':
        return this.receive(NODES[input.from]!, input.sent)
      case 'see':
        return this.sees(NODES[input.other]!, input.state)
      case 'lose':
        return this.loses(NODES[input.other]!, input.acknowledged)
      default:
        return assertNever(input)
    }
  }
  #awaits(run: () => Promise<unknown>): void {
    this.begun++
    void Promise.try(run).then(
      () => this.ends.push('done'),
      (error: unknown) => this.ends.push(error instanceof TroupeError ? error.code : `strange: ${String(error)}`),
    )
  }
}

export function madeNode(at: number): Promise<ProgramNode> {
  const id = NODES[at]!
  const others = NODES.filter(other => other !== id)
  return new ProgramNode(id, others).begin()
}

export function inputKey(input: Input): string {
  if (input.do !== 'take') return JSON.stringify(input)
  return `${input.from} ${input.sent.map(([kind, bytes]) => `${kind} ${Buffer.from(bytes).toString('hex')}`).join()}`
}
export function wordsOf(input: Input): string {
  switch (input.do) {
    case 'tell':
    case 'ask':
    case 'move':
    case 'move back':
    case 'wait':
      return input.do
    case 'take':
      return `takes ${shown(input.sent)} from ${NODES[input.from]}`
    case 'see':
      return `sees ${NODES[input.other]} as ${input.state}`
    case 'lose':
      return `loses ${NODES[input.other]}, which has acknowledged ${input.acknowledged}`
    default:
      return assertNever(input)
  }
}

/** The kind of the frame that was sent, and its operation; -1 where it is none. */
function sortOf(sent: Sent): [kind: number, op: number] {
  const [, bytes] = sent.at(-1)!
  if (bytes.length < frame.HEADER_WORDS * 4) return [-1, -1]
  const words = new Int32Array(bytes.slice().buffer, 0, bytes.length >> 2)
  return [frame.kindIn(words[1]!), words[4]! & 0xffff]
}
/** Whether the message is in it, or an actor with what it has heard. */
export function isMessage(sent: Sent): boolean {
  const [kind, op] = sortOf(sent)
  return kind === frame.TELL || kind === frame.ASK || (kind === frame.HANDOFF && op === handoff.OFFER)
}
/** What a frame is, in a trace. */
function shown(sent: Sent): string {
  const [kind, op] = sortOf(sent)
  const [names, value] = kind === frame.HANDOFF ? [handoff, op] : [frame, kind]
  const name = Object.entries(names).find(([, one]) => one === value)?.[0] ?? 'a record'
  return kind === frame.CALL ? `${name} ${operationNames[op]}` : name
}
