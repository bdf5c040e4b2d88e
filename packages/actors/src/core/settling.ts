// The sender's fence: an actor that has moved sends nothing to anybody from its new thread before what it had sent to the
// same one from the old thread has been taken in. Pure, like standing.ts.
//
// Two ways lead there. The old thread asks all others, for all actors that have left it lately at once, whether everything
// that it had sent has been taken in, also what they have passed on (`Settling`); then the moved actor is free. What the
// actor sends before that is held on the new thread, and for each target the old one is asked for a mark: a fence down its
// own stream to that target, answered to the new thread (`Waking`). So a thread that is busy for long delays only what goes to it.
//
// Invariants: a moved actor moves on only when it is settled, so it has one old thread at most. Rounds do not overlap; who
// leaves during one belongs to the next.

/** What a round, or an answer to another thread's round, still waits for. */
interface Debt {
  readonly threads: Set<number>
  /** Below 0 at first where marks have come back before it is known how many there are. */
  marks: number
  counted: boolean
  /** The ticket of its marks, where they were sent again. */
  marking?: number
  /** Whom to tell: another thread, with its ticket; undefined for a round of this thread's own. */
  readonly to: { readonly thread: number; readonly ticket: number } | undefined
}

export interface SettlingPort<Actor> {
  /** The threads that there are, this one left out. */
  others(): readonly number[]
  /** Asks a thread to say when all that it had from this one until now has been taken in. */
  askFlush(thread: number, ticket: number): void
  answerFlush(thread: number, ticket: number): void
  /** Sends a mark down each stream that has something of others under way, or held; gives how many. `own`: of this thread's too. */
  mark(ticket: number, own: boolean): number
  /** Tells the actor's new thread. */
  settled(actor: Actor, thread: number): void
}

export class Settling<Actor> {
  readonly #port: SettlingPort<Actor>
  readonly debts = new Map<number, Debt>()
  tickets = 0
  /** Of marks that were sent again, after a loss: for which debt. */
  #again: Map<number, number> | undefined = undefined
  round = 0
  leaving: [Actor, number][] = []
  next: [Actor, number][] = []

  constructor(port: SettlingPort<Actor>) {
    this.#port = port
  }

  /** An actor has left for a thread. */
  left(actor: Actor, to: number): void {
    this.next.push([actor, to])
    if (this.round === 0) this.#begin()
  }

  #begin(): void {
    this.leaving = this.next
    this.next = []
    const ticket = (this.round = ++this.tickets)
    const others = this.#port.others()
    const debt: Debt = { threads: new Set(others), marks: 0, counted: false, to: undefined }
    this.debts.set(ticket, debt)
    for (const thread of others) this.#port.askFlush(thread, ticket)
    this.#mark(ticket, debt, true)
  }

  /** Another thread asks. */
  asked(thread: number, theirs: number): void {
    const ticket = ++this.tickets
    const debt: Debt = { threads: new Set(), marks: 0, counted: false, to: { thread, ticket: theirs } }
    this.debts.set(ticket, debt)
    this.#mark(ticket, debt, false)
  }
  #mark(ticket: number, debt: Debt, own: boolean): void {
    const marks = this.#port.mark(ticket, own)
    debt.marks += marks
    debt.counted = true
    this.#check(ticket, debt)
  }

  answered(thread: number, ticket: number): void {
    const debt = this.debts.get(ticket)
    if (debt?.threads.delete(thread)) this.#check(ticket, debt)
  }
  marked(marking: number): void {
    const ticket = this.#again?.get(marking) ?? marking
    const debt = this.debts.get(ticket)
    if (debt === undefined || (debt.marking ?? ticket) !== marking) return
    debt.marks--
    this.#check(ticket, debt)
  }
  /** What a lost thread had, it has taken along: nobody waits for it, nor does it; and marks that it had are sent again. */
  lost(thread: number): void {
    for (const [ticket, debt] of [...this.debts]) {
      debt.threads.delete(thread)
      if (debt.to?.thread === thread) this.#forget(ticket, debt)
      else if (debt.counted && debt.marks > 0) this.#markAgain(ticket, debt)
      else this.#check(ticket, debt)
    }
  }
  #markAgain(ticket: number, debt: Debt): void {
    const marking = ++this.tickets
    if (debt.marking !== undefined) this.#again!.delete(debt.marking)
    ;(this.#again ??= new Map()).set(marking, ticket)
    debt.marking = marking
    debt.marks = 0
    debt.counted = false
    debt.marks += this.#port.mark(marking, debt.to === undefined)
    debt.counted = true
    this.#check(ticket, debt)
  }

  #check(ticket: number, debt: Debt): void {
    if (debt.threads.size > 0 || debt.marks > 0 || !debt.counted) return
    this.#forget(ticket, debt)
    if (debt.to !== undefined) return this.#port.answerFlush(debt.to.thread, debt.to.ticket)
    const leaving = this.leaving
    this.round = 0
    this.leaving = []
    for (const [actor, to] of leaving) this.#port.settled(actor, to)
    if (this.next.length > 0) this.#begin()
  }
  #forget(ticket: number, { marking }: Debt): void {
    this.debts.delete(ticket)
    if (marking !== undefined) this.#again!.delete(marking)
  }
}

/** What an actor sends between its arrival and the word that it is settled. */
export class Waking<Target, Held> {
  /** The thread that it came from. */
  readonly from: number
  readonly #ask: (target: Target, ticket: number) => void
  readonly #release: (target: Target, held: Held[]) => void
  readonly held = new Map<number, { target: Target; held: Held[]; after: (() => void)[] }>()
  /** By target, as `keyOf` names it. */
  readonly tickets = new Map<unknown, number>()
  readonly #keyOf: (target: Target) => unknown
  last = 0

  /** `ask`: sends for a mark to a target. `release`: sends what is held for it. `keyOf`: alike for all that mean the same. */
  constructor(
    from: number,
    ask: (target: Target, ticket: number) => void,
    release: (target: Target, held: Held[]) => void,
    keyOf: (target: Target) => unknown = target => target,
  ) {
    this.from = from
    this.#keyOf = keyOf
    this.#ask = ask
    this.#release = release
  }

  /** Whether what it sends to the target must be held; if so, `hold` takes it. */
  holds(target: Target): boolean {
    const ticket = this.tickets.get(this.#keyOf(target))
    return ticket === undefined || this.held.has(ticket)
  }
  hold(target: Target, frame: Held): void {
    this.#heldFor(target).held.push(frame)
  }
  /** Runs it behind all that is held for a target, or still under way from the old thread. Only where it `holds`. */
  after(target: Target, run: () => void): void {
    this.#heldFor(target).after.push(run)
  }
  #heldFor(target: Target): { held: Held[]; after: (() => void)[] } {
    const key = this.#keyOf(target)
    let ticket = this.tickets.get(key)
    if (ticket === undefined) {
      this.tickets.set(key, (ticket = ++this.last))
      this.held.set(ticket, { target, held: [], after: [] })
      this.#ask(target, ticket)
    }
    return this.held.get(ticket)!
  }

  /** The target has taken in what was sent before. */
  marked(ticket: number): void {
    const found = this.held.get(ticket)
    if (found === undefined) return
    this.held.delete(ticket)
    this.#release(found.target, found.held)
    for (const run of found.after) run()
  }
  /** All have. */
  settled(): void {
    for (const ticket of [...this.held.keys()]) this.marked(ticket)
  }
}
