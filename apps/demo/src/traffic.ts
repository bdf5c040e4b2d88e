// The airports as actors, and the flights between them: builds airports, lets flights depart in batches, and bounds how
// many are in the air.
//
// Invariants:
// - At most `MOST_IN_AIR` flights are fed and have not landed. Each is at most two messages, itself and the opening of its
//   route, and two airports to build. A mailbox holds four times as many, and so does the way to a thread: none overflows.
// - `landed` sums up what the airports last said of themselves. They only count up, so it is a lower bound of the truth
//   from then on, in whatever order they answered. When it equals what was fed, every flight has landed, and all that was
//   told about it has been handled: figures asked for then are final. Nothing rests on timing, nor on order between
//   senders; and since an answer comes behind what the mailbox holds already, asking paces itself.
import {
  after,
  type GoContext,
  type Place,
  type Received,
  type Receiver,
  type Ref,
  type Refusal,
  select,
  settled,
} from '@troupe/actors'
import { airport, answered, keptAirport, PATIENCE } from './airport.ts'
import { type Batch, BATCH } from './batch.ts'
import { type Loss, lost } from './losses.ts'
import type { AllFigures } from './reference.ts'
import { firstSpot, type Spots } from './spots.ts'

/** A quarter of the messages that an actor's mailbox holds. */
export const MOST_IN_AIR = 16_384
/** From so many in the air on the airports are asked, so that their answer is there before feeding has to wait. */
const ASK_FROM = MOST_IN_AIR / 2
/** Milliseconds for the reason of a failure, which comes by way of the first thread. */
const REASON_WITHIN = 1_000

export class Traffic {
  readonly #ctx: GoContext
  readonly #losses: Receiver<Loss>
  readonly #spots: Spots
  readonly #behavior: typeof airport
  readonly #codes: string[] = []
  /** By number. */
  readonly airports: Ref<typeof airport>[] = []
  /** By the numbers of origin and destination: whether the origin knows its destination. */
  readonly #routes: boolean[][] = []
  #fed = 0
  #landed = 0
  /** Of the flights that were fed, those that were lost with a thread. */
  #lost = 0
  #lastOrigin = 0
  /** Airports that have answered. */
  #begun = 0
  /** The way to the airport from which the last flight of the batch before departed. */
  #way: Promise<void> | undefined
  #counting: Promise<void> | undefined

  /** `kept`: the airports are those that survive the loss of a thread. */
  constructor(ctx: GoContext, losses: Receiver<Loss>, spots: Spots, kept = false) {
    this.#ctx = ctx
    this.#losses = losses
    this.#spots = spots
    this.#behavior = kept ? keptAirport : airport
  }

