// What must be true of any run of any program, checked from the outside: by what handlers see and what refs give back.
//
// The audit is told of every message sent, every turn begun and ended, every hook, timer, notice and ask. It throws
// nothing while the program runs (a handler's throw would be a fault like any other): it collects violations.
// Invariant: what it knows is about lives. A life is one state of one actor: a restart begins another.
import type { DeadLetter } from '../src/core/dead-letters.ts'

export interface Message {
  readonly id: number
  readonly from: string
  /** Counts what this sender has sent to this actor. */
  readonly order: number
}

export class Life {
  actor = ''
  number = 0
  over = false
  exclusive = 0
  readers = 0
  readonly timers = new Set<number>()
  readonly children = new Set<string>()
  /** By the watched actor: the watch's number. */
  readonly watches = new Map<string, number>()
}

interface Sent {
  readonly to: string
  readonly from: string
  begun: number
  /** Its ask was given up, so an answer that it got instead of a turn was void. */
  givenUp?: boolean
}

/** The thread that an actor stands on, from its id; 0 for the callback. */
export const homeOf = (id: string): number => Number(/#(\d+)/.exec(id)?.[1] ?? 0)

export class Audit {
  readonly violations: string[] = []
  readonly coverage: Map<string, number>
  readonly lives = new Map<string, Life>()
  readonly lost = new Set<number>()
  readonly #sent = new Map<number, Sent>()
  readonly #orders = new Map<string, number>()
  readonly #begunOrders = new Map<string, number>()
  readonly #asks = new Map<number, string>()
  readonly #dead = new Map<string, number>()
  readonly #cycles = new Map<string, number>()
  readonly #unknown = new Map<string, number>()
  readonly #due = new Map<number, { at: number; period: number | undefined; life: Life; left: number }>()
  readonly #notices = new Map<number, number>()
  readonly #stopped = new Set<string>()
  readonly #started = new Set<string>()
  readonly #parents = new Map<string, Life>()
  readonly #names = new Map<string, Life>()
  #made = 0

  constructor(coverage: Map<string, number>) {
    this.coverage = coverage
  }
  saw(what: string): void {
    this.coverage.set(what, (this.coverage.get(what) ?? 0) + 1)
  }
  check(kept: boolean, what: () => string): void {
    if (!kept) this.violations.push(what())
  }

  // ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** `ordered`: the handler keeps its place among the sender's other messages. */
  sending(from: string, to: string, ordered: boolean): Message {
    const id = ++this.#made
    this.#sent.set(id, { to, from, begun: 0 })
    const pair = `${from} to ${to}`
    let order = 0
    if (ordered) {
      order = (this.#orders.get(pair) ?? 0) + 1
      this.#orders.set(pair, order)
    }
    return { id, from, order }
  }
  /** It was refused on the spot: never sent. */
  unsent({ id }: Message): void {
    this.#sent.delete(id)
  }
  unknown(to: string): void {
    add(this.#unknown, to)
  }
  asking({ id }: Message, to: string): void {
    this.#asks.set(id, to)
  }
  asked({ id }: Message, how: string): void {
    this.check(this.#asks.delete(id), () => `ask ${id} ended twice`)
    this.saw(`ask: ${how}`)
    const sent = this.#sent.get(id)!
    if (how === 'ask-cycle') add(this.#cycles, sent.to)
    if (how === 'aborted' || how === 'expired') sent.givenUp = true
  }
  dead({ to, reason, count }: DeadLetter): void {
    add(this.#dead, to, count)
    this.saw(`dead letter: ${reason}`)
  }

  // ── turns ─────────────────────────────────────────────────────────────────────────────────────────────────────

  begin(life: Life, kind: 'work' | 'look' | 'chat', message: Message, sender: string): void {
    const { actor } = life
    const sent = this.#sent.get(message.id)
    if (sent === undefined) return void this.violations.push(`${actor} got message ${message.id}, which nobody sent`)
    this.check(++sent.begun === 1, () => `message ${message.id} was handled ${sent.begun} times`)
    this.check(sent.to === actor, () => `message ${message.id} to ${sent.to} came to ${actor}`)
    this.check(sender === sent.from, () => `the sender of ${message.id} is ${sent.from}, and was said to be ${sender}`)
    this.#runs(life, 'a message')
    if (message.order > 0) {
      const pair = `${message.from} to ${actor}`
      const last = this.#begunOrders.get(pair) ?? 0
      this.check(message.order > last, () => `${pair}: message ${message.order} was handled after ${last}`)
      this.#begunOrders.set(pair, message.order)
    }
    this.enter(life, kind)
  }
  enter(life: Life, kind: 'work' | 'look' | 'chat'): void {
    if (kind === 'chat') return
    const alone = life.exclusive === 0 && (kind === 'look' || life.readers === 0)
    this.check(alone, () => `${life.actor}: a turn of ${kind} began beside another`)
    if (kind === 'look') this.saw(life.readers++ > 0 ? 'readonly beside readonly' : 'readonly alone')
    else life.exclusive++
  }
  leave(life: Life, kind: 'work' | 'look' | 'chat'): void {
    if (kind === 'work') life.exclusive--
    else if (kind === 'look') life.readers--
  }
  #runs(life: Life, what: string): void {
    this.check(!life.over, () => `${life.actor} ran ${what} after its life had ended`)
    this.check(!this.#stopped.has(life.actor), () => `${life.actor} ran ${what} after it had stopped`)
    this.check(!this.lost.has(homeOf(life.actor)), () => `${life.actor} ran ${what} after its thread was lost`)
  }

  // ── lives ─────────────────────────────────────────────────────────────────────────────────────────────────────

  started(life: Life, actor: string, why: string, name: string | undefined): void {
    life.actor = actor
    this.saw(`started: ${why}`)
    const before = this.lives.get(actor)
    this.check((why === 'spawned') === (before === undefined), () => `${actor} was ${why}, but not for the first time`)
    this.check(before?.over !== false, () => `${actor} began a life before the last one had ended`)
    life.number = (before?.number ?? 0) + 1
    this.lives.set(actor, life)
    this.#started.add(actor)
    this.check(this.#parents.get(actor)?.over !== true, () => `${actor} started after its parent had stopped`)
    if (name === undefined) return
    name = `${actor.split('#')[0]}/${name}`
    const holder = this.#names.get(name)
    const free = holder === undefined || holder.actor === actor || holder.over || this.lost.has(homeOf(holder.actor))
    this.check(free, () => `${actor} has the name '${name}' of ${holder!.actor}`)
    this.#names.set(name, life)
  }
  stopping(life: Life, why: string): void {
    this.saw(`stopping: ${why}`)
    this.check(!life.over, () => `${life.actor} stopped twice in one life`)
    life.over = true
    for (const child of life.children) {
      const there = this.lives.get(child)
      const gone = there === undefined || there.over || this.lost.has(homeOf(child))
      this.check(gone, () => `${life.actor} stopped before its child ${child}`)
    }
  }
  spawned(parent: Life, child: string): void {
    parent.children.add(child)
    this.#parents.set(child, parent)
  }
  /** Somebody waited for the actor's end, and it came. */
  stopped(actor: string): void {
    this.saw('stop awaited')
    this.#stopped.add(actor)
    const life = this.lives.get(actor)
    this.check(
      life?.over !== false || this.lost.has(homeOf(actor)),
      () => `${actor} was said to have stopped, and lives`,
    )
  }

  // ── timers, watches ───────────────────────────────────────────────────────────────────────────────────────────

  /** One with a period is cancelled by its actor once it has fired three times. */
  setTimer(life: Life, at: number, period: number | undefined): number {
    const id = ++this.#made
    life.timers.add(id)
    this.#due.set(id, { at, period, life, left: period === undefined ? 1 : 3 })
    return id
  }
  cancelled(life: Life, id: number): void {
    if (life.timers.delete(id)) this.saw('timer cancelled')
  }
  /** True when it is to be cancelled. */
  fired(life: Life, id: number, now: number): boolean {
    const timer = this.#due.get(id)!
    this.saw('timer fired')
    this.#runs(life, 'a timer')
    this.check(timer.life === life, () => `${life.actor}: timer ${id} of another life fired`)
    this.check(now >= timer.at, () => `${life.actor}: timer ${id} fired at ${now}, due at ${timer.at}`)
    this.check(life.timers.has(id) && timer.left-- > 0, () => `${life.actor}: timer ${id} fired too often`)
    timer.at += timer.period ?? 0
    if (timer.left === 0) life.timers.delete(id)
    return timer.left === 0 && timer.period !== undefined
  }
  watching(life: Life, actor: string): number {
    const id = ++this.#made
    life.watches.set(actor, id)
    this.saw('watch')
    return id
  }
  unwatched(life: Life, actor: string): void {
    if (life.watches.delete(actor)) this.saw('unwatch')
  }
  noticed(life: Life, id: number, actor: string, why: string): void {
    this.saw(`watch heard: ${why}`)
    this.#runs(life, 'a notice')
    add(this.#notices, id)
    this.check(this.#notices.get(id) === 1, () => `${life.actor} heard of the end of ${actor} twice`)
    this.check(
      life.watches.get(actor) === id,
      () => `${life.actor} heard of the end of ${actor}, which it did not watch`,
    )
    life.watches.delete(actor)
    const there = this.lives.get(actor)
    const ended = there === undefined || there.over || this.lost.has(homeOf(actor))
    this.check(ended, () => `${life.actor} heard of the end of ${actor}, which lives`)
  }

  // ── at the end ────────────────────────────────────────────────────────────────────────────────────────────────

  /** The system has closed. */
  closed(): void {
    for (const [id, to] of this.#asks) {
      const { from } = this.#sent.get(id)!
      this.check(this.lost.has(homeOf(from)), () => `ask ${id} from ${from} to ${to} never ended`)
    }
    for (const life of this.lives.values()) {
      this.check(life.over || this.lost.has(homeOf(life.actor)), () => `${life.actor} has not stopped`)
    }
  }
  /** Nothing moves any more, and nothing is on its way. */
  rested(): void {
    this.#checkBalance()
    for (const life of this.lives.values()) {
      if (life.over || this.lost.has(homeOf(life.actor))) continue
      this.check(life.timers.size === 0, () => `${life.actor}: ${life.timers.size} timers have not fired`)
      for (const watched of life.watches.keys()) {
        const there = this.lives.get(watched)
        const ended = this.lost.has(homeOf(watched)) || there?.over === true
        this.check(!ended, () => `${life.actor} never heard of the end of ${watched}`)
      }
    }
  }
  /** Each actor's messages: handled, or dead letters, or asks that would have waited on themselves. */
  #checkBalance(): void {
    const most = new Map<string, number>()
    const least = new Map<string, number>()
    const ended = new Map<string, number>()
    for (const { to, from, begun, givenUp } of this.#sent.values()) {
      add(most, to)
      const certain = begun > 0 || givenUp !== true
      if (certain && !this.lost.has(homeOf(from)) && !this.lost.has(homeOf(to))) add(least, to)
      add(ended, to, begun)
    }
    for (const [to, count] of this.#unknown) {
      add(most, to, count)
      if (this.lost.size === 0) add(least, to, count)
    }
    for (const [to, count] of [...this.#dead, ...this.#cycles]) add(ended, to, count)
    for (const to of new Set([...most.keys(), ...ended.keys()])) {
      const count = ended.get(to) ?? 0
      const from = least.get(to) ?? 0
      const until = most.get(to) ?? 0
      const words = (): string => `${to}: of ${from}…${until} messages ${count} were handled or dead letters`
      this.check(count >= from && count <= until, words)
    }
  }
}

function add<K>(counts: Map<K, number>, key: K, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
