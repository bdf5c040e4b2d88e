// Explores every state that a few threads can come to: each has steps of its own, and lanes on which others post to it.
//
// A step of a thread sees nothing but the thread and the frame that it takes, and does nothing but change the thread and post
// frames. So it is taken once by the real code, and is a look-up ever after: a state of all is a row of numbers, one for each
// thread and one for each lane, cheap to make and to compare. Rows are visited once, breadth first: traces are shortest.
//
// A frame is inert when it commutes with all that can happen before it is taken, and makes nothing right or wrong. It is taken
// at once, and nothing else is tried there: all orders of the rest follow behind it, so no end and no fault is missed.
import { Contents, States } from './explore-states.ts'

/** A thread's state: never changed, and the same as another with the same key. */
export interface Part {
  readonly key: string
  /** Steps of its own that it takes some time, and others that it may never take. */
  readonly must: readonly string[]
  readonly may: readonly string[]
  /** One bit for each actor that has a live copy here. */
  readonly live: number
  /** For a trace. */
  describe(): string
}
export interface Post<Frame> {
  readonly to: number
  readonly user: boolean
  readonly frame: Frame
}
export interface Taken<P, Frame> {
  readonly part: P
  readonly posts: readonly Post<Frame>[]
}
export interface Model<P extends Part, Frame> {
  begin(): readonly P[]
  step(part: P, step: string): Taken<P, Frame>
  receive(part: P, frame: Frame, from: number): Taken<P, Frame>
  /** Whether it commutes with all that the thread could do or take before it, now and later. */
  isInert(part: P, frame: Frame): boolean
  /** Nothing is under way, and nobody has anything to do. Throws when something is wrong. */
  end(parts: readonly P[]): void
}

export interface Explored {
  /** All states, and those in which nothing is left to be done. */
  states: number
  ends: number
  /** From state to state. */
  steps: number
}

/** What went wrong, and by which steps. */
export class Violation extends Error {
  readonly trace: readonly string[]
  constructor(cause: unknown, trace: readonly string[]) {
    super(`${cause instanceof Error ? cause.message : String(cause)}\n  ${trace.join('\n  ')}`, { cause })
    this.trace = trace
  }
}

/** A step by the numbers of what comes of it: the thread's new state, and lanes and items, one after the other. */
interface Step {
  readonly name: string
  readonly thread: number
  readonly part: number
  readonly posts: readonly number[]
  readonly inert: boolean
  readonly error: unknown
}
interface Known<P> {
  readonly part: P
  readonly thread: number
  own: readonly Step[] | undefined
  readonly receives: Map<number, Step>
}

/** Takes all steps in every order, or throws a Violation. */
export function explore<P extends Part, Frame>(model: Model<P, Frame>, most?: number): Explored {
  return new Exploration(model).run(most)
}

class Exploration<P extends Part, Frame> {
  readonly #model: Model<P, Frame>
  readonly #threads: number
  readonly #known: Known<P>[] = []
  readonly #numbers = new Map<string, number>()
  readonly #frames: Frame[] = []
  readonly #frameNumbers = new Map<string, number>()
  readonly #contents = new Contents()
  /** A row is the threads' states, then what is in the lanes: those to the first thread, to the second, … */
  readonly #states: States
  readonly #state: Int32Array
  readonly #next: Int32Array
  /** What can be done in the state: so many steps; for one that takes a frame, its lane and what is then left in that. */
  #count = 0
  readonly #steps: Step[] = []
  readonly #taken: number[] = []
  readonly #left: number[] = []

