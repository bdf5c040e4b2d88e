// Explores a system exhaustively: every order in which its steps can be taken, by replay from the start.
//
// Two steps that have touched nothing in common commute, and of orders that differ only in those, one is enough. This is
// dynamic partial-order reduction with source sets and sleep sets (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014): a step is
// tried in another step's place where the two have turned out to race; what has been tried at a point is not tried again
// behind it until something happens that it does not commute with. Every state with nothing left to do is reached.

/** What a step did. */
export interface Done {
  /** What it touched; `everything` commutes with nothing. */
  readonly footprint: readonly string[] | 'everything'
  /** The step that made it possible, by its place in the order; -1 for none. */
  readonly after: number
  /** Other ways that it could have gone, which show only now: named like the step, then a comma. */
  readonly also: readonly string[]
}

export interface System {
  /** What can be done now: steps that are to be taken some time, and others that may never be. */
  steps(): { must: readonly string[]; may: readonly string[] }
  /** A step's name means the same in each replay. */
  take(step: string): Done
  /** There is nothing left that must be done. Throws when something is wrong. */
  end(): Promise<void>
  /** It is left as it is. */
  quit(): Promise<void>
}

export interface Explored {
  /** Orders that were taken to their end, and how many were given up since others cover them. */
  runs: number
  covered: number
  /** Different steps in all: the edges of the tree of orders. */
  steps: number
}

/** What went wrong, and by which steps. */
export class Violation extends Error {
  readonly path: readonly string[]
  constructor(path: readonly string[], cause: unknown) {
    super(`${cause instanceof Error ? cause.message : String(cause)}\n  after ${path.join('\n        ')}`, { cause })
    this.path = path
  }
}

/** A point of an order, and the step that is taken there. */
class Point {
  readonly may: readonly string[]
  readonly todo: Set<string>
  /** Steps that need not be taken here: they have been, here or before something that they commute with. */
  readonly sleep: Map<string, Done>
  step: string
  done!: Done
  /** The steps that must come before it, by their places. */
  before!: Set<number>

  constructor(may: readonly string[], sleep: Map<string, Done>, todo: Set<string>, step: string) {
    this.may = may
    this.sleep = sleep
    this.todo = todo
    this.step = step
  }
}

/** Takes all orders, or throws a Violation. `make` makes the system anew, always alike. */
export async function explore(make: () => System, most = Infinity): Promise<Explored> {
  const explored: Explored = { runs: 0, covered: 0, steps: 0 }
  const path: Point[] = []
  do {
    if (explored.runs + explored.covered >= most) throw new Error(`more than ${most} orders`)
    const system = make()
    try {
      path.forEach((point, at) => {
        const done = system.take(point.step)
        if (at === path.length - 1) take(path, done)
      })
      if (path.length > 0) explored.steps++
      if (goOn(system, path, explored)) {
        await system.end()
        explored.runs++
      } else {
        await system.quit()
        explored.covered++
      }
    } catch (error) {
      throw new Violation(
        path.map(({ step }) => step),
        error,
      )
    }
  } while (back(path))
  return explored
}

/** Goes on to the end; false when all that could be done next has been covered. */
function goOn(system: System, path: Point[], explored: Explored): boolean {
  for (;;) {
    const { must, may } = system.steps()
    if (must.length === 0) return true
    const point = next(path.at(-1), must, may)
    if (point === undefined) return false
    path.push(point)
    take(path, system.take(point.step))
    explored.steps++
  }
}

/** The next point, where something is left to be tried. */
function next(last: Point | undefined, must: readonly string[], may: readonly string[]): Point | undefined {
  const sleep = new Map<string, Done>()
  for (const [step, done] of last?.sleep ?? []) if (commute(done, last!.done)) sleep.set(step, done)
  // the other ways of a step are not covered by its being so
  const others = [...sleep].flatMap(([step, done]) => ([...must, ...may].includes(step) ? done.also : []))
  const step = [...must, ...others, ...may].find(one => !sleep.has(one))
  return step === undefined ? undefined : new Point(may, sleep, new Set([step, ...others, ...may]), step)
}

/** The last step of the path has been taken: finds with which before it that races. */
function take(path: Point[], done: Done): void {
  const last = path.at(-1)!
  const at = path.length - 1
  last.done = done
  for (const one of done.also) last.todo.add(one)
  const before = new Set<number>(done.after >= 0 ? [done.after, ...path[done.after]!.before] : [])
  for (let i = at - 1; i >= 0; i--) {
    const earlier = path[i]!
    if (before.has(i) || commute(earlier.done, done)) continue
    reverse(path, i, at)
    before.add(i)
    for (const one of earlier.before) before.add(one)
  }
  last.before = before
}

/** Sees to it that the step at `to` is tried before the one at `from` as well, with which it races. */
function reverse(path: Point[], from: number, to: number): void {
  const point = path[from]!
  const first: string[] = []
  const others: number[] = []
  for (let i = from + 1; i <= to; i++) {
    const { before, step } = path[i]!
    if (i < to && before.has(from)) continue
    if (!others.some(other => (i === to ? precedes(path, other, to) : before.has(other))))
      first.push(step.split(',')[0]!)
    others.push(i)
  }
  if (first.some(step => point.todo.has(step) || point.may.some(one => one.split(',')[0] === step))) return
  point.todo.add(first[0]!)
}
/** The last step's `before` is not known yet. */
function precedes(path: Point[], one: number, last: number): boolean {
  const { after } = path[last]!.done
  const isBefore = (i: number): boolean => i === one || path[i]!.before.has(one)
  if (after >= 0 && isBefore(after)) return true
  for (let i = one; i < last; i++) if (isBefore(i) && !commute(path[i]!.done, path[last]!.done)) return true
  return false
}

/** To the last point where something else is to be tried, and chooses that; false when there is none. */
function back(path: Point[]): boolean {
  for (let point = path.at(-1); point !== undefined; point = path.at(-1)) {
    point.sleep.set(point.step, point.done)
    const other = [...point.todo].find(one => !point.sleep.has(one))
    if (other !== undefined) {
      point.step = other
      return true
    }
    path.pop()
  }
  return false
}

function commute(a: Done, b: Done): boolean {
  if (a.footprint === 'everything' || b.footprint === 'everything') return false
  return !a.footprint.some(one => b.footprint.includes(one))
}
