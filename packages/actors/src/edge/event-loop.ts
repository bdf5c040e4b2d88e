// Drives one thread's work between the turns of Node's event loop, and puts the thread to sleep when there is none.
//
// Invariants:
// - Unless the thread is asleep, a microtask or an immediate is due that will poll. Asleep it says so on the board first
//   and then looks at its dirty bits; who sets one after that wakes it (thread-board.ts).
// - All slices of work in one macrotask share SLICE ms, then work goes on behind setImmediate: timers and sockets are
//   served meanwhile, whatever chains of microtasks an actor makes.
// - One wait is pending at most; one left over from an earlier sleep serves the next.
// - An open loop holds one timer that keeps the process alive (a pending wait does not); after `close` nothing is left.

import type { Lanes } from './lanes.ts'
import type { Receive } from './lane.ts'
import type { Pulse } from './pulse.ts'
import { ASLEEP, RUNNING, SPINNING } from './thread-board.ts'

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 2
/** Milliseconds after which `run` should come back, so that frames are read and sent while actors keep a thread busy. */
const STINT = 0.25
/**
 * Milliseconds for which a thread without work spins before it sleeps. Waking takes about as long as a short spin, so two
 * threads that answer each other could go on falling asleep just before each other's answers. Who is woken soon after it
 * fell asleep therefore spins longer. Where that was in vain too, or so many short spins in a row, it sleeps at once for a
 * while: somebody else has the core, or what it waits for takes longer, as answers of other processes do; and on few cores
 * spinning only keeps those waiting who are to bring them.
 */
const SPIN = 0.05
const LONG_SPIN = 0.2
const SOON = 0.1
const VAIN = 4
const DOUBTS = 64
/** How long it spins without a turn of the event loop, and looks between two readings of the clock. */
const INNER_SPIN = 0.005
const LOOKS = 16
/** Microtask slices for one reading of the clock, which costs more than a short slice. */
const CLOCK_EVERY = 8
/** Milliseconds between two calls of `seldom` on a thread that has something to do. */
const SELDOM = 500
/** A look at the clock each day: deadlines in frames are read by one that is not weeks old (core/frame.ts). */
const DAY = 24 * 60 * 60 * 1000
const TICK = Promise.resolve()

export interface EventLoopParts {
  /** Undefined in a system of one thread. */
  readonly lanes: Lanes | undefined
  readonly clock: { now(): number }
  /** Runs ready actors until none is ready or the clock says `until`; true when more are ready. */
  run(until: number): boolean
  /** The time as `run` read it when it began; or later. Turns may be so long that few of them are a macrotask's share. */
  ranAt?: (() => number) | undefined
  /** Takes a frame that another thread sent. */
  readonly receive: Receive
  /** Whether a frame from another thread may come within microseconds, so that spinning for it makes sense. */
  expecting(): boolean
  /** Beats with every slice, and when the thread is asked whether it still goes on. */
  readonly pulse?: Pulse | undefined
  /** What need not be done often: about twice a second, seldom without work. */
  seldom?: (() => void) | undefined
  /** The event loop has turned: rejections of what ran before have been told by now. */
  turned?: (() => void) | undefined
}

export class EventLoop {
  readonly #lanes: Lanes | undefined
  readonly #parts: EventLoopParts
  readonly #alive: NodeJS.Timeout = setInterval(() => this.wake(), DAY)
  #closed = false
  /** A slice runs; something became ready meanwhile. */
  #slicing = false
  #again = false
  /** A microtask, or an immediate, is due; the immediate has more to do than rest. */
  #queued = false
  #immediate: NodeJS.Immediate | undefined
  #more = false
  #waiting = false
  /** Own word on the board as last set here: others change it from asleep to running alone. */
  #state: number = RUNNING
  /** The time as last read, when this macrotask's slices are over (0: not begun), and when to stop spinning (0: same). */
  #now = 0
  #until = 0
  #spinUntil = 0
  #slices = 0
  #seldomAt = 0
  /** How long to spin, and when it last fell asleep from a short spin (0: not so). */
  #spin = SPIN
  #sleptAt = 0
  /** Spins in vain since the last one that was not; sleeps until it spins again. */
  #vain = 0
  #doubts = 0
  /** ms spent spinning. */
  spun = 0

