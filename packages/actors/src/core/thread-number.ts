// Values that mean something in this process alone, made to travel: the number of a thread, and a time of the clock that its
// threads share. In the arguments of calls and in what an actor takes along they go between nodes like any value.
//
// Invariant: a number or a time in a value that may leave its process is one of these, and never bare.
import { travel, type TravelKind } from './sendable.ts'

/** A thread, as it is numbered here. */
export class ThreadNumber {
  readonly number: number
  constructor(number: number) {
    this.number = number
  }
  declare readonly [travel]: TravelKind<ThreadNumber>
}
export const threadNumberTravel: TravelKind<ThreadNumber> = {
  tag: 'thread number',
  wire: 'place',
  pack: ({ number }) => number,
  unpack: plain => new ThreadNumber(plain as number),
}
Object.defineProperty(ThreadNumber.prototype, travel, { value: threadNumberTravel })

export function threadNumbers(threads: Iterable<number>): ThreadNumber[] {
  return Array.from(threads, thread => new ThreadNumber(thread))
}
export function numbersOf(threads: readonly ThreadNumber[]): number[] {
  return threads.map(({ number }) => number)
}

/** A time, in ms of this process's clock; may be Infinity. Elsewhere it is as far away as it was here when it was sent. */
export class Moment {
  readonly at: number
  constructor(at: number) {
    this.at = at
  }
  declare readonly [travel]: TravelKind<Moment>
}
export const momentTravel: TravelKind<Moment> = {
  tag: 'moment',
  wire: 'moment',
  pack: ({ at }) => at,
  unpack: plain => new Moment(plain as number),
}
Object.defineProperty(Moment.prototype, travel, { value: momentTravel })
