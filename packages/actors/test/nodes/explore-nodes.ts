// Takes all steps of three nodes in every order: s tells or asks an actor, which moves from a to b and perhaps back, while one of the
// two may be lost, or cannot be reached for a while, at any moment.
//
// Invariants: a step of a node depends on nothing but the node and what it takes, so that it is done once by the real code and is a
// look-up ever after; a state of all is a row of three numbers, and whether a node is lost. What a node has sent and another has
// not taken is in that row, too: the one has sent so much, the other has taken so much.
import type { Status } from '../../src/core/cell.ts'
import type { Sent } from './explore-node.ts'
import {
  A,
  B,
  type Input,
  inputKey,
  isMessage,
  madeNode,
  NODES,
  type ProgramNode,
  S,
  wordsOf,
} from './explore-inputs.ts'
import type { Report } from './sim-actors.ts'

const DORMANT = new Set<Status>(['arriving', 'moved', 'stopped'])

/** What is explored. */
export interface Small {
  /** How many messages s sends, and whether it asks. */
  readonly messages: number
  readonly asks?: boolean
  /** Whether a wants the actor back. */
  readonly back?: boolean
  /** Whether a and b do not reach each other for a while, which each may see, or not. */
  readonly cut?: boolean
  /** A node ends, or is declared down and goes on. */
  readonly loss?: 'kill a' | 'kill b' | 'expel a' | 'expel b'
  /** Whether what it has sent may come after the word that it is down. */
  readonly late?: boolean
}

/** A node after some inputs. */
interface Part {
  readonly number: number
  readonly at: number
  readonly inputs: readonly Input[]
  /** By node: what it has sent, and how much it has taken. */
  readonly sent: readonly (readonly Sent[])[]
  readonly taken: readonly number[]
  readonly lost: ReadonlySet<number>
  /** By node: how often it has seen it as suspect, and as up again. */
  readonly seen: readonly number[]
  readonly done: number
  /** Whether a live copy of the actor is here, or any, and what that has heard. */
  readonly live: boolean
  readonly has: boolean
  readonly heard: readonly number[]
  /** Whether a message has come here. */
  readonly met: boolean
  readonly deadLetters: number
  /** How what it has asked for has ended, and what has not; what it has still to do with moves. */
  readonly ends: readonly string[]
  readonly asks: number
  readonly pending: string
  readonly next: Map<string, Part>
}
interface Row {
  readonly parts: readonly Part[]
  readonly lost: boolean
  readonly before: Row | undefined
  readonly step: string
}
interface Step {
  readonly step: string
  /** Whether it comes some time. */
  readonly must: boolean
  readonly run: () => Promise<Pick<Row, 'parts' | 'lost'>>
}

export interface Explored {
  states: number
  ends: number
  /** How often the actor ended up where: a node, or gone with one. */
  readonly places: Map<string, number>
  /** How often what was asked for has ended how. */
  readonly outcomes: Map<string, number>
}

export class Exploration {
  readonly #small: Small
  /** The node that is lost, -1; and whether it ends then. */
  readonly #node: number
  readonly #ends: boolean
  /** What s and a do, one after the other. */
  readonly #programs: readonly Input[][]
  #parts = 0
  /** By node: what it took before it all begins. */
  readonly #begin: Input[][] = [[], [], []]

  constructor(small: Small) {
    const { messages, asks, back, loss } = small
    this.#small = small
    this.#node = loss === undefined ? -1 : loss.endsWith('a') ? A : B
    this.#ends = loss?.startsWith('kill') === true
    const message: Input = { do: asks === true ? 'ask' : 'tell' }
    const moves: Input[] = [{ do: 'move' }, ...(back === true ? [{ do: 'move back' } as const] : [])]
    this.#programs = [Array.from({ length: messages }, () => message), moves, []]
  }

