// A power series is a goroutine that gives one coefficient for each demand. Two ways to wire one: a pair of channels, for
// demands and for terms; or one channel of demands, each of which brings the channel that its answer goes to.
//
// Invariants: a term is computed when it is demanded, never ahead; after `null`, its end, a series hears no more demands.
import {
  type Case,
  type Channel,
  type GoContext,
  goroutine,
  type Receiver,
  select,
  type Sender,
  type Start,
} from '@troupe/actors'
import { place, type Placement } from '../placement.ts'
import type { Rational } from './rationals.ts'

export type Term = Rational | null
export type Wiring = 'pair' | 'reply'
type Demand = true | Sender<Term>

/** Where the terms of a series come from, and where its goroutine sends them. */
export interface Source {
  readonly demands: Sender<Demand>
  readonly terms: Receiver<Term> | null
}
export interface Sink {
  readonly demands: Receiver<Demand>
  readonly terms: Sender<Term> | null
}

/** A demand not made yet: the case that makes it, and where the term will come. */
interface Pull {
  asking(): Case<{}>
  readonly answer: Receiver<Term>
}
function pull(ctx: GoContext, { demands, terms }: Source): Pull {
  if (terms !== null) return { asking: () => demands.sending(true), answer: terms }
  const reply = ctx.channel<Term>()
  return { asking: () => demands.sending(reply.sender), answer: reply.receiver }
}

/** The next term. */
export async function next(ctx: GoContext, from: Source): Promise<Term> {
  const { asking, answer } = pull(ctx, from)
  await select({ ask: asking() })
  return (await answer.receive()).value!
}

/** The next terms of two series, whichever of them is faster: neither waits for the other. */
export async function nextOfBoth(ctx: GoContext, sources: readonly [Source, Source]): Promise<[Term, Term]> {
  const [a, b] = [pull(ctx, sources[0]), pull(ctx, sources[1])]
  const asked = [false, false]
  const got: [Term | undefined, Term | undefined] = [undefined, undefined]
  while (got[0] === undefined || got[1] === undefined) {
    const won = await select({
      askA: asked[0] ? null : a.asking(),
      askB: asked[1] ? null : b.asking(),
      a: asked[0] && got[0] === undefined ? a.answer.receiving() : null,
      b: asked[1] && got[1] === undefined ? b.answer.receiving() : null,
    })
    switch (won.case) {
      case 'askA':
        asked[0] = true
        break
      case 'askB':
        asked[1] = true
        break
      case 'a':
        got[0] = won.value!
        break
      case 'b':
        got[1] = won.value!
        break
      default:
        won satisfies never
    }
  }
  return got as [Term, Term]
}

/** Waits for a demand; gives where its answer goes. */
export async function wanted(to: Sink): Promise<Sender<Term>> {
  return answerOf(to, (await to.demands.receive()).value!)
}
function answerOf({ terms }: Sink, demand: Demand): Sender<Term> {
  return demand === true ? terms! : demand
}

/** Answers the next demand. */
export async function put(to: Sink, term: Term): Promise<void> {
  const answer = await wanted(to)
  await answer.send(term)
}

/** Answers all demands with what another series gives. */
export async function copy(ctx: GoContext, from: Source, to: Sink): Promise<void> {
  for (let term: Term | undefined; term !== null;) {
    const answer = await wanted(to)
    term = await next(ctx, from)
    await answer.send(term)
  }
}

/** Starts the goroutines of series, each in its place. */
export class Starter {
  readonly #ctx: GoContext
  readonly #on: Placement
  readonly #wiring: Wiring
  #count: number

  constructor(ctx: GoContext, at: Site) {
    this.#ctx = ctx
    this.#on = at.on
    this.#wiring = at.wiring
    this.#count = at.count
  }
  /** For a goroutine that starts others; no two in a row go to one thread. */
  site(): Site {
    return { on: this.#on, wiring: this.#wiring, count: ++this.#count }
  }
  open(): { source: Source; sink: Sink } {
    const demands = this.#ctx.channel<Demand>()
    const terms: Channel<Term> | null = this.#wiring === 'pair' ? this.#ctx.channel<Term>() : null
    return {
      source: { demands: demands.sender, terms: terms && terms.receiver },
      sink: { demands: demands.receiver, terms: terms && terms.sender },
    }
  }
  /** The series that a goroutine makes. */
  start(make: (to: Sink) => Start<void>): Source {
    const { source, sink } = this.open()
    this.go(make(sink))
    return source
  }
  go(start: Start<void>): void {
    this.#ctx.go(start, place(this.#on, this.#count++))
  }
  /** The same series twice, to be read at different rates. */
  split(from: Source): [Source, Source] {
    const [a, b] = [this.open(), this.open()]
    this.go(split(from, [a.sink, b.sink]))
    return [a.source, b.source]
  }
}
export interface Site {
  readonly on: Placement
  readonly wiring: Wiring
  readonly count: number
}

/**
 * Serves two readers of one series. A term that one of them had is kept until the other one has it too, and is served
 * even while the next is being pulled: in a series that feeds on itself, that one waits for this.
 */
const split = goroutine(
  import.meta,
  'series.split',
  async (ctx: GoContext, from: Source, to: readonly [Sink, Sink]) => {
    const kept: [Term[], Term[]] = [[], []]
    const waiting: [Sender<Term> | null, Sender<Term> | null] = [null, null]
    const ended = [false, false]
    let pulled = null as Pull | null
    let asked = false

    const give = async (side: 0 | 1, answer: Sender<Term>, term: Term): Promise<void> => {
      waiting[side] = null
      ended[side] = term === null
      await answer.send(term)
    }
    const serve = async (side: 0 | 1, demand: Demand): Promise<void> => {
      const answer = answerOf(to[side], demand)
      const term = kept[side].shift()
      if (term === undefined) waiting[side] = answer
      else await give(side, answer, term)
    }
    const spread = async (term: Term): Promise<void> => {
      pulled = null
      for (const side of [0, 1] as const) {
        const answer = waiting[side]
        if (answer === null) kept[side].push(term)
        else await give(side, answer, term)
      }
    }

    while (!(ended[0] && ended[1])) {
      if (pulled === null && (waiting[0] !== null || waiting[1] !== null)) {
        pulled = pull(ctx, from)
        asked = false
      }
      const won = await select({
        first: ended[0] || waiting[0] !== null ? null : to[0].demands.receiving(),
        second: ended[1] || waiting[1] !== null ? null : to[1].demands.receiving(),
        ask: asked ? null : pulled?.asking(),
        term: asked ? pulled?.answer.receiving() : null,
      })
      switch (won.case) {
        case 'first':
          await serve(0, won.value!)
          break
        case 'second':
          await serve(1, won.value!)
          break
        case 'ask':
          asked = true
          break
        case 'term':
          await spread(won.value!)
          break
        default:
          won satisfies never
      }
    }
  },
)
