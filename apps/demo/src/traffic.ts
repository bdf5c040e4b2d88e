// The airports as actors, and the flights between them: builds airports, lets flights depart in batches, and bounds how
// many are in the air.
//
// Invariants:
// - At most `MOST_IN_AIR` flights are fed and have not landed. Each is at most two messages, itself and the opening of
//   its route, and a mailbox holds four times as many: none can overflow, however flights crowd at one airport.
// - `landed` sums up what the airports last said of themselves. They only count up, so it is a lower bound of the truth
//   from then on, in whatever order they answered. When it equals what was fed, every flight has landed, so everything
//   told about it has been handled, and figures asked for after that are final. Nothing rests on timing, nor on order
//   between different senders; and since an answer comes behind what the mailbox holds already, asking paces itself.
import type { Ref, System } from '@troupe/actors'
import { airport } from './airport.ts'
import type { AllFigures } from './reference.ts'

/** A quarter of the messages that an actor's mailbox holds. */
export const MOST_IN_AIR = 16_384
/** Flights that may depart once there is room. */
export const BATCH = 4_096
/** From so many in the air on the airports are asked, so that their answer is there before feeding has to wait. */
const ASK_FROM = MOST_IN_AIR / 2
/** Milliseconds in which at least one flight must land, if any is in the air. */
const PATIENCE = 30_000

/** The flights cannot all land any more; nothing is wrong with the file. */
export class TrafficError extends Error {
  override readonly name = 'TrafficError'
}

export class Traffic {
  readonly #system: System
  readonly #numbers = new Map<string, number>()
  readonly #codes: string[] = []
  readonly #airports: Ref<typeof airport>[] = []
  /** By the numbers of origin and destination: whether the origin knows its destination. */
  readonly #routes: boolean[][] = []
  readonly #now: () => number
  #fed = 0
  #landed = 0
  #lastOrigin = 0
  /** The way to the airport from which the last flight of the batch before departed. */
  #way: Promise<void> | undefined
  #counting: Promise<void> | undefined
  #lost: TrafficError | undefined

  constructor(system: System, now: () => number) {
    this.#system = system
    this.#now = now
    system.on('deadLetter', ({ to, method, reason }) => {
      this.#lost ??= new TrafficError(`a flight is lost: ${this.#nameOf(to)} got no ${method} (${reason})`)
    })
    system.on('fault', ({ actor, method, error }) => {
      this.#lost ??= new TrafficError(`${this.#nameOf(actor)} failed at ${method}`, { cause: error })
    })
    system.on('threadLost', ({ thread, error }) => {
      const why = error instanceof Error ? error.message : String(error)
      this.#lost ??= new TrafficError(`thread ${thread} has ended: ${why}`)
    })
  }

  get fed(): number {
    return this.#fed
  }
  get landed(): number {
    return this.#landed
  }

  /** The number of an airport that has been built. */
  airport(code: string): number {
    return this.#numbers.get(code)!
  }

  /** Builds those that are not there yet, all at the same time. */
  async build(codes: Iterable<string>): Promise<void> {
    const missing = [...new Set(codes)].filter(code => !this.#numbers.has(code))
    const built = await Promise.all(missing.map(code => this.#system.spawn(airport, undefined, { name: code })))
    for (const [at, code] of missing.entries()) {
      this.#numbers.set(code, this.#airports.push(built[at]!) - 1)
      this.#codes.push(code)
      this.#routes.push([])
    }
  }

  /** Resolves when a batch of flights may depart. */
  async room(): Promise<void> {
    await this.#orReason(this.#makeRoom())
  }

  async #makeRoom(): Promise<void> {
    // Waits for the way of a batch ago, so that airports have something to do while this one is on its way.
    await this.#way
    this.#way = this.#airports[this.#lastOrigin]?.ready()
    this.#way?.catch(ignored)
    if (this.#fed - this.#landed >= ASK_FROM) this.#counting ??= this.#count()
    await this.#atMostInAir(MOST_IN_AIR - BATCH)
  }

  depart(from: number, to: number, hour: number, delay: number): void {
    const origin = this.#airports[from]!
    const destination = this.#codes[to]!
    const routes = this.#routes[from]!
    if (!routes[to]) {
      routes[to] = true
      origin.tell.open(destination, this.#airports[to]!)
    }
    origin.tell.depart(destination, hour, delay)
    this.#fed++
    this.#lastOrigin = from
  }

  async allLanded(): Promise<void> {
    await this.#orReason(this.#atMostInAir(0))
  }

  async figures(): Promise<AllFigures> {
    const all = await Promise.all(this.#airports.map(each => each.ask.figures()))
    return new Map(
      this.#codes.map((code, number) => [code, all[number]!] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  }

  /** What is lost is told by its reason, not by whichever promise that makes fail first. */
  async #orReason(work: Promise<void>): Promise<void> {
    const error = await work.then(
      () => undefined,
      (failure: unknown) => failure,
    )
    if (this.#lost ?? error) throw this.#lost ?? error
  }

  #nameOf(actor: string): string {
    const number = this.#airports.findIndex(({ id }) => id === actor)
    return this.#codes[number] ?? actor
  }

  async #atMostInAir(most: number): Promise<void> {
    let landed = this.#landed
    let since = this.#now()
    while (this.#fed - this.#landed > most) {
      await (this.#counting ??= this.#count())
      if (this.#lost) throw this.#lost
      if (this.#landed > landed) {
        landed = this.#landed
        since = this.#now()
      } else if (this.#now() - since > PATIENCE) {
        throw new TrafficError(
          `${this.#fed - landed} flights are in the air, and none has landed for ${PATIENCE / 1_000} s`,
        )
      }
    }
  }

  #count(): Promise<void> {
    const counted = Promise.all(this.#airports.map(each => each.with({ deadline: PATIENCE }).ask.landed())).then(
      all => {
        this.#landed = all.reduce((sum, landed) => sum + landed, 0)
        this.#counting = undefined
      },
    )
    counted.catch(ignored)
    return counted
  }
}

/** Promises are kept here before they are waited for; one that fails meanwhile tells whoever does so. */
const ignored = (): void => {}
