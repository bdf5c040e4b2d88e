// Claims: how a select that waits on several threads is chosen exactly once. It has one word in shared memory, and whoever
// wants to choose one of its cases (the home of a channel, or its own thread for a timeout) must turn that word first. As
// in Parallel Concurrent ML (Reppy, Russo, Xiao, ICFP 2009). The states stand below.
//
// Invariants: a word belongs to the thread of its select, which alone opens and closes it. Of a pair, the word with the
// lower index is claimed first, so two homes never hold what the other one wants. Nobody waits for a claimed word: it is
// busy, and looked at again later. A word that a home has claimed or chosen names its thread: when that is lost, and has not
// told the select, the select fails with it, so nothing need be repaired.

//   waiting ─ chosen, by itself ─▶ done
//   waiting ─ a home wants it and a second select for each other ─▶ claimed ─ the second is done too ─▶ done
//                                                                   claimed ─ the second cannot be had ─▶ waiting
//
// A word is the generation (18 bits), who claimed or chose it (12), and the state (2). The generation tells the uses of a
// word apart: it comes round after 2^18 uses, and words are taken in turn, so a stale claim would be 2^34 selects old.

/** Selects of one thread that can wait on several threads at a time. */
export const CLAIMS = 65_536

const WAITING = 1
const CLAIMED = 2
const DONE = 3
const STATE = 3
const THREAD_SHIFT = 2
const THREAD = 4095 << THREAD_SHIFT
const GENERATION_SHIFT = 14
const GENERATIONS = 2 ** 18

export type Outcome = 'won' | 'gone' | 'busy'
/** Of two: which of them was gone. */
export type PairOutcome = 'won' | 'first gone' | 'second gone' | 'busy'

const claimed = (waiting: number, by: number): number => (waiting & ~STATE) | CLAIMED | (by << THREAD_SHIFT)
const done = (waiting: number, by: number): number => (waiting & ~STATE) | DONE | (by << THREAD_SHIFT)
const isBusy = (seen: number, waiting: number): boolean => (seen & ~THREAD) === ((waiting & ~STATE) | CLAIMED)

/** Chooses the select whose word at `at` was opened as `waiting`. One atomic operation. */
function chooseOne(words: Int32Array, at: number, waiting: number, by: number): Outcome {
  const seen = Atomics.compareExchange(words, at, waiting, done(waiting, by))
  if (seen === waiting) return 'won'
  return isBusy(seen, waiting) ? 'busy' : 'gone'
}

/** How far the choice of two selects has come: what is to be done next, or the outcome. */
export type Phase = 'claim' | 'choose' | 'finish' | 'release: busy' | 'release: gone' | PairOutcome

/** A choice of two selects for each other, one atomic operation a step; `first` has the lower index. */
export class PairChoice {
  readonly #words: Int32Array
  readonly #by: number
  first = 0
  firstWaiting = 0
  second = 0
  secondWaiting = 0

  constructor(words: Int32Array, by: number) {
    this.#words = words
    this.#by = by
  }

