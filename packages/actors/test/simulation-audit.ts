// What must be true of any run of any program, checked from the outside: by what handlers see and what refs give back.
//
// The audit is told of every message sent, every turn begun and ended, every hook, timer, notice and ask. It throws
// nothing while the program runs (a handler's throw would be a fault like any other): it collects violations.
// Invariants: what it knows is about lives. A life is one state of one actor: a restart begins another, a move goes on with
// it. States are plain data, so they name their life by number. Of actors without hooks nobody tells when a life ends.
import type { DeadLetter } from '../src/core/dead-letters.ts'
import { ChannelAudit } from './moving/channel-audit.ts'
import { MoveAudit } from './moving/move-audit.ts'

export interface Message {
  readonly id: number
  readonly from: string
  /** Counts what this sender has sent to this actor. */
  readonly order: number
}

export class Life {
  readonly number: number
  /** Of an actor without hooks. */
  readonly bare: boolean
  actor = ''
  /** The thread that it is on. */
  place = -1
  /** Its actor has been told that it leaves, and not yet that it has arrived. */
  away = false
  over = false
  exclusive = 0
  readers = 0
  readonly timers = new Set<number>()
  readonly pipes = new Set<number>()
  readonly children = new Set<string>()
  /** By the watched actor: the watch's number. */
  readonly watches = new Map<string, number>()
  constructor(number: number, bare: boolean) {
    this.number = number
    this.bare = bare
  }
}

interface Sent {
  readonly to: string
  readonly from: string
  begun: number
  /** Its ask was given up, so an answer that it got instead of a turn was void. */
  givenUp?: boolean
}

