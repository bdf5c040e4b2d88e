// Deadlines and timers of one thread: a hashed timing wheel (Varghese & Lauck, SOSP 1987, scheme 6) of 4,096 slots of
// 1 ms. Setting and clearing are O(1) and allocate nothing: whatever has a due time (an ask, a turn, a user's timer)
// is itself a node of its slot's list.
//
// Invariants: a node is in at most one list, that of slot ceil(due) mod 4096; a slot's bit is set exactly when its list
// is not empty; no node fires before its due time, and those due together fire in order of due time, then of setting.
// A node due in a later round stays in its slot, at the cost of one look a round (4 s).
import type { Platform } from './platform.ts'

const SLOTS = 4096
const MASK = SLOTS - 1
const UNSET = -1
const FIRING = -2

export abstract class TimerNode {
  due = 0
  previous: TimerNode | undefined = undefined
  next: TimerNode | undefined = undefined
  /** The slot it is in; negative when not set. */
  slot = UNSET
  abstract fire(): void
}

/** Something to do once a time has come. */
export class Alarm extends TimerNode {
  readonly #action: () => void
  constructor(action: () => void) {
    super()
    this.#action = action
  }
  fire(): void {
    this.#action()
  }
}

export class Timers {
  readonly #platform: Pick<Platform, 'now' | 'wakeAt'>
  readonly #first: (TimerNode | undefined)[] = new Array<TimerNode | undefined>(SLOTS).fill(undefined)
  readonly #last: (TimerNode | undefined)[] = new Array<TimerNode | undefined>(SLOTS).fill(undefined)
  readonly #bits = new Int32Array(SLOTS / 32)
  /** Every tick up to and including this one has been looked at. */
  #tick: number
  #armed = Infinity
  size = 0

  constructor(platform: Pick<Platform, 'now' | 'wakeAt'>) {
    this.#platform = platform
    this.#tick = Math.floor(platform.now())
  }

  set(node: TimerNode, due: number): void {
    if (node.slot >= 0) this.clear(node)
    const tick = Math.max(Math.ceil(due), this.#tick + 1)
    const slot = tick & MASK
    node.due = due
    node.slot = slot
    node.next = undefined
    node.previous = this.#last[slot]
    if (node.previous === undefined) this.#first[slot] = node
    else node.previous.next = node
    this.#last[slot] = node
    this.#bits[slot >> 5]! |= 1 << (slot & 31)
    this.size++
    if (tick < this.#armed) this.#arm(tick)
  }

  clear(node: TimerNode): void {
    const slot = node.slot
    if (slot < 0) {
      node.slot = UNSET
      return
    }
    if (node.previous === undefined) this.#first[slot] = node.next
    else node.previous.next = node.next
    if (node.next === undefined) this.#last[slot] = node.previous
    else node.next.previous = node.previous
    node.previous = node.next = undefined
    node.slot = UNSET
    if (this.#first[slot] === undefined) this.#bits[slot >> 5]! &= ~(1 << (slot & 31))
    this.size--
  }

  /** Fires all that is due, then asks the platform for the next look. */
  advance(): void {
    const tick = Math.floor(this.#platform.now())
    this.#armed = Infinity
    const due = tick > this.#tick ? this.#collect(tick) : undefined
    if (due !== undefined) {
      if (due.length > 1) due.sort((a, b) => a.due - b.due)
      for (const node of due) {
        this.clear(node)
        node.slot = FIRING
      }
      for (const node of due) {
        // one that fired before it may have cleared this one, or set it anew
        if (node.slot !== FIRING) continue
        node.slot = UNSET
        node.fire()
      }
    }
    const next = this.#nextTick()
    if (next < this.#armed) this.#arm(next)
  }

  #arm(tick: number): void {
    this.#armed = tick
    this.#platform.wakeAt(tick)
  }

  #collect(tick: number): TimerNode[] | undefined {
    let due: TimerNode[] | undefined
    for (let at = Math.max(this.#tick + 1, tick - MASK); at <= tick; at++) {
      const slot = at & MASK
      if (this.#bits[slot >> 5] === 0) {
        at += 31 - (at & 31) // the whole word of slots is empty
        continue
      }
      for (let node = this.#first[slot]; node !== undefined; node = node.next) {
        if (node.due <= tick) (due ??= []).push(node)
      }
    }
    this.#tick = tick
    return due
  }

  /** The first tick from now on whose slot is not empty; Infinity when nothing is set. */
  #nextTick(): number {
    if (this.size === 0) return Infinity
    for (let at = this.#tick + 1; at <= this.#tick + SLOTS;) {
      const word = this.#bits[(at & MASK) >> 5]! >>> (at & 31)
      if (word !== 0) return at + (31 - Math.clz32(word & -word))
      at += 32 - (at & 31)
    }
    return Infinity
  }
}
