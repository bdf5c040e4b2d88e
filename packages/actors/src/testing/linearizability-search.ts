// Looks for an order in which operations could have happened one after the other: Wing and Gong's search as improved by
// Lowe ("Testing for linearizability", 2017). Events are a linked list in order of time. An operation may come next if its
// call stands before the first return in the list; to take it is to lift its call and its return out of the list, to go back
// is to put them in again. A configuration (what has been taken, and the state after it) is looked into once.
//
// Operations of unknown outcome have no return, are not in the list, and need not be taken; they are tried when nothing else
// fits. A configuration that took more of them than another one to come to the same is not looked into either.
// Invariant: operations with an outcome are numbered in order of their calls, and the rest after them.
import { type Operation, same, type SequentialModel } from './linearizability-model.ts'

/** How far a search came. */
export interface Outcome<State> {
  verdict: 'linearizable' | 'refused' | 'undecided'
  /** The longest order found: all that have an outcome, if the verdict is good. */
  order: Operation[]
  /** After the last of them. */
  state: State
  /** Which of those with an outcome could have come next as for the time, but not in this state. */
  stuck: Operation[]
}

/** Searches the operations of one part, without those that failed, with so many steps and comparisons at most. */
export function search<State>(ops: readonly Operation[], model: SequentialModel<State>, most: number): Outcome<State> {
  return new Search(ops, model, most).run()
}

/** Calls and returns in order of time; at the same time calls come first, since those two operations may have overlapped. */
class Events {
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #times: number[]
  /** Operation n is called at node n and returns at node `count + n`; the last node is both ends. */
  readonly count: number

  constructor(ops: readonly Operation[]) {
    this.count = ops.length
    this.#times = [...ops.map(op => op.call), ...ops.map(op => op.return!)]
    const end = 2 * this.count
    const nodes = Array.from({ length: end }, (_, node) => node).sort(
      (a, b) => this.timeOf(a) - this.timeOf(b) || a - b,
    )
    this.#next = new Int32Array(end + 1)
    this.#previous = new Int32Array(end + 1)
    for (const [at, node] of [...nodes, end].entries()) {
      const before = at === 0 ? end : nodes[at - 1]!
      this.#next[before] = node
      this.#previous[node] = before
    }
  }
  timeOf(node: number): number {
    return this.#times[node] ?? Infinity
  }
  get first(): number {
    return this.#next[2 * this.count]!
  }
  after(node: number): number {
    return this.#next[node]!
  }
  isCall(node: number): boolean {
    return node < this.count
  }
  lift(op: number): void {
    for (const node of [op, this.count + op]) {
      this.#next[this.#previous[node]!] = this.#next[node]!
      this.#previous[this.#next[node]!] = this.#previous[node]!
    }
  }
  unlift(op: number): void {
    for (const node of [this.count + op, op]) {
      this.#next[this.#previous[node]!] = node
      this.#previous[this.#next[node]!] = node
    }
  }
}

/** An operation that was taken, and what to go back to. */
interface Taken<State> {
  op: number
  state: State
  latest: number
  unknown: bigint
  /** It changes nothing and fits, so that no other choice could have been better. */
  settled: boolean
}

class Search<State> {
  readonly #model: SequentialModel<State>
  readonly #ops: readonly Operation[]
  readonly #events: Events
  readonly #equal: (a: State, b: State) => boolean
  readonly #seen = new Map<string, { state: State; unknown: bigint }[]>()
  readonly #trail: Taken<State>[] = []
  #state: State
  /** Of the operations taken that have an outcome: how many, and the highest number. */
  #known = 0
  #latest = -1
  /** Those without, as bits. */
  #unknown = 0n
  /** How many steps and comparisons it may still take. */
  #left: number
  #best: { known: number; order: Operation[]; state: State; stuck: Operation[] }

  constructor(ops: readonly Operation[], model: SequentialModel<State>, most: number) {
    const known = ops.filter(op => op.status === 'ok').sort((a, b) => a.call - b.call)
    const unknown = ops
      .filter(op => op.status === 'info')
      .map(op => ({ ...op, output: undefined }))
      .filter(op => model.readonly?.(op) !== true) // of what changes nothing, an unknown output says nothing
    this.#model = model
    this.#left = most
    this.#equal = model.equal?.bind(model) ?? same
    this.#events = new Events(known)
    this.#ops = [...known, ...unknown.sort((a, b) => a.call - b.call)]
    this.#state = model.init
    this.#best = { known: -1, order: [], state: model.init, stuck: [] }
  }