  constructor(model: Model<P, Frame>) {
    this.#model = model
    const parts = model.begin()
    this.#threads = parts.length
    const width = parts.length ** 2
    this.#states = new States(width)
    this.#state = new Int32Array(width)
    this.#next = new Int32Array(width)
    parts.forEach((part, thread) => (this.#next[thread] = this.#number(part, thread)))
  }

  run(most = 100_000_000): Explored {
    const explored: Explored = { states: 0, ends: 0, steps: 0 }
    this.#states.add(this.#next, -1, 0)
    for (let at = 0; at < this.#states.size; at++) {
      if (at >= most) throw new Error(`more than ${most} states`)
      this.#states.read(at, this.#state)
      this.#liveOnce(at)
      if (!this.#look()) {
        explored.ends++
        this.#end(at)
      }
      for (let nth = 0; nth < this.#count; nth++) {
        if (this.#steps[nth]!.error !== undefined) throw this.#violation(this.#steps[nth]!.error, at, this.#steps[nth])
        this.#apply(nth)
        this.#states.add(this.#next, at, nth)
      }
      explored.steps += this.#count
    }
    explored.states = this.#states.size
    return explored
  }

  #lane(from: number, to: number): number {
    return this.#threads + to * (this.#threads - 1) + (from < to ? from : from - 1)
  }

  /** Finds all steps that can be taken; whether any of them must be. */
  #look(): boolean {
    this.#count = 0
    let must = false
    for (let thread = 0; thread < this.#threads; thread++) {
      const known = this.#known[this.#state[thread]!]!
      if (known.part.must.length > 0) must = true
      for (const step of this.#own(known)) this.#can(step, -1, 0)
      for (let from = 0; from < this.#threads; from++) {
        if (from === thread) continue
        const lane = this.#lane(from, thread)
        for (const { item, rest } of this.#contents.takes(this.#state[lane]!)) {
          const step = this.#receive(known, item >> 1, from)
          if (step.inert) this.#count = 0
          this.#can(step, lane, rest)
          if (step.inert) return true
          must = true
        }
      }
    }
    return must
  }
  #can(step: Step, lane: number, rest: number): void {
    this.#steps[this.#count] = step
    this.#taken[this.#count] = lane
    this.#left[this.#count++] = rest
  }
  #apply(nth: number): void {
    const { thread, part, posts } = this.#steps[nth]!
    const next = this.#next
    next.set(this.#state)
    next[thread] = part
    if (this.#taken[nth]! >= 0) next[this.#taken[nth]!] = this.#left[nth]!
    for (let i = 0; i < posts.length; i += 2) {
      next[posts[i]!] = this.#contents.append(next[posts[i]!]!, posts[i + 1]!)
    }
  }

  // ── steps, taken once ───────────────────────────────────────────────────────────────────────────────────────

  #own(known: Known<P>): readonly Step[] {
    const { part, thread } = known
    return (known.own ??= [...part.must, ...part.may].map(step =>
      this.#step(thread, step, false, () => this.#model.step(part, step)),
    ))
  }
  #receive({ part, thread, receives }: Known<P>, frame: number, from: number): Step {
    const key = frame * this.#threads + from
    let step = receives.get(key)
    if (step === undefined) {
      const what = this.#frames[frame]!
      const inert = this.#model.isInert(part, what)
      step = this.#step(thread, `from ${from} ${shown(what)}`, inert, () => this.#model.receive(part, what, from))
      receives.set(key, step)
    }
    return step
  }
  #step(thread: number, name: string, inert: boolean, take: () => Taken<P, Frame>): Step {
    try {
      const { part, posts } = take()
      const flat = posts.flatMap(({ to, user, frame }) => [
        this.#lane(thread, to),
        this.#frame(frame) * 2 + Number(user),
      ])
      return { name, thread, part: this.#number(part, thread), posts: flat, inert, error: undefined }
    } catch (error) {
      return { name, thread, part: -1, posts: [], inert, error }
    }
  }
  #number(part: P, thread: number): number {
    const key = `${thread} ${part.key}`
    let number = this.#numbers.get(key)
    if (number === undefined) {
      this.#numbers.set(key, (number = this.#known.length))
      this.#known.push({ part, thread, own: undefined, receives: new Map() })
    }
    return number
  }
  #frame(frame: Frame): number {
    const key = JSON.stringify(frame)
    let number = this.#frameNumbers.get(key)
    if (number === undefined) {
      this.#frameNumbers.set(key, (number = this.#frames.length))
      this.#frames.push(frame)
    }
    return number
  }

  // ── what is wrong, and how it came ──────────────────────────────────────────────────────────────────────────

  #parts(): P[] {
    return Array.from({ length: this.#threads }, (_, thread) => this.#known[this.#state[thread]!]!.part)
  }
  #liveOnce(at: number): void {
    let live = 0
    for (let thread = 0; thread < this.#threads; thread++) {
      const here = this.#known[this.#state[thread]!]!.part.live
      if ((live & here) !== 0) throw this.#violation(new Error(`actor ${31 - Math.clz32(live & here)} lives twice`), at)
      live |= here
    }
  }
  #end(at: number): void {
    try {
      this.#model.end(this.#parts())
    } catch (error) {
      throw this.#violation(error, at)
    }
  }

  #violation(error: unknown, at: number, last?: Step): Violation {
    const steps: [from: number, nth: number][] = []
    for (let state = at, origin; (origin = this.#states.origin(state))[0] >= 0; state = origin[0]) {
      steps.unshift([origin[0], origin[1]])
    }
    const trace = steps.map(([from, nth]) => this.#line(this.#nth(from, nth)))
    if (last !== undefined) trace.push(this.#line(last))
    this.#states.read(at, this.#state)
    return new Violation(error, [...trace, ...this.#parts().map(part => part.describe())])
  }
  #nth(state: number, nth: number): Step {
    this.#states.read(state, this.#state)
    this.#look()
    return this.#steps[nth]!
  }
  #line({ name, thread, posts, error }: Step): string {
    let line = `${thread}: ${name}`
    for (let i = 0; i < posts.length; i += 2) {
      const to = Math.floor((posts[i]! - this.#threads) / (this.#threads - 1))
      const item = posts[i + 1]!
      line += `\n       → ${to}${(item & 1) === 0 ? ' system' : ''} ${shown(this.#frames[item >> 1])}`
    }
    return error === undefined ? line : `${line}  FAILS`
  }
}

/** A frame in a trace. */
export function shown(frame: unknown): string {
  return JSON.stringify(frame).replaceAll(/["{}]/g, '').replace(/^is:/, '').replaceAll(',', ' ')
}
