// The host threads of a system as its first thread sees them: starts them, hears of their end, puts others in their place.
//
//   a life:  seated, its worker begins ─▶ entered, and heir of those before it ─▶ lost (crashed, or found blocked)
//   then:    told ─▶ backoff ─▶ a successor is seated, so that frames can be sent to it ─▶ entered: the heir
// Invariants:
// - A *line* is what users know as one thread: lives that follow each other. All lives of a line that have no heir yet get
//   the same one, or hear that there will be none.
// - A lost thread is fenced on the board before its worker is ended, and nobody waits for that: a worker that is stuck in
//   a native call keeps its slot, and the successor takes another.
import { type NotedTurn, notedTurn } from '../core/turn-words.ts'
import { Pulse, type Report } from './pulse.ts'
import type { SharedMemory } from './shared-memory.ts'
import { MOST_LIVES, NOBODY } from './thread-board.ts'
import { type HostTask, type PoolOptions, ThreadPool } from './thread-pool.ts'
import { emptyVault, isVaultOf } from './vault.ts'
import type { WatchLimits } from './watch.ts'
import { Watchdog } from './watchdog.ts'

/** What is told of host threads, by their numbers. */
export interface ThreadEvents {
  /** `turn`: in the middle of which it ended, if it was in one. */
  lost(thread: number, error: unknown, turn: NotedTurn | undefined): void
  replaced(thread: number, by: number): void
  notReplaced(thread: number, why: string): void
  blocked(thread: number, report: Report): void
  stuck(thread: number): void
  unwatched(error: Error): void
}

export interface HostThreadsParts {
  readonly memory: SharedMemory
  readonly pool: PoolOptions
  readonly task: Omit<HostTask, 'thread' | 'inherits' | 'quarantined'>
  /** The actors that are not to be revived. */
  quarantined(): readonly string[]
  /** When they are blocked, and whether those that are lost are replaced. */
  readonly rules: WatchLimits & { readonly replaceThreads: boolean }
  readonly events: ThreadEvents
  /** In words, why a thread was found blocked. */
  because(report: Report): Error
}

/** ms before a line's next life begins: at once, then doubling as long as its lives are shorter than STEADY. */
const FIRST_BACKOFF = 100
const LONGEST_BACKOFF = 10_000
const STEADY = 10_000
/** ms until a slot is looked for again, when all are in use still. */
const LOOK_AGAIN = 50

class Line {
  /** The life that is there, or is about to be; undefined between two. */
  life: number | undefined
  /** Those that have no heir yet; and those of which something is kept still, as an heir may be lost before it is done. */
  orphans: number[] = []
  estates: number[] = []
  entered = false
  enteredAt = 0
  failures = 0
  timeout: NodeJS.Timeout | undefined
}

export class HostThreads {
  readonly #parts: HostThreadsParts
  readonly #pool: ThreadPool
  readonly #watchdog: Watchdog | undefined
  readonly #lines: Line[] = []
  /** By number: lives that are not known to be lost. */
  readonly #living = new Map<number, Line>()
  /** Why lives were lost, until all that have to know have been told. */
  readonly #reasons = new Map<number, unknown>()
  /** By slot: how many reports have been passed on. */
  readonly #reports: number[] = []
  #closing = false

  constructor(parts: HostThreadsParts) {
    const { memory, rules, events } = parts
    this.#parts = parts
    this.#pool = new ThreadPool(parts.pool)
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
    this.#passReports()
    for (const thread of this.living) this.#notice(thread)
    for (const line of this.#lines) if (line.life !== undefined && !line.entered) this.#welcome(line, line.life)
  }

  /** From here on nobody is replaced. */
  close(): void {
    this.#closing = true
    for (const line of this.#lines) {
      clearTimeout(line.timeout)
      if (line.life === undefined) this.#leaveEmpty(line, undefined)
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
    this.#living.set(thread, line)
    const quarantined = this.#parts.quarantined()
    line.estates = line.estates.filter(lost => this.#isKept(lost))
    const inherits = [...new Set([...line.estates, ...line.orphans])]
    const task = { ...this.#parts.task, thread, inherits, quarantined }
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
    const { memory, events } = this.#parts
    this.#living.delete(thread)
    this.#reasons.set(thread, error)
    const lasted = line.entered ? performance.now() - line.enteredAt : 0
    if (lasted >= STEADY) line.failures = 0
    line.life = undefined
    line.orphans.push(thread)
    line.estates.push(thread)
    memory.board.declareLost(thread)
    events.lost(thread, error, notedTurn(new Pulse(memory.board, memory.board.slotOf(thread)).turnWords, 0))
    void this.#end(thread)
    this.#replace(line)
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
    const { memory } = this.#parts
    const { board } = memory
    if (board.lives >= MOST_LIVES) {
      return this.#leaveEmpty(line, `the system has had all of its ${MOST_LIVES} threads`)
    }
    const slot = memory.findSlot(thread => this.#pool.exited(this.#workerOf(thread)) && !this.#isKept(thread))
    if (slot === undefined) return void (line.timeout = setTimeout(() => this.#succeed(line), LOOK_AGAIN))
    const thread = board.seat(slot)!
    this.#reports[slot] = 0
    for (const lost of line.orphans) board.follow(lost, thread)
    this.#begin(line, thread)
  }

  #leaveEmpty(line: Line, why: string | undefined): void {
    const { memory, events, task } = this.#parts
    for (const lost of line.orphans.splice(0)) {
      memory.board.follow(lost, NOBODY)
      if (why !== undefined) events.notReplaced(lost, why)
    }
    for (const lost of line.estates.splice(0)) emptyVault(task.parts.vaults[memory.board.slotOf(lost)]!, lost)
  }

  // --- Reports of the watchdog

  #passReports(): void {
    const { memory, events } = this.#parts
    const { board } = memory
    for (const thread of [0, ...this.#living.keys()]) {
      const slot = board.slotOf(thread)
      const pulse = new Pulse(board, slot)
      const { reports } = pulse
      if (reports === (this.#reports[slot] ?? 0)) continue
      this.#reports[slot] = reports
      // that of a loss comes with the loss
      if (!board.gone(thread)) events.blocked(thread, pulse.report)
    }
  }
}
