// What one thread finds out about its actors while it works: what their turns cost, and who sends them messages.
//
// Every so many turns one is looked at: how long it took, and from whom its message came; it stands for all the others.
// How many it stands for is chosen so that a round has about SAMPLES of them; how many are passed over, by chance, as turns
// that come in a rhythm would else be missed, or met, each time. The scheduler counts them (scheduler.ts) with its looks at
// the clock, so that a turn that is not looked at costs nothing more.
//
// Invariants: memory is bounded, and nothing is allocated for a sample; figures fade by half each round, so they are those
// of about the last two. A thread samples from the first round that asks for it; its chance is its own, and always the same.
import { ActorRef } from './actor-ref.ts'
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { ASKED } from './mailbox.ts'
import { Sketch } from './sketch.ts'
import type { Turn } from './turn.ts'

const ACTORS = 128
const PAIRS = 256
/** Turns that are looked at in a round; how many each stands for to begin with. */
const SAMPLES = 4_096
const FIRST_STEP = 64
const FADING = 0.5
/** ms that a message costs its thread besides its turn, at least: the copy, the mailbox, the reply. */
const BESIDE = 0.0002
/** Messages a second between two actors below which they are not worth telling. */
const QUIET = 10

/** What a thread tells of itself. */
export interface Sample {
  readonly busy: number
  readonly turns: number
  readonly heap: number
  readonly actors: number
  readonly loads: readonly (readonly [actor: ActorRef, cost: number, movable: boolean])[]
  /** `at`: the thread that the sender is on, as far as this thread knows. */
  readonly talks: readonly (readonly [to: ActorRef, from: ActorRef, rate: number, at: number])[]
}

export class Sampler {
  readonly #core: Core
  readonly #actors = new Sketch(ACTORS)
  readonly #pairs = new Sketch(PAIRS)
  /** Turns that one stands for; how many have been looked at since it was last chosen. */
  #step = FIRST_STEP
  #taken = 0
  #chance = 1
  /** Turns to let pass before the next one that is looked at. */
  until = 0
  // the turn that is looked at
  #cell: Cell | undefined = undefined
  #from: Address | undefined = undefined
  #messages = 1
  #begun = 0
  // the time that all this is about, and how much of it was work; both fade
  #ms = 0
  #busyMs = 0
  #lastAt: number
  #lastBusy: number

  constructor(core: Core) {
    this.#core = core
    this.#lastAt = core.platform.now()
    this.#lastBusy = core.platform.busy()
    this.#draw()
  }

  // ── while turns run ─────────────────────────────────────────────────────────────────────────────────────────

  /** The turn that begins is the one to look at. */
  begin(cell: Cell, turn: Turn): void {
    this.#cell = cell
    this.#from = turn.sender
    this.#messages = (turn.head & ASKED) === 0 ? 1 : 2
    this.#begun = this.#core.platform.now()
  }
  /** It has returned. */
  end(now: number): void {
    const cell = this.#cell
    if (cell !== undefined) {
      const { address } = cell
      const from = this.#from
      const beside = this.#core.platform.turnTime ?? BESIDE
      this.#actors.add(address, undefined, (now - this.#begun + beside) * this.#step)
      if (from !== undefined && !from.equals(address)) this.#pairs.add(address, from, this.#messages * this.#step)
      this.#cell = undefined
      this.#from = undefined
    }
    // many more than was thought, as happens after a quiet time: from now on each stands for twice as many
    if (++this.#taken % SAMPLES === 0) this.#step *= 2
    this.#draw()
  }
  #draw(): void {
    this.#chance = (Math.imul(this.#chance, 1_664_525) + 1_013_904_223) | 0
    this.until = (this.#chance >>> 8) % (2 * this.#step - 1)
  }

  // ── once a round ────────────────────────────────────────────────────────────────────────────────────────────

  take(): Sample {
    const { platform, directory } = this.#core
    const now = platform.now()
    const busyMs = platform.busy()
    this.#ms += now - this.#lastAt
    this.#busyMs += busyMs - this.#lastBusy
    this.#lastAt = now
    this.#lastBusy = busyMs
    const ms = Math.max(this.#ms, 1) // of less, as the first time, nothing can be said
    const busy = Math.min(1, this.#busyMs / ms)
    const turns = Math.min(busy, this.#actors.total / ms)
    const sample = {
      busy,
      turns,
      heap: platform.heap(),
      actors: directory.size,
      loads: this.#loads(turns),
      talks: this.#talks(ms),
    }
    this.#fade()
    return sample
  }

  /** What is not known of whom it is, is spread evenly over all actors of the thread. */
  #loads(turns: number): Sample['loads'] {
    const found: { cell: Cell; weight: number }[] = []
    let unknown = this.#actors.total
    this.#actors.keep((address, _other, weight) => {
      const cell = address.present
      if (cell === undefined) return false
      unknown -= weight
      found.push({ cell, weight })
      return true
    })
    const { total } = this.#actors
    const each = unknown / Math.max(1, this.#core.directory.size)
    return found.map(({ cell, weight }) => {
      return [new ActorRef(cell.address, undefined), (turns * (weight + each)) / total, isMovable(cell)]
    })
  }

  #talks(ms: number): Sample['talks'] {
    const { routes } = this.#core
    const talks: [ActorRef, ActorRef, number, number][] = []
    this.#pairs.keep((to, from, weight) => {
      if (to.present === undefined) return false
      const rate = (weight / ms) * 1_000
      if (rate < QUIET) return true
      talks.push([new ActorRef(to, undefined), new ActorRef(from!, undefined), rate, routes.placeOf(from!)])
      return true
    })
    return talks
  }

  #fade(): void {
    this.#actors.fade(FADING)
    this.#pairs.fade(FADING)
    this.#ms *= FADING
    this.#busyMs *= FADING
    const turns = this.#taken * this.#step
    this.#step = Math.max(1, Math.round(turns / SAMPLES))
    this.#taken = 0
    this.until = Math.min(this.until, 2 * this.#step - 2)
  }
}

/** Whether the system may move an actor by itself. */
export function isMovable({ pinned, extra }: Cell): boolean {
  return pinned !== true && extra?.run === undefined
}

/** What a thread has found out since it was last asked; the first time, it begins. */
export function sample(core: Core): Sample {
  return (core.scheduler.sampler ??= new Sampler(core)).take()
}
