// The host threads of a system as its first thread sees them: starts them, hears of their end, puts others in their place.
//
//   a life:  seated, its worker begins ─▶ entered, and heir of those before it ─▶ lost (crashed, or found blocked)
//   then:    told ─▶ backoff ─▶ a successor is seated, so that frames can be sent to it ─▶ entered: the heir
//   or:      another is seated beside it ─▶ entered ─▶ adopted: this one retires ─▶ ended in order, when nothing needs it
// Invariants:
// - A *line* is what users know as one thread: lives that follow each other. All lives of a line that have no heir yet get
//   the same one, or hear that there will be none.
// - A lost thread is fenced on the board before its worker is ended, and nobody waits for that: a worker that is stuck in
//   a native call keeps its slot, and the successor takes another.
import { SystemClosed, UpgradeFailed } from '../core/errors.ts'
import type { Lines } from '../core/rollout.ts'
import { notedTurn } from '../core/turn-words.ts'
import type { Upgrade } from '../core/upgrades.ts'
import type { HostThreadsParts } from './host-threads-parts.ts'
import { Pulse } from './pulse.ts'
import { MOST_LIVES, NOBODY } from './thread-board.ts'
import { Line, type Next } from './line.ts'
import { Reports } from './reports.ts'
import { ThreadPool } from './thread-pool.ts'
import { emptyVault, isVaultOf } from './vault.ts'
import { Watchdog } from './watchdog.ts'

/** ms before a line's next life begins: at once, then doubling as long as its lives are shorter than STEADY. */
const FIRST_BACKOFF = 100
const LONGEST_BACKOFF = 10_000
const STEADY = 10_000
/** ms until a slot is looked for again, when all are in use still. */
const LOOK_AGAIN = 50

export class HostThreads implements Lines {
  readonly #parts: HostThreadsParts
  readonly #pool: ThreadPool
  readonly #watchdog: Watchdog | undefined
  readonly #lines: Line[] = []
  /** By number: lives that are not known to be lost. */
  readonly #living = new Map<number, Line>()
  /** Why lives were lost, until all that have to know have been told. */
  readonly #reasons = new Map<number, unknown>()
  readonly #reports: Reports
  #closing = false

  constructor(parts: HostThreadsParts) {
    const { memory, rules, events } = parts
    this.#parts = parts
    this.#pool = new ThreadPool(parts.pool)
    this.#reports = new Reports(memory.board, events)
    for (let thread = 1; thread <= parts.pool.count; thread++) {
      const line = new Line()
      this.#lines.push(line)
      this.#begin(line, thread)
    }
    if (Math.min(rules.blockedAfter, rules.endBlockedAfter) === Infinity) return
    this.#watchdog = new Watchdog(memory.parts, rules, error => events.unwatched(error))
  }