  async run(): Promise<Explored> {
    const explored: Explored = { states: 0, ends: 0, places: new Map(), outcomes: new Map() }
    const known = new Set<string>()
    const rows: Row[] = [{ parts: await this.#prepared(), lost: false, before: undefined, step: 'begin' }]
    known.add(keyOf(rows[0]!))
    // depth first: only the rows of one branch are kept
    for (let row = rows.pop(); row !== undefined; row = rows.pop()) {
      explored.states++
      this.#check(row)
      let ended = true
      for (const { step, must, run } of this.#steps(row)) {
        if (must) ended = false
        const next: Row = { ...(await run()), before: row, step }
        const key = keyOf(next)
        if (known.has(key)) continue
        known.add(key)
        rows.push(next)
      }
      if (!ended) continue
      explored.ends++
      count(explored.places, this.#checkEnd(row))
      for (const { ends } of row.parts) for (const end of ends) count(explored.outcomes, end)
    }
    return explored
  }

  /** All know each other, and a has the actor. */
  async #prepared(): Promise<Part[]> {
    const nodes = await Promise.all(NODES.map((_, at) => madeNode(at)))
    for (let again = true; again;) {
      again = false
      for (const [at, node] of nodes.entries()) {
        for (const [from, other] of nodes.entries()) {
          const sent = other.ways.get(node.id)?.sent[this.#begun(at, from)]
          if (sent === undefined) continue
          again = true
          this.#begin[at]!.push({ do: 'take', from, sent })
          await node.take(() => node.receive(other.id, sent))
        }
      }
    }
    return nodes.map((node, at) => this.#part(node, at, undefined, undefined))
  }

  /** How much a node had taken from another before it all begins. */
  #begun(at: number, from: number): number {
    return this.#begin[at]!.filter(input => input.do === 'take' && input.from === from).length
  }
  #part(node: ProgramNode, at: number, before: Part | undefined, input: Input | undefined): Part {
    const cells = node.cells
    const live = cells.find(({ status }) => !DORMANT.has(status))
    const taken = before?.taken ?? NODES.map((_, from) => this.#begun(at, from))
    const seen = before?.seen ?? NODES.map(() => 0)
    return {
      number: this.#parts++,
      at,
      inputs: [...(before?.inputs ?? []), ...(input === undefined ? [] : [input])],
      sent: NODES.map(id => node.ways.get(id)?.sent.map(records => [...records]) ?? []),
      taken: taken.map((number, from) => (input?.do === 'take' && input.from === from ? number + 1 : number)),
      lost: new Set([...(before?.lost ?? []), ...(input?.do === 'lose' ? [input.other] : [])]),
      seen: seen.map((number, other) => (input?.do === 'see' && input.other === other ? number + 1 : number)),
      done: (before?.done ?? 0) + (input !== undefined && this.#programs[at]!.includes(input) ? 1 : 0),
      live: live !== undefined,
      has: cells.length > 0,
      heard: Object.values((live?.state as Report | undefined)?.heard ?? {}).flat(),
      met: before?.met === true || (input?.do === 'take' && isMessage(input.sent)),
      deadLetters: node.deadLetters,
      ends: [...node.ends],
      asks: [...node.core.asks].length,
      pending: this.#pendingOf(node),
      next: new Map(),
    }
  }
  #pendingOf({ begun, ends, core, hub }: ProgramNode): string {
    const { handoffs, routes, heirs, asks } = core
    const held = [...routes.stands()].reduce((sum, stand) => sum + stand.held.length + (stand.fence === 0 ? 0 : 1), 0)
    const pending = {
      'calls without an end': begun - ends.length,
      moves: handoffs.pending,
      'frames held': held,
      asks: [...asks].length,
      'heirs awaited': heirs.isIdle ? 0 : 1,
      'frames that wait for a way': [...hub.hub.peers()].filter(({ waits }) => waits).length,
    }
    const left = Object.entries(pending).filter(([, number]) => number > 0)
    return left.map(([what, number]) => `${number} ${what}`).join()
  }
  /** What becomes of a node by an input; done once. */
  async #next(part: Part, input: Input): Promise<Part> {
    const key = inputKey(input)
    let next = part.next.get(key)
    if (next === undefined) {
      const node = await this.#again(part)
      await node.does(input)
      part.next.set(key, (next = this.#part(node, part.at, part, input)))
    }
    return next
  }
  /** The node as it was then. */
  async #again({ at, inputs }: Part): Promise<ProgramNode> {
    const node = await madeNode(at)
    for (const input of [...this.#begin[at]!, ...inputs]) await node.does(input)
    return node
  }

  // ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #steps(row: Row): Step[] {
    const { parts, lost } = row
    const { loss } = this.#small
    const steps: Step[] = []
    const add = ({ at }: Part, input: Input, must = true): void => {
      const run = async (): Promise<Pick<Row, 'parts' | 'lost'>> => {
        const next = await this.#next(parts[at]!, input)
        return { parts: parts.map(part => (part.at === at ? next : part)), lost }
      }
      steps.push({ step: `${NODES[at]}: ${wordsOf(input)}`, must, run })
    }
    for (const part of parts) {
      const isLost = lost && part.at === this.#node
      if (isLost && this.#ends) continue
      const input = this.#programs[part.at]![part.done]
      if (input !== undefined) add(part, input, !isLost)
      for (const other of parts) if (other.at !== part.at) this.#between(row, part, other, add)
    }
    if (loss !== undefined && !lost) steps.push({ step: loss, must: true, run: async () => ({ parts, lost: true }) })
    // an answer that a lost node has passed on, or was to, is waited for until its deadline
    const waits = lost && !steps.some(({ must }) => must)
    if (waits) for (const part of parts) if (part.at !== this.#node && part.asks > 0) add(part, { do: 'wait' })
    return steps
  }
  /** What one node hears of another, and from it. */
  #between({ lost }: Row, part: Part, other: Part, add: (part: Part, input: Input, must: boolean) => void): void {
    const isOver = part.lost.has(other.at)
    if (isOver && this.#small.late !== true) return
    const isLost = lost && (part.at === this.#node || other.at === this.#node)
    // what was on its way to one that is declared down may still come there
    const sent = other.sent[part.at]![part.taken[other.at]!]
    if (sent !== undefined) add(part, { do: 'take', from: other.at, sent }, !isLost)
    const seen = part.seen[other.at]!
    if (this.#small.cut === true && part.at !== S && other.at !== S && seen < 2)
      add(part, { do: 'see', other: other.at, state: seen === 0 ? 'suspect' : 'up' }, seen === 1 && !isLost)
    if (isOver || !lost || other.at !== this.#node) return
    // of what it has taken it may not have acknowledged anything
    for (const acknowledged of new Set([other.taken[part.at]!, this.#begun(other.at, part.at)]))
      add(part, { do: 'lose', other: other.at, acknowledged }, true)
  }

  // ── what must hold ──────────────────────────────────────────────────────────────────────────────────────────────

  #check(row: Row): void {
    const killed = row.lost && this.#ends ? this.#node : -1
    const live = row.parts.filter(({ at, live }) => live && at !== killed)
    if (live.length > 1) throw violation('the actor lives twice', row)
    for (const { heard } of live) {
      const ascending = heard.every((number, at) => at === 0 || number > heard[at - 1]!)
      if (!ascending) throw violation(`it has heard ${heard.join()}`, row)
    }
  }
  /** Gives where the actor is. */
  #checkEnd(row: Row): string {
    const loser = row.lost ? this.#node : -1
    const living = row.parts.filter(({ at }) => at !== loser)
    for (const { at, pending, ends } of living) {
      if (pending !== '') throw violation(`${NODES[at]} still has ${pending}`, row)
      const strange = ends.find(end => end.startsWith('strange'))
      if (strange !== undefined) throw violation(strange, row)
    }
    const place = living.find(({ live }) => live)
    if (place === undefined && (loser < 0 || !row.parts[loser]!.has)) throw violation('the actor is nowhere', row)
    this.#checkMessages(row, living, place)
    return place === undefined ? 'gone' : NODES[place.at]!
  }
  /** Each is handled, refused, or a dead letter, unless it came to a node that is lost. */
  #checkMessages(row: Row, living: readonly Part[], place: Part | undefined): void {
    const { messages, asks, cut } = this.#small
    const heard = place?.heard.length ?? 0
    const { ends } = row.parts[S]!
    const known = asks === true ? ends.length : heard + living.reduce((sum, part) => sum + part.deadLetters, 0)
    const handled = ends.filter(end => end === 'done').length
    if (!row.lost && handled > heard) throw violation(`${handled} are answered, and it has heard ${heard}`, row)
    if (!row.lost && cut !== true && heard < messages) throw violation(`it has heard ${heard} of ${messages}`, row)
    if (known < messages && !(row.lost && row.parts[this.#node]!.met)) throw violation('a message is lost', row)
  }
}

const keyOf = ({ parts, lost }: Row): string => `${parts.map(({ number }) => number).join()} ${lost}`
function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}
function violation(what: string, row: Row): Error {
  const steps: string[] = []
  for (let at: Row | undefined = row; at !== undefined; at = at.before) steps.unshift(at.step)
  return new Error(`${what}:\n  ${steps.join('\n  ')}`)
}
