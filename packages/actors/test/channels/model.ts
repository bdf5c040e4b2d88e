// Go's rules in the fewest words: channels with a buffer and two queues of waiters, and nothing that is fast. The real
// thing is compared with this, operation by operation.
//
// A waiter is an operation that could not go ahead: a send, a receive, or a select with several of them. It waits in the
// queues of all its channels until one of them serves it, and is in none of them from then on.

export type Operation = { readonly send: number; readonly value: number } | { readonly receive: number }
/** How an operation ended: by which of its cases, and what that gave. */
export type Result =
  | { readonly at: number; readonly sent: true }
  | { readonly at: number; readonly value: number }
  | { readonly at: number; readonly done: true }
  | { readonly at: number; readonly closed: true }

interface Waiter {
  readonly id: number
  readonly cases: readonly Operation[]
}
interface Entry {
  readonly waiter: Waiter
  readonly at: number
}

class ModelChannel {
  readonly capacity: number
  buffer: number[] = []
  senders: Entry[] = []
  receivers: Entry[] = []
  closed = false
  constructor(capacity: number) {
    this.capacity = capacity
  }
}

export class Model {
  readonly channels: ModelChannel[]
  #ended = new Map<number, Result>()

  constructor(capacities: readonly number[]) {
    this.channels = capacities.map(capacity => new ModelChannel(capacity))
  }

  /** The cases that could go ahead now, as positions. */
  ready(cases: readonly Operation[]): number[] {
    return cases.flatMap((one, at) => (this.#isReady(one) ? [at] : []))
  }
  #isReady(one: Operation): boolean {
    if ('send' in one) {
      const { closed, receivers, buffer, capacity } = this.channels[one.send]!
      return closed || receivers.length > 0 || buffer.length < capacity
    }
    const { closed, senders, buffer } = this.channels[one.receive]!
    return buffer.length > 0 || senders.length > 0 || closed
  }

  /** Lets a case that is ready go ahead. */
  perform(id: number, cases: readonly Operation[], at: number): void {
    const one = cases[at]!
    this.#ended.set(id, 'send' in one ? this.#send(one, at) : this.#receive(one, at))
  }
  #send({ send, value }: { send: number; value: number }, at: number): Result {
    const channel = this.channels[send]!
    if (channel.closed) return { at, closed: true }
    const [first] = channel.receivers
    if (first === undefined) channel.buffer.push(value)
    else this.#serve(first, { at: first.at, value })
    return { at, sent: true }
  }
  #receive({ receive }: { receive: number }, at: number): Result {
    const channel = this.channels[receive]!
    const [first] = channel.senders
    if (first !== undefined) {
      channel.buffer.push((first.waiter.cases[first.at] as { value: number }).value)
      this.#serve(first, { at: first.at, sent: true })
    }
    const value = channel.buffer.shift()
    return value === undefined ? { at, done: true } : { at, value }
  }

  /** Lets an operation wait at all its channels. */
  wait(id: number, cases: readonly Operation[]): void {
    const waiter = { id, cases }
    cases.forEach((one, at) => {
      if ('send' in one) this.channels[one.send]!.senders.push({ waiter, at })
      else this.channels[one.receive]!.receivers.push({ waiter, at })
    })
  }

  /** Closes a channel; false, if it is closed already. */
  close(at: number): boolean {
    const channel = this.channels[at]!
    if (channel.closed) return false
    channel.closed = true
    for (const entry of [...channel.receivers]) this.#serve(entry, { at: entry.at, done: true })
    for (const entry of [...channel.senders]) this.#serve(entry, { at: entry.at, closed: true })
    return true
  }

  #serve({ waiter }: Entry, result: Result): void {
    for (const channel of this.channels) {
      channel.senders = channel.senders.filter(entry => entry.waiter !== waiter)
      channel.receivers = channel.receivers.filter(entry => entry.waiter !== waiter)
    }
    this.#ended.set(waiter.id, result)
  }

  /** Operations that wait still. */
  get waiting(): number {
    return this.channels.reduce((sum, { senders, receivers }) => sum + senders.length + receivers.length, 0)
  }

  /** What has ended since it was last called, by its id. */
  take(): Map<number, Result> {
    const ended = this.#ended
    this.#ended = new Map()
    return ended
  }
}