  constructor(parts: EventLoopParts) {
    this.#lanes = parts.lanes
    this.#parts = parts
    // Frames may have come while the thread was starting; and a thread without any must come to its rest.
    if (this.#lanes !== undefined) this.#arm()
  }

  /** Something became ready to run, or was posted outside of a slice: it is seen to within this macrotask. */
  wake(): void {
    if (this.#slicing) {
      this.#again = true
      return
    }
    if (this.#queued || this.#closed) return
    if (this.#state === ASLEEP) this.#turn(RUNNING)
    this.#queued = true
    void TICK.then(this.#onMicrotask)
  }

  /** A slice runs: what is posted now goes out with it. */
  get slicing(): boolean {
    return this.#slicing
  }

  /**
   * Ends the loop and leaves nothing open. What fits into the lanes is flushed, and what was sent to this thread and not
   * read stays in them. So whoever closes first waits until nothing waits for room (`lanes.stalled`).
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#alive)
    clearImmediate(this.#immediate)
    // Leaving the board wakes everybody, this thread too: so a pending wait resolves, into nothing.
    this.#lanes?.end()
  }

  readonly #onMicrotask = (): void => {
    this.#queued = false
    if (this.#closed) return
    // Out of time: the microtasks of this macrotask have had their share.
    if (this.#until === 0 || this.#now < this.#until) return this.#slice()
    this.#more = true
    this.#arm()
  }

  readonly #onImmediate = (): void => {
    this.#immediate = undefined
    this.#until = 0
    if (this.#closed) return
    this.#parts.turned?.()
    if (this.#more || this.#lanes?.hasWork() === true) this.#slice()
    else this.#rest()
  }

  readonly #onWoken = (): void => {
    this.#waiting = false
    if (this.#closed) return
    if (this.#state === ASLEEP) {
      this.#turn(RUNNING) // also where nothing has come: a sender whose frame has been read before may have said so
      if (!this.#lanes!.hasWork()) return this.#answer()
    }
    this.#until = 0
    this.#slice()
    if (this.#sleptAt !== 0 && this.#now - this.#sleptAt < SOON) {
      this.#spin = LONG_SPIN
      this.#doubts = 0
    }
    this.#sleptAt = 0
  }

  /** Woken for nothing: somebody wants to know whether this thread goes on. */
  #answer(): void {
    this.#parts.pulse?.beat()
    this.#parts.seldom?.()
    if (!this.#queued && !this.#closed) this.#sleep(this.#lanes!)
  }

  #arm(): void {
    if (!this.#closed) this.#immediate ??= setImmediate(this.#onImmediate)
  }

  #slice(): void {
    const lanes = this.#lanes
    if (lanes?.fenced === true) return this.close()
    this.#slicing = true
    this.#parts.pulse?.beat()
    if (this.#until === 0) {
      this.#now = this.#parts.clock.now()
      this.#until = this.#now + SLICE
      if (this.#now >= this.#seldomAt) this.#seldom()
    } else if (++this.#slices % CLOCK_EVERY === 0) {
      this.#now = this.#parts.clock.now()
    }
    if (this.#spinUntil !== 0) {
      this.#vain = 0
      this.#stopSpinning(this.#now)
    }
    try {
      do this.#more = this.#stint(lanes)
      while (this.#more && !this.#closed && (this.#now = this.#parts.clock.now()) < this.#until)
    } finally {
      this.#slicing = false
      this.#arm()
    }
  }

  #seldom(): void {
    this.#seldomAt = this.#now + SELDOM
    this.#parts.seldom?.()
  }

  /** Reads, runs and sends once; true when there is more to do. */
  #stint(lanes: Lanes | undefined): boolean {
    this.#again = false
    this.#more = true // stays so if something throws, and the next turn of the event loop goes on
    if (lanes === undefined) return this.#run(this.#until) || this.#again
    const unread = lanes.poll(this.#parts.receive)
    const unrun = this.#run(Math.min(this.#until, this.#now + STINT))
    lanes.flush()
    return unread || unrun || this.#again || lanes.hasWork()
  }

  #run(until: number): boolean {
    const unrun = this.#parts.run(until)
    this.#now = Math.max(this.#now, this.#parts.ranAt?.() ?? 0)
    return unrun
  }

  /** Nothing was ready when this macrotask began: spin a little longer, or sleep. */
  #rest(): void {
    const lanes = this.#lanes
    if (lanes === undefined) return
    if (!this.#parts.expecting() || this.#doubts > 0 || lanes.memory.board.crowded()) {
      if (this.#doubts > 0) this.#doubts--
      if (this.#spinUntil !== 0) this.#stopSpinning(this.#parts.clock.now())
      return this.#sleep(lanes)
    }
    this.#parts.pulse?.beat()
    const now = this.#parts.clock.now()
    if (this.#spinUntil === 0) this.#spinUntil = now + this.#spin
    if (now >= this.#spinUntil) {
      return this.#sleepAfterSpin(lanes, now)
    }
    this.#turn(SPINNING)
    const stop = Math.min(now + INNER_SPIN, this.#spinUntil)
    do {
      for (let i = 0; i < LOOKS; i++) {
        if (lanes.hasWork()) {
          this.#turn(RUNNING)
          return this.#slice()
        }
        Atomics.pause()
      }
    } while (this.#parts.clock.now() < stop)
    this.#arm()
  }

  #stopSpinning(now: number): void {
    this.spun += Math.max(0, now - (this.#spinUntil - this.#spin))
    this.#spinUntil = 0
  }

  #sleepAfterSpin(lanes: Lanes, now: number): void {
    this.#stopSpinning(now)
    const long = this.#spin === LONG_SPIN
    if (++this.#vain >= VAIN || long) this.#doubts = DOUBTS
    this.#spin = SPIN
    this.#sleptAt = long ? 0 : now
    this.#sleep(lanes)
  }

  #sleep(lanes: Lanes): void {
    const { board } = lanes.memory
    const at = board.wakeAt(lanes.slot)
    const seen = Atomics.load(board.words, at)
    this.#turn(ASLEEP)
    if (this.#closed) return
    if (lanes.hasWork()) {
      this.#turn(RUNNING)
      return this.#arm()
    }
    if (this.#waiting) return
    const wait = Atomics.waitAsync(board.words, at, seen)
    if (!wait.async) {
      this.#turn(RUNNING)
      return this.#arm()
    }
    this.#waiting = true
    void wait.value.then(this.#onWoken)
  }

  /** Says on the board what this thread does. A sender may have turned asleep to running first: then it is so. */
  #turn(to: number): void {
    if (this.#state === to) return
    const from = this.#state
    this.#state = to
    if (this.#lanes?.turn(from, to) === true || from === ASLEEP) return
    this.close()
  }
}
