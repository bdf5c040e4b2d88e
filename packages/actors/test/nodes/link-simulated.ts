// A simulated transport on virtual time: addresses `sim:name`. From one seed come its delays, and where the bytes are cut.
//
// It keeps what a real one promises (edge/link-transport.ts), and no more: pieces of any size, few bytes under way, an end that each
// side learns at another time, and bytes that are lost with it. Besides, a way can be stalled in one direction or in both:
// what is written there comes when it is released.
import type { Connection, ConnectionEvents, Listener, Transport } from '../../src/edge/link-transport.ts'
import { NO_EVENTS } from '../../src/edge/socket-connection.ts'
import { Random } from '../../src/testing/random.ts'

interface Step {
  readonly at: number
  readonly action: () => void
  off: boolean
}

const ROOM = 48 * 1024
const LONGEST_DELAY = 4
/** One connection in so many is slower than the others, by so much: bytes of an old one come after those of a new one. */
const SLOW = { one: 4, by: 40 }

export class SimNet {
  readonly random: Random
  now = 0
  readonly #steps: Step[] = []
  readonly #listeners = new Map<string, (connection: Connection) => void>()
  readonly #stalled = new Set<string>()
  readonly #released: { way: string; action: () => void }[] = []
  readonly #connections = new Set<SimConnection>()

  constructor(seed: number) {
    this.random = new Random(seed)
  }

  after = (ms: number, action: () => void): (() => void) => {
    const step: Step = { at: this.now + ms, action, off: false }
    // later than all of the same time, so that order is kept
    let low = 0
    let high = this.#steps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#steps[middle]!.at <= step.at) low = middle + 1
      else high = middle
    }
    this.#steps.splice(low, 0, step)
    return () => (step.off = true)
  }
  /** One step; false when nothing is left to happen. */
  step(): boolean {
    const step = this.#steps.shift()
    if (step === undefined) return false
    this.now = Math.max(this.now, step.at)
    if (!step.off) step.action()
    return true
  }
  delay(): number {
    return this.random.delay(LONGEST_DELAY)
  }

  transport(host: string): Transport {
    return {
      scheme: 'sim',
      listen: async (address, accept): Promise<Listener> => {
        this.#listeners.set(address, accept)
        return { address, close: async () => void this.#listeners.delete(address) }
      },
      connect: (address, events) => this.#connect(host, address, events),
    }
  }

  /** Nothing goes from one to the other until it is released. */
  stall(from: string, to: string): void {
    this.#stalled.add(`${from}>${to}`)
  }
  release(from: string, to: string): void {
    const way = `${from}>${to}`
    this.#stalled.delete(way)
    const held = this.#released.filter(one => one.way === way)
    for (const one of held) this.#released.splice(this.#released.indexOf(one), 1)
    for (const { action } of held) action()
  }
  /** Ends all connections between the two; what is under way is lost, and each side learns of it at its own time. */
  reset(a: string, b: string): void {
    for (const one of [...this.#connections]) if (one.joins(a, b)) one.break()
  }
  /** Connections that stand. */
  get standing(): number {
    return this.#connections.size / 2
  }

  /** Does it after a delay, and not before the way is free. */
  travel(way: string, ms: number, action: () => void): void {
    this.after(ms, () => {
      if (this.#stalled.has(way)) this.#released.push({ way, action })
      else action()
    })
  }
  opened(connection: SimConnection): void {
    this.#connections.add(connection)
  }
  closed(connection: SimConnection): void {
    this.#connections.delete(connection)
  }

  #connect(host: string, address: string, events: ConnectionEvents): Connection {
    const to = address.slice('sim:'.length)
    const near = new SimConnection(this, host, to, events)
    const far = new SimConnection(this, to, host, NO_EVENTS)
    near.other = far
    far.other = near
    this.travel(`${host}>${to}`, this.delay(), () => {
      const accept = this.#listeners.get(address)
      if (near.over) return
      this.opened(near)
      if (accept === undefined) {
        return this.travel(`${to}>${host}`, this.delay(), () => near.end('refused', 'nobody listens there'))
      }
      this.opened(far)
      accept(far)
      this.travel(`${to}>${host}`, this.delay(), () => {
        if (!near.over) near.events.opened()
      })
    })
    return near
  }
}

class SimConnection implements Connection {
  events: ConnectionEvents
  readonly credentials = { by: 'user', names: [] } as const
  other!: SimConnection
  over = false
  readonly #net: SimNet
  readonly #near: string
  readonly #far: string
  #underWay = 0
  #full = false
  readonly #slow: number
  /** When the last bytes arrive: nothing overtakes them. */
  #last = 0
  /** Counts breaks: what was under way then does not arrive. */
  #broken = false

  constructor(net: SimNet, near: string, far: string, events: ConnectionEvents) {
    this.#net = net
    this.#slow = net.random.below(SLOW.one) === 0 ? SLOW.by : 1
    this.#near = near
    this.#far = far
    this.events = events
  }

  joins(a: string, b: string): boolean {
    return (this.#near === a && this.#far === b) || (this.#near === b && this.#far === a)
  }
  write(bytes: Uint8Array): boolean {
    if (this.over) return true
    const copy = bytes.slice()
    this.#underWay += copy.length
    this.#travel(() => this.#arrive(copy))
    this.#full ||= this.#underWay >= ROOM
    return !this.#full
  }
  cork(): void {}
  uncork(): void {}
  destroy(): void {
    if (this.over) return
    this.over = true
    this.#net.closed(this)
    // as with a reset, bytes under way may be lost
    this.#broken = this.#net.random.below(2) === 0
    this.#travel(() => this.other.end('closed', 'the other side closed the connection'), true)
  }
  finish(): void {
    if (this.over) return
    this.over = true
    this.#net.closed(this)
    this.#travel(() => this.other.end('closed', 'the other side closed the connection'))
  }
  break(): void {
    this.#broken = true
    this.#net.after(this.#net.delay(), () => this.end('closed', 'the connection broke'))
  }
  end(reason: 'refused' | 'closed', message: string): void {
    if (this.over) return
    this.over = true
    this.#net.closed(this)
    this.events.ended({ reason, message })
  }

  #travel(action: () => void, always = false): void {
    const at = Math.max(this.#last, this.#net.now + this.#net.delay() * this.#slow)
    this.#last = at
    this.#net.travel(`${this.#near}>${this.#far}`, at - this.#net.now, () => {
      if (always || !this.#broken) action()
    })
  }
  #arrive(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && !this.other.over && !this.#broken) {
      const end = Math.min(bytes.length, at + 1 + this.#net.random.delay(2 * bytes.length))
      this.other.events.data(bytes.subarray(Math.floor(at), Math.floor(end)))
      at = Math.floor(end)
    }
    this.#underWay -= bytes.length
    if (!this.#full || this.#underWay > ROOM / 2) return
    this.#full = false
    this.#net.after(0, () => {
      if (!this.over && !this.#full) this.events.drained()
    })
  }
}
