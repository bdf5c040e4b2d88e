// An airport is an actor, a flight is messages: `depart` at its origin, which tells its destination to `land` it.
//
// Invariants:
// - A flight is in one place at a time: before `depart` at its origin, after it on the way, after `land` at its
//   destination. So of the flights that were fed, those that have not landed are at most that many messages.
// - `landed` only ever grows, by one a flight. What an airport said of it a while ago is a lower bound of it now.
// - A route is opened before the first flight on it departs: both are told by the same sender, in that order. Airports
//   have numbers, as in the batches of flights: a message for each flight is no place for codes.
import { behavior, type Ref } from '@troupe/actors'

/** What an origin knows of a destination. Behaviors that know each other do so through an interface. */
export interface Destination {
  land(delay: number): void
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

export const airport = behavior(import.meta, {
  name: 'airport',
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
      state.departed++
      state.departures[hour] = (state.departures[hour] ?? 0) + 1
      state.routes.get(destination)!.tell.land(delay)
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
    figures(ctx): Figures {
      const { departed, landed, delayTotal, longestDelay, departures } = ctx.state
      return { departed, landed, delayTotal, longestDelay, busiestHour: busiest(departures) }
    },
  },
  options: { landed: { readonly: true }, figures: { readonly: true } },
  supervision: { onFault: 'stop' }, // started afresh it would have lost its figures, and go on with wrong ones
})

function busiest(departures: readonly number[]): number | null {
  const most = Math.max(...departures)
  return most === 0 ? null : departures.indexOf(most)
}
