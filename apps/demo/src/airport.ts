// An airport is an actor, a flight is messages: `depart` at its origin, which tells its destination to `land` it.
//
// Invariants:
// - A flight is in one place at a time: before `depart` at its origin, after it on the way, after `land` at its
//   destination. So of the flights that were fed, those that have not landed are at most that many messages.
// - `landed` only ever grows, by one a flight. What an airport said of it a while ago is a lower bound of it now.
// - A route is opened before the first flight on it departs: both are told by the same sender, in that order. Airports
//   have numbers, as in the batches of flights: a message for each flight is no place for codes.
// - A kept airport is the same with a checkpoint after each turn: its thread may be lost, and it goes on elsewhere, without
//   the messages that were in its mailbox. If one of these was to open a route, no flight departs on it.
import { behavior, type Ref, ThreadLost } from '@troupe/actors'

/** What an origin knows of a destination. Behaviors that know each other do so through an interface. */
export interface Destination {
  land(delay: number): void
  landed(): number
}

export interface Figures {
  departed: number
  landed: number
  /** Minutes, over the landed flights. */
  delayTotal: number
  /** Minutes: the greatest delay of a landed flight, negative if all were early; 0 without landings. */
  longestDelay: number
  /** The hour, 0–23, in which most flights depart; the earlier on a tie; null without departures. */
  busiestHour: number | null
}

interface Airport {
  routes: Map<number, Ref<Destination>>
  departures: number[]
  departed: number
  landed: number
  delayTotal: number
  longestDelay: number
}

const airportNamed = (name: string, kept: boolean) =>
  behavior(import.meta, {
    name,
    version: 1,
    state: (): Airport => ({
      routes: new Map(),
      departures: new Array<number>(24).fill(0),
      departed: 0,
      landed: 0,
      delayTotal: 0,
      longestDelay: 0,
    }),
    handlers: {
      open(ctx, destination: number, airport: Ref<Destination>) {
        ctx.state.routes.set(destination, airport)
      },
      depart(ctx, destination: number, hour: number, delay: number) {
        const { state } = ctx
        const to = state.routes.get(destination)
        if (to === undefined && kept) return
        state.departed++
        state.departures[hour] = (state.departures[hour] ?? 0) + 1
        to!.tell.land(delay)
      },
      land(ctx, delay: number) {
        const { state } = ctx
        if (state.landed === 0 || delay > state.longestDelay) state.longestDelay = delay
        state.landed++
        state.delayTotal += delay
      },
      landed(ctx) {
        return ctx.state.landed
      },
      /** Replies when each flight that had departed for elsewhere has landed, or is lost. Meanwhile others may land here. */
      async cleared(ctx) {
        const others = [...ctx.state.routes.values()].filter(({ id }) => id !== ctx.self.id)
        await Promise.all(others.map(to => answered(() => to.with({ deadline: PATIENCE }).ask.landed())))
      },
      figures(ctx): Figures {
        const { departed, landed, delayTotal, longestDelay, departures } = ctx.state
        return { departed, landed, delayTotal, longestDelay, busiestHour: busiest(departures) }
      },
    },
    options: { landed: { readonly: true }, cleared: { interleave: true }, figures: { readonly: true } },
    supervision: { onFault: 'stop' }, // started afresh it would have lost its figures, and go on with wrong ones
    ...(kept ? { checkpoint: 'turn' as const } : {}),
  })

export const airport = airportNamed('airport', false)
export const keptAirport = airportNamed('kept-airport', true)

/** Milliseconds in which an airport must answer. */
export const PATIENCE = 30_000

/** Asks again for as long as the answer is lost with a thread: the airport is revived, and answers then. */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ThreadLost)) throw error
    }
  }
}

function busiest(departures: readonly number[]): number | null {
  const most = Math.max(...departures)
  return most === 0 ? null : departures.indexOf(most)
}