  /** The numbers of those that live, or are about to. */
  get living(): number[] {
    return [...this.#living.keys()]
  }

  /** All numbers that there have been, but the first thread's. */
  get all(): number[] {
    return Array.from({ length: this.#parts.memory.board.lives - 1 }, (_, i) => i + 1)
  }

  /** Why a thread was lost; asked once. */
  reasonOf(thread: number): unknown {
    this.#notice(thread)
    const reason = this.#reasons.get(thread)
    this.#reasons.delete(thread)
    return reason
  }

  /** The board has changed: somebody has entered, was found blocked, or was declared lost for that. */
  look(): void {
    this.#reports.pass([0, ...this.#living.keys()])
    for (const thread of this.living) this.#notice(thread)
    for (const { retiring } of this.#lines) for (const thread of retiring) this.#noticeEnd(thread)
    const { board } = this.#parts.memory
    for (const line of this.#lines) {
      const { life, entered, next } = line
      if (life !== undefined && !entered) this.#welcome(line, life)
      if (next !== undefined && board.entered(next.thread) && !board.gone(next.thread)) next.there(next.thread)
    }
  }

  /** From here on nobody is replaced. */
  close(): void {
    this.#closing = true
    for (const line of this.#lines) {
      clearTimeout(line.timeout)
      if (line.life === undefined) this.#leaveEmpty(line, undefined)
      line.next?.failed(new SystemClosed('upgrade: the system is closed'))
      line.changed()
    }
  }
  /** From here on they end because they were asked to. */
  expectEnd(): void {
    this.#pool.expectEnd()
  }
  /** Waits up to `ms` for all to end by themselves, and then ends them. */
  async end(ms: number): Promise<void> {
    await this.#watchdog?.close()
    const stuck = await this.#pool.end(ms)
    for (const thread of this.living) if (stuck.includes(this.#workerOf(thread))) this.#parts.events.stuck(thread)
  }

  // --- A life

  #begin(line: Line, thread: number): void {
    line.life = thread
    line.entered = false
    line.estates = line.estates.filter(lost => this.#isKept(lost))
    this.#run(line, thread, [...new Set([...line.estates, ...line.orphans])], line.upgrades)
  }
  #run(line: Line, thread: number, inherits: readonly number[], upgrades: readonly Upgrade[]): void {
    this.#living.set(thread, line)
    const task = { ...this.#parts.task, thread, inherits, upgrades, quarantined: this.#parts.quarantined() }
    this.#pool.start(task, error => this.#lost(thread, error))
  }

  /** Whether a lost thread's vault holds something. */
  #isKept(lost: number): boolean {
    const { memory, task } = this.#parts
    return isVaultOf(task.parts.vaults[memory.board.slotOf(lost)]!, lost)
  }

  #welcome(line: Line, life: number): void {
    const { memory, events } = this.#parts
    if (!memory.board.entered(life) || memory.board.gone(life)) return
    line.entered = true
    line.enteredAt = performance.now()
    for (const lost of line.orphans.splice(0)) {
      memory.board.confirm(lost)
      events.replaced(lost, life)
    }
    line.changed()
  }

  /** The watchdog may have declared it lost. */
  #notice(thread: number): void {
    const { memory, because } = this.#parts
    const { board } = memory
    if (!this.#living.has(thread) || board.state(thread) !== 'lost') return
    this.#lost(thread, because(new Pulse(board, board.slotOf(thread)).report))
  }

  #lost(thread: number, error: unknown): void {
    const line = this.#living.get(thread)
    if (line === undefined) return
    this.#living.delete(thread)
    if (line.next?.thread === thread) return this.#lostNext(line, line.next, error)
    if (line.retiring.delete(thread)) return this.#lostRetiring(line, thread, error)
    this.#reasons.set(thread, error)
    const lasted = line.entered ? performance.now() - line.enteredAt : 0
    if (lasted >= STEADY) line.failures = 0
    line.life = undefined
    line.entered = false
    line.orphans.push(thread)
    line.estates.push(thread)
    this.#declareLost(thread, error)
    this.#replace(line)
  }
  #declareLost(thread: number, error: unknown): void {
    const { memory, events } = this.#parts
    memory.board.declareLost(thread)
    events.lost(thread, error, notedTurn(new Pulse(memory.board, memory.board.slotOf(thread)).turnWords, 0))
    void this.#end(thread)
  }

  async #end(thread: number): Promise<void> {
    const worker = this.#workerOf(thread)
    this.#pool.stop(thread)
    if (!(await this.#pool.isOver(worker))) this.#parts.events.stuck(thread)
  }

  #workerOf(thread: number): number {
    const { board } = this.#parts.memory
    return new Pulse(board, board.slotOf(thread)).worker
  }

  // --- The next one

  #replace(line: Line): void {
    if (this.#closing || !this.#parts.rules.replaceThreads) return this.#leaveEmpty(line, undefined)
    const delay = line.failures === 0 ? 0 : Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (line.failures - 1))
    line.failures++
    if (delay === 0) this.#succeed(line)
    else line.timeout = setTimeout(() => this.#succeed(line), delay)
  }

  #succeed(line: Line): void {
    const { board } = this.#parts.memory
    if (board.lives >= MOST_LIVES) {
      return this.#leaveEmpty(line, `the system has had all of its ${MOST_LIVES} threads`)
    }
    const slot = this.#findSlot()
    if (slot === undefined) return void (line.timeout = setTimeout(() => this.#succeed(line), LOOK_AGAIN))
    const thread = board.seat(slot)!
    this.#reports.begin(slot)
    for (const lost of line.orphans) board.follow(lost, thread)
    this.#begin(line, thread)
  }
  #findSlot(): number | undefined {
    return this.#parts.memory.findSlot(old => this.#pool.exited(this.#workerOf(old)) && !this.#isKept(old))
  }

  #leaveEmpty(line: Line, why: string | undefined): void {
    const { memory, events, task } = this.#parts
    for (const lost of line.orphans.splice(0)) {
      memory.board.follow(lost, NOBODY)
      if (why !== undefined) events.notReplaced(lost, why)
    }
    for (const lost of line.estates.splice(0)) emptyVault(task.parts.vaults[memory.board.slotOf(lost)]!, lost)
  }

  // --- A fresh one beside it

  get lines(): readonly number[] {
    return this.#lines.map((_, index) => index + 1)
  }

  async start(number: number, upgrades: readonly Upgrade[]): Promise<number> {
    const line = this.#lines[number - 1]!
    const { board } = this.#parts.memory
    await this.#settled(line)
    const slot = this.#findSlot()
    const thread = slot === undefined ? undefined : board.seat(slot)
    if (thread === undefined) {
      const why =
        slot === undefined ? 'threads of earlier upgrades have not ended yet' : `there have been ${MOST_LIVES}`
      throw new UpgradeFailed(`there is no room for another thread: ${why}`)
    }
    this.#reports.begin(slot!)
    const all = [...line.upgrades, ...upgrades]
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    line.next = { thread, upgrades: all, there: resolve, failed: reject }
    this.#run(line, thread, [], all)
    return promise
  }

  async adopt(number: number, thread: number): Promise<readonly number[]> {
    const line = this.#lines[number - 1]!
    const { memory, events } = this.#parts
    await this.#settled(line)
    const { life, next } = line
    if (next?.thread !== thread) throw new UpgradeFailed(`thread ${thread} has ended`)
    line.life = thread
    line.next = undefined
    line.upgrades = next.upgrades
    line.enteredAt = performance.now()
    line.retiring.add(life!)
    for (const old of line.retiring) {
      memory.board.follow(old, thread)
      memory.board.confirm(old)
    }
    events.replaced(life!, thread)
    return [...line.retiring]
  }

  drop(thread: number): void {
    const line = this.#living.get(thread)
    if (line?.next?.thread === thread) this.#lost(thread, new Error('it is not needed'))
  }

  async #settled(line: Line): Promise<void> {
    while (!this.#closing && !line.entered) await line.change()
    if (this.#closing) throw new SystemClosed('upgrade: the system is closed')
  }

  #lostNext(line: Line, { thread, failed }: Next, error: unknown): void {
    const { board } = this.#parts.memory
    line.next = undefined
    failed(error)
    board.declareLost(thread)
    board.follow(thread, NOBODY)
    void this.#end(thread)
  }
  /** Who has taken its place is its heir. */
  #lostRetiring(line: Line, thread: number, error: unknown): void {
    if (this.#parts.memory.board.state(thread) === 'ended') return void this.#end(thread)
    this.#reasons.set(thread, error)
    line.estates.push(thread)
    this.#declareLost(thread, error)
  }
  #noticeEnd(thread: number): void {
    if (this.#parts.memory.board.state(thread) === 'ended') this.#lost(thread, undefined)
  }
}