  step(phase: Phase): Phase {
    const words = this.#words
    const { first, firstWaiting, second, secondWaiting } = this
    const mine = claimed(firstWaiting, this.#by)
    switch (phase) {
      case 'claim': {
        const seen = Atomics.compareExchange(words, first, firstWaiting, mine)
        if (seen === firstWaiting) return 'choose'
        return isBusy(seen, firstWaiting) ? 'busy' : 'first gone'
      }
      case 'choose': {
        const outcome = chooseOne(words, second, secondWaiting, this.#by)
        if (outcome === 'won') return 'finish'
        return outcome === 'busy' ? 'release: busy' : 'release: gone'
      }
      case 'finish':
        Atomics.compareExchange(words, first, mine, done(firstWaiting, this.#by))
        return 'won'
      case 'release: busy':
        Atomics.compareExchange(words, first, mine, firstWaiting)
        return 'busy'
      case 'release: gone':
        Atomics.compareExchange(words, first, mine, firstWaiting)
        return 'second gone'
      default:
        return phase
    }
  }
}

export class Claims {
  readonly #words: Int32Array
  readonly #thread: number
  readonly #base: number
  readonly #pair: PairChoice
  /** Words never used yet begin here; those given back wait in the queue, oldest first. */
  #fresh = 0
  #free: Int32Array | undefined = undefined
  #first = 0
  #count = 0

  /** `words` has CLAIMS words for each seat, zero at first; threads may have a seat one after the other. */
  constructor(words: Int32Array, thread: number, seat: number) {
    this.#words = words
    this.#thread = thread
    this.#base = seat * CLAIMS
    this.#pair = new PairChoice(words, thread)
  }

  /** Takes a word for a select that begins to wait; -1 when all are taken. */
  open(): number {
    const at = this.#take()
    if (at < 0) return -1
    const generation = ((this.#words[at]! >>> GENERATION_SHIFT) + 1) % GENERATIONS
    Atomics.store(this.#words, at, (generation << GENERATION_SHIFT) | WAITING)
    return at
  }
  #take(): number {
    // the longest unused first: a stale claim finds another generation
    if (this.#fresh < CLAIMS) return this.#base + this.#fresh++
    if (this.#count === 0) return -1
    const at = this.#free![this.#first]!
    this.#first = (this.#first + 1) % CLAIMS
    this.#count--
    return at
  }

  /** What the word of a select that has just been opened says; it goes along with its cases. */
  waiting(at: number): number {
    return Atomics.load(this.#words, at)
  }

  /** The select has ended; its word may be used again. */
  close(at: number): void {
    Atomics.store(this.#words, at, Atomics.load(this.#words, at) | STATE)
    this.#free ??= new Int32Array(CLAIMS)
    this.#free[(this.#first + this.#count) % CLAIMS] = at
    this.#count++
  }

  one(at: number, waiting: number): Outcome {
    return chooseOne(this.#words, at, waiting, this.#thread)
  }

  /** By its own thread: nobody chooses it until it is let go, or the home it is held for has chosen it (far-waiter.ts). */
  hold(at: number, waiting: number): Outcome {
    const seen = Atomics.compareExchange(this.#words, at, waiting, claimed(waiting, this.#thread))
    if (seen === waiting) return 'won'
    return isBusy(seen, waiting) ? 'busy' : 'gone'
  }
  letGo(at: number, waiting: number): void {
    Atomics.compareExchange(this.#words, at, claimed(waiting, this.#thread), waiting)
  }

  /** Chooses two selects for each other. */
  two(a: number, aWaiting: number, b: number, bWaiting: number): PairOutcome {
    const pair = this.#pair
    const inOrder = a < b
    pair.first = inOrder ? a : b
    pair.firstWaiting = inOrder ? aWaiting : bWaiting
    pair.second = inOrder ? b : a
    pair.secondWaiting = inOrder ? bWaiting : aWaiting
    let phase: Phase = 'claim'
    for (;;) {
      phase = pair.step(phase)
      if (phase === 'won' || phase === 'busy') return phase
      if (phase === 'first gone') return inOrder ? 'first gone' : 'second gone'
      if (phase === 'second gone') return inOrder ? 'second gone' : 'first gone'
    }
  }

  /** Whether a thread has chosen it, or claimed it. */
  isBy(thread: number, at: number, waiting: number): boolean {
    const seen = Atomics.load(this.#words, at)
    return seen === done(waiting, thread) || seen === claimed(waiting, thread)
  }

  /**
   * The same by the select's own thread, after `lost` has ended: what that thread had claimed or chosen counts no more,
   * as nothing that it sent is still to come.
   */
  oneAfterLoss(at: number, waiting: number, lost: number): Outcome {
    const outcome = this.one(at, waiting)
    if (outcome === 'won') return outcome
    const seen = Atomics.load(this.#words, at)
    if (seen === done(waiting, lost)) return 'won'
    if (seen !== claimed(waiting, lost)) return outcome
    return Atomics.compareExchange(this.#words, at, seen, done(waiting, this.#thread)) === seen ? 'won' : 'busy'
  }
}