/** The thread that an actor was spawned on, from its id; 0 for the callback. */
const homeOf = (id: string): number => Number(/#(\d+)/.exec(id)?.[1] ?? 0)

export class Audit {
  readonly violations: string[] = []
  readonly coverage: Map<string, number>
  /** By actor: its life, or the last one. */
  readonly lives = new Map<string, Life>()
  readonly lost = new Set<number>()
  readonly moves = new MoveAudit(this)
  readonly channels = new ChannelAudit(this)
  readonly #made: Life[] = []
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
  readonly #parents = new Map<string, Life>()
  readonly #names = new Map<string, Life>()
  readonly #saidToHaveStopped = new Set<string>()
  #numbers = 0

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
    const id = ++this.#numbers
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
    if (how === 'stopped') this.saidToHaveStopped(sent.to)
  }
  dead({ to, reason, count }: DeadLetter): void {
    if (to.startsWith('channel#')) return this.channels.dead(count)
    add(this.#dead, to, count)
    if (reason === 'stopped') this.saidToHaveStopped(to)
    this.saw(`dead letter: ${reason}`)
  }

  /** By a dead letter, or the end of an ask or a move: so at the end it must have. */
  saidToHaveStopped(actor: string): void {
    this.#saidToHaveStopped.add(actor)
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
    this.check(!life.away, () => `${life.actor} ran ${what} between its departure and its arrival`)
    this.check(!this.lost.has(life.place), () => `${life.actor} ran ${what} after its thread was lost`)
  }

  // ── lives ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A state is made. */
  begins(bare: boolean): number {
    return this.#made.push(new Life(this.#made.length, bare)) - 1
  }
  /** The life of a state that an actor has on a thread. */
  life(number: number, actor: string, place: number): Life {
    const life = this.#made[number]!
    if (life.bare) this.#meet(life, actor, place)
    this.check(life.actor === actor, () => `${actor} has the state of ${life.actor}`)
    this.check(life.place === place, () => `${actor} ran on thread ${place}, and is on thread ${life.place}`)
    return life
  }
  /** Nobody has told of it before. */
  #meet(life: Life, actor: string, place: number): void {
    if (life.actor === '') {
      const before = this.lives.get(actor)
      if (before !== undefined) before.over = true
      life.actor = actor
      this.lives.set(actor, life)
    }
    life.place = place
  }
  /** The thread that an actor is on, as far as it has told; 0 for the callback. */
  placeOf(actor: string): number {
    return this.lives.get(actor)?.place ?? homeOf(actor)
  }
  #isLost(actor: string): boolean {
    return this.lost.has(this.placeOf(actor))
  }

  started(number: number, actor: string, why: string, place: number, name: string | undefined): void {
    const life = this.#made[number]!
    this.saw(`started: ${why}`)
    const before = this.lives.get(actor)
    if (why === 'moved') return this.#arrived(life, actor, place)
    this.check((why === 'spawned') === (before === undefined), () => `${actor} was ${why}, but not for the first time`)
    this.check(before?.over !== false, () => `${actor} began a life before the last one had ended`)
    life.actor = actor
    life.place = place
    this.lives.set(actor, life)
    this.check(this.#parents.get(actor)?.over !== true, () => `${actor} started after its parent had stopped`)
    if (name === undefined) return
    name = `${actor.split('#')[0]}/${name}`
    const holder = this.#names.get(name)
    const free = holder === undefined || holder.actor === actor || holder.over || this.lost.has(holder.place)
    this.check(free, () => `${actor} has the name '${name}' of ${holder!.actor}`)
    this.#names.set(name, life)
  }
  #arrived(life: Life, actor: string, place: number): void {
    this.check(life.actor === actor, () => `${actor} arrived with the state of ${life.actor}`)
    this.check(life.away, () => `${actor} arrived without having left`)
    life.away = false
    life.place = place
  }
  stopping(life: Life, why: string): void {
    this.saw(`stopping: ${why}`)
    this.check(!life.over, () => `${life.actor} stopped twice in one life`)
    this.check(!life.away || why !== 'moved', () => `${life.actor} left twice`)
    // a fault that comes from elsewhere ends it even then
    life.away = why === 'moved'
    if (life.away) return
    life.over = true
    for (const child of life.children) {
      const there = this.lives.get(child)
      const gone = there === undefined || there.over || there.bare || this.#isLost(child)
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
      life === undefined || life.over || life.bare || this.#isLost(actor),
      () => `${actor} was said to have stopped, and lives`,
    )
  }

  // ── timers, watches ───────────────────────────────────────────────────────────────────────────────────────────

  /** One with a period is cancelled by its actor once it has fired three times. */
  setTimer(life: Life, at: number, period: number | undefined): number {
    const id = ++this.#numbers
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
  piping(life: Life): number {
    const id = ++this.#numbers
    life.pipes.add(id)
    return id
  }
  /** What a pipe has given; where it has given nothing, its actor hears nothing. */
  piped(life: Life, id: number): void {
    this.saw('pipe')
    this.#runs(life, 'what was piped')
    this.check(life.pipes.delete(id), () => `${life.actor}: pipe ${id} gave twice, or to another life`)
  }
  notPiped(life: Life, id: number): void {
    life.pipes.delete(id)
  }
  watching(life: Life, actor: string): number {
    const id = ++this.#numbers
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
    const ended = there === undefined || there.over || there.bare || this.#isLost(actor)
    this.check(ended, () => `${life.actor} heard of the end of ${actor}, which lives`)
  }

  // ── at the end ────────────────────────────────────────────────────────────────────────────────────────────────

  /** The system has closed. */
  closed(): void {
    for (const [id, to] of this.#asks) {
      const { from } = this.#sent.get(id)!
      this.check(this.#isLost(from), () => `ask ${id} from ${from} to ${to} never ended`)
    }
    for (const life of this.lives.values()) {
      this.check(life.over || life.bare || this.#isLost(life.actor), () => `${life.actor} has not stopped`)
    }
    this.moves.closed()
  }
  /** Nothing goes on any more, and nothing is on its way. `found`: the actors that there are, and their lives' numbers. */
  rested(found: ReadonlyMap<string, number>): void {
    this.#checkBalance()
    for (const life of this.lives.values()) {
      const { actor } = life
      if (life.bare) life.over = !found.has(actor)
      if (life.over || this.#isLost(actor)) continue
      this.check(!this.#saidToHaveStopped.has(actor), () => `${actor} was said to have stopped, and lives`)
    }
    for (const life of this.lives.values()) {
      const { actor } = life
      // one without hooks may have begun another life
      if (life.over || this.#isLost(actor) || (life.bare && found.get(actor) !== life.number)) continue
      this.check(found.get(actor) === life.number, () => `${actor} has not stopped, and is nowhere`)
      this.check(life.timers.size === 0, () => `${actor}: ${life.timers.size} timers have not fired`)
      this.check(life.pipes.size === 0, () => `${actor}: ${life.pipes.size} pipes have given nothing`)
      this.check(!life.away, () => `${actor} left, and never arrived`)
      for (const watched of life.watches.keys()) {
        const ended = this.#isLost(watched) || this.lives.get(watched)?.over === true
        this.check(!ended, () => `${actor} never heard of the end of ${watched}`)
      }
    }
    this.channels.rested()
  }
  /** Living actors by their kind and name. */
  *named(): Iterable<[kind: string, name: string, actor: string]> {
    for (const [key, { actor, over, place }] of this.#names) {
      const [kind, name] = key.split('/') as [string, string]
      if (!over && !this.lost.has(place)) yield [kind, name, actor]
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
      if (certain && !this.#isLost(from) && !this.#isLost(to)) add(least, to)
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