  get fed(): number {
    return this.#fed
  }
  get landed(): number {
    return this.#landed
  }
  get #inAir(): number {
    return this.#fed - this.#landed - this.#lost
  }
  /** The codes of the airports that began on a thread. */
  on(thread: number): string[] {
    return this.#codes.filter((_, number) => this.#firstPlace(number).thread === thread)
  }

  /** Builds airports, before it returns; they are numbered in this order. Rejects with a refusal when their place is lost. */
  async build(codes: readonly string[]): Promise<void> {
    try {
      this.#spawn(codes)
    } catch (error) {
      await this.#unlessLost(Promise.reject(error))
    }
  }
  #spawn(codes: readonly string[]): void {
    for (const code of codes) {
      const on = this.#firstPlace(this.airports.length)
      this.airports.push(this.#ctx.spawn(this.#behavior, undefined, { on }).with({ deadline: PATIENCE }))
      this.#codes.push(code)
      this.#routes.push([])
    }
  }

  #firstPlace(number: number): Place {
    return this.#spots.all[firstSpot(number, this.#spots)]!
  }

  /** Resolves when all airports are known to have begun: only what has begun comes back when its thread is lost. */
  async begun(): Promise<void> {
    const { length } = this.airports
    const others = this.airports.slice(this.#begun)
    // that it has begun may be told just behind its first answer, so before the second one
    const twice = async (each: Ref<typeof airport>): Promise<number> =>
      (await each.ask.landed()) + (await each.ask.landed())
    await this.#unlessLost(Promise.all(others.map(twice)))
    this.#begun = length
  }

  /** Resolves when a batch of flights may depart. Rejects with a refusal when flights are lost. */
  async room(): Promise<void> {
    // Waits for the way of a batch ago, so that airports have something to do while this one is on its way.
    if (this.#way !== undefined) await this.#unlessLost(this.#way)
    this.#way = this.airports[this.#lastOrigin]?.ready()
    this.#way?.catch(ignored)
    if (this.#inAir >= ASK_FROM) this.#counting ??= this.#count()
    await this.#atMostInAir(MOST_IN_AIR - BATCH)
  }

  depart({ origins, destinations, hours, delays }: Batch): void {
    const { length } = origins
    for (let at = 0; at < length; at++) {
      const from = origins[at]!
      const to = destinations[at]!
      const origin = this.airports[from]!
      const routes = this.#routes[from]!
      if (!routes[to]) {
        routes[to] = true
        origin.tell.open(to, this.airports[to]!)
      }
      origin.tell.depart(to, hours[at]!, delays[at]!)
    }
    if (length > 0) this.#lastOrigin = origins[length - 1]!
    this.#fed += length
  }

  /** Resolves when every flight fed has landed. Rejects with a refusal when flights are lost. */
  allLanded(): Promise<void> {
    return this.#atMostInAir(0)
  }

  /**
   * A thread is lost, and with it what it had. Resolves when all that can land has landed: what
   * has not is lost, and not in the air any more.
   */
  async recovered(): Promise<void> {
    await Promise.allSettled([this.#counting])
    this.#way = this.#counting = undefined
    for (const routes of this.#routes) routes.length = 0 // to open one may be among what is lost
    await this.#unlessLost(this.#cleared())
    this.#lost = this.#fed - this.#landed
  }
  async #cleared(): Promise<void> {
    // all that was to depart has departed, …
    await this.#ofAll(each => each.ask.landed())
    // … what has departed for another airport has landed, …
    await this.#ofAll(each => each.ask.cleared())
    // … and what has come back to its own is in the mailbox there, before this question
    await this.#count()
  }
  #ofAll<T>(ask: (each: Ref<typeof airport>) => Promise<T>): Promise<T[]> {
    return Promise.all(this.airports.map(each => answered(() => ask(each))))
  }

  async figures(): Promise<AllFigures> {
    const all = await Promise.all(this.airports.map(each => each.ask.figures()))
    return new Map(
      this.#codes.map((code, number) => [code, all[number]!] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  }

  /** What is lost is told by its reason, which may come behind what fails because of it. */
  async #unlessLost(work: Promise<unknown>): Promise<void> {
    const loss = this.#losses.receiving()
    const outcome = await select({ done: settled(work), loss })
    if (outcome.case === 'loss') throw this.#refusal(outcome)
    if (outcome.status === 'fulfilled') return
    const reason = await select({ loss, late: after(REASON_WITHIN) })
    throw reason.case === 'loss' ? this.#refusal(reason) : outcome.reason
  }

  #refusal({ value }: Received<Loss>): Refusal {
    const { text, actor, cause } = value! // that channel is never closed
    const number = this.airports.findIndex(({ id }) => id === actor)
    return lost({ text: number < 0 ? text : text.replace(actor!, this.#codes[number]!), cause })
  }

  async #atMostInAir(most: number): Promise<void> {
    let landed = this.#landed
    let since = this.#ctx.now()
    while (this.#inAir > most) {
      await this.#unlessLost((this.#counting ??= this.#count()))
      if (this.#landed > landed) {
        landed = this.#landed
        since = this.#ctx.now()
      } else if (this.#ctx.now() - since > PATIENCE) {
        throw lost({ text: `${this.#inAir} flights are in the air, and none has landed for ${PATIENCE / 1_000} s` })
      }
    }
  }

  #count(): Promise<void> {
    const counted = Promise.all(this.airports.map(each => each.ask.landed())).then(all => {
      this.#landed = all.reduce((sum, landed) => sum + landed, 0)
      this.#begun = all.length
      this.#counting = undefined
    })
    counted.catch(ignored)
    return counted
  }
}

/** Promises are kept here before they are waited for; one that fails meanwhile tells whoever does so. */
const ignored = (): void => {}
