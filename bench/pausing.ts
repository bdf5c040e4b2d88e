// The loops of the subject "moving": what a caller notices of a move, and how many moves there are a second.
//
// Invariants:
// - the caller asks one thing after the other, all the time; each reply is checked, and none may be missing, early or late;
// - a pause is the longest time between two replies, looked at from when a move is called until shortly after it is done;
//   beside it stands the longest in a span without a move, as a machine with other work to do makes pauses of its own;
// - a move counts when whoever was to move has said itself that it is on the other thread.

import { setTimeout as sleep } from 'node:timers/promises'
import { scaled, type Call, type Figures, type Plan } from './measure.ts'
import { quantile } from './statistics.ts'

/** What is asked all the while, and moves. */
export interface Movable {
  readonly call: Call
  /** To the other thread; resolves when it is there. */
  move(): PromiseLike<unknown>
  /** The thread that it is on, in its own words. */
  where(): PromiseLike<number>
}

/** Milliseconds that are looked at after a move, and between two of them. */
const REST = 2

/** Microseconds of the longest pause around each of so many moves. */
export async function pauses(plan: Plan, moves: number, movable: Movable): Promise<Figures> {
  const caller = new Caller(movable.call)
  const rest = async (): Promise<number> => {
    caller.begin()
    await sleep(REST)
    return caller.longest
  }
  const moveOnce = async (): Promise<number> => {
    const before = await movable.where()
    caller.begin()
    await movable.move()
    await sleep(REST)
    const { longest } = caller
    if ((await movable.where()) === before) throw new Error(`a move was done, but it is on thread ${before} still`)
    return longest
  }
  for (let left = scaled(plan, moves / 2); left > 0; left--) await moveOnce()
  const still: number[] = []
  const pause: number[] = []
  for (let left = scaled(plan, moves, 2); left > 0; left--) {
    still.push(await rest())
    pause.push(await moveOnce())
  }
  await caller.end()
  return { ...halfAndMost('pause', pause), ...halfAndMost('still', still) }
}

/** Asks one thing after the other until it is told to end. */
class Caller {
  readonly #asking: Promise<void>
  readonly #over = new AbortController()
  #longest = 0
  #last = performance.now()

  constructor(call: Call) {
    this.#asking = this.#ask(call)
    this.#asking.catch(() => {}) // told by `end`
  }

  async #ask(call: Call): Promise<void> {
    for (let n = 0; !this.#over.signal.aborted; n++) {
      const reply = await call(n)
      if (reply !== n + 1) throw new Error(`call ${n} was answered with ${reply}`)
      const now = performance.now()
      this.#longest = Math.max(this.#longest, now - this.#last)
      this.#last = now
    }
  }

  begin(): void {
    this.#longest = 0
  }
  /** Microseconds between two replies, at most, since it began; the pause that lasts still is one of them. */
  get longest(): number {
    return Math.max(this.#longest, performance.now() - this.#last) * 1000
  }
  end(): Promise<void> {
    this.#over.abort()
    return this.#asking
  }
}

/** The median and the 99th percentile of some samples, as figures of that name. */
export function halfAndMost(name: string, samples: readonly number[]): Figures {
  const sorted = samples.toSorted((a, b) => a - b)
  return { [`${name}50`]: quantile(sorted, 0.5), [`${name}99`]: quantile(sorted, 0.99) }
}

/** Those that move to and fro, all of them each time; `where` names the thread of each. */
export interface Shuttle {
  move(): PromiseLike<unknown>
  where(): PromiseLike<readonly number[]>
}

/** Moves a second; a span ends when all are there. */
export async function shuttling(plan: Plan, shuttle: Shuttle): Promise<number> {
  const moveFor = async (ms: number): Promise<number> => {
    let moves = 0
    let spent = 0
    while (spent < ms) {
      const before = await shuttle.where()
      const start = performance.now()
      await shuttle.move()
      spent += performance.now() - start
      const after = await shuttle.where()
      const stayed = before.filter((thread, n) => after[n] === thread).length
      if (stayed > 0 || after.length !== before.length) throw new Error(`${stayed} of ${before.length} have not moved`)
      moves += before.length
    }
    return moves / (spent / 1000)
  }
  await moveFor(plan.warmup * 2)
  return moveFor(plan.budget)
}