  run(): Outcome<State> {
    let after = -1
    while (this.#known < this.#events.count) {
      if (this.#left < 0) return this.#outcome('undecided')
      const settled = after < 0 ? this.#settled() : -1
      if (settled >= 0 ? this.#take(settled, true) : this.#takeNext(after)) {
        after = -1
      } else {
        this.#note()
        after = this.#back()
        if (after < 0) return this.#outcome('refused')
      }
    }
    this.#note()
    return this.#outcome('linearizable')
  }

  /** One that may come next, fits, and never changes anything: it can be taken now as well as later. */
  #settled(): number {
    if (this.#model.readonly === undefined) return -1
    for (let op = this.#events.first; this.#events.isCall(op); op = this.#events.after(op)) {
      if (this.#model.readonly(this.#ops[op]!) && this.#model.step(this.#state, this.#ops[op]!) !== undefined) return op
    }
    return -1
  }

  /** Takes the next one that fits after this one (-1: the first), in order of their calls, those without an outcome last. */
  #takeNext(after: number): boolean {
    const { count } = this.#events
    let node = after < 0 || after >= count ? this.#events.first : this.#events.after(after)
    for (; this.#events.isCall(node); node = this.#events.after(node)) {
      if (after < count && this.#take(node, false)) return true
    }
    const until = this.#events.timeOf(node)
    for (let op = Math.max(after + 1, count); op < this.#ops.length && this.#ops[op]!.call <= until; op++) {
      if ((this.#unknown & this.#bit(op)) === 0n && this.#take(op, false)) return true
    }
    return false
  }
  #bit(op: number): bigint {
    return 1n << BigInt(op - this.#events.count)
  }

  /** Takes it if it fits, and if this leads to something that has not been seen. */
  #take(op: number, settled: boolean): boolean {
    this.#left--
    const step = this.#model.step(this.#state, this.#ops[op]!)
    if (step === undefined) return false
    const before = { op, state: this.#state, latest: this.#latest, unknown: this.#unknown, settled }
    if (op >= this.#events.count) {
      if (this.#equal(step.state, this.#state)) return false
      this.#unknown |= this.#bit(op)
    } else {
      this.#events.lift(op)
      this.#latest = Math.max(this.#latest, op)
      this.#known++
    }
    this.#state = step.state
    this.#trail.push(before)
    if (this.#isNew()) return true
    this.#undo()
    return false
  }
  #undo(): Taken<State> {
    const taken = this.#trail.pop()!
    if (taken.op < this.#events.count) {
      this.#events.unlift(taken.op)
      this.#known--
    }
    this.#state = taken.state
    this.#latest = taken.latest
    this.#unknown = taken.unknown
    return taken
  }
  /** Goes back to the last choice, and gives what was chosen there; -1: there is none. */
  #back(): number {
    while (this.#trail.length > 0) {
      const { op, settled } = this.#undo()
      if (!settled) return op
    }
    return -1
  }

  /**
   * What has been taken is all up to the latest one, but for those that still are in the list before it: they overlap its
   * call, so they are few.
   */
  #isNew(): boolean {
    let name = String(this.#latest)
    for (let op = this.#events.first; op < this.#latest; op = this.#events.after(op)) name += ` ${op}`
    if (this.#model.hash !== undefined) name += `:${this.#model.hash(this.#state)}`
    const [state, unknown] = [this.#state, this.#unknown]
    const seen = this.#seen.get(name) ?? []
    if (seen.length === 0) this.#seen.set(name, seen)
    for (const other of seen) {
      this.#left--
      if ((other.unknown & unknown) === other.unknown && this.#equal(other.state, state)) return false
    }
    seen.push({ state, unknown })
    return true
  }

  /** Keeps what has been taken, if it is the longest so far. */
  #note(): void {
    if (this.#known <= this.#best.known) return
    const stuck: Operation[] = []
    for (let op = this.#events.first; this.#events.isCall(op); op = this.#events.after(op)) stuck.push(this.#ops[op]!)
    this.#best = { known: this.#known, order: this.#trail.map(({ op }) => this.#ops[op]!), state: this.#state, stuck }
  }
  #outcome(verdict: Outcome<State>['verdict']): Outcome<State> {
    this.#note()
    const { order, state, stuck } = this.#best
    return { verdict, order, state, stuck }
  }
}
