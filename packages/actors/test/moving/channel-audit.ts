// What must be true of channels whose ends actors keep in their state, and take along when they move: each value is received
// at most once, the values of one actor in the order in which it sent them, and none is lost as long as somebody receives.
//
// Invariants: each end has one actor at a time. Where a send was broken off, as its actor's life ended, nobody knows whether
// the value was sent.
import type { Audit } from '../simulation-audit.ts'

export interface Value {
  readonly channel: number
  readonly by: string
  readonly n: number
}

interface Known {
  /** By actor: how many it has tried to send, and the last that was received. */
  readonly tried: Map<string, number>
  readonly taken: Map<string, number>
  /** Sent, and not received. */
  readonly under: Set<string>
  drained: boolean
}

const keyOf = ({ by, n }: Value): string => `${by} ${n}`

export class ChannelAudit {
  readonly #audit: Audit
  readonly #channels: Known[] = []
  #dead = 0

  constructor(audit: Audit) {
    this.#audit = audit
  }

  make(): number {
    this.#audit.saw('channel')
    return this.#channels.push({ tried: new Map(), taken: new Map(), under: new Set(), drained: false }) - 1
  }
  /** The next value that an actor sends. */
  next(channel: number, by: string): Value {
    const { tried } = this.#channels[channel]!
    const n = (tried.get(by) ?? 0) + 1
    tried.set(by, n)
    return { channel, by, n }
  }
  sent(value: Value): void {
    const { taken, under } = this.#channels[value.channel]!
    this.#audit.saw('channel: sent')
    if ((taken.get(value.by) ?? 0) < value.n) under.add(keyOf(value))
  }
  received(channel: number, value: Value): void {
    const { taken, under } = this.#channels[channel]!
    const { by, n } = value
    const audit = this.#audit
    audit.saw('channel: received')
    audit.check(value.channel === channel, () => `channel ${channel} gave a value of channel ${value.channel}`)
    const last = taken.get(by) ?? 0
    audit.check(n > last, () => `channel ${channel}: value ${n} of ${by} came after ${last}`)
    taken.set(by, n)
    under.delete(keyOf(value))
  }
  /** Its receiver has received until nothing more came. */
  drained(channel: number): void {
    this.#channels[channel]!.drained = true
  }

  /** Values that were on their way to somebody who has ended. */
  dead(count: number): void {
    this.#dead += count
  }

  rested(): void {
    const lost = this.#channels.flatMap(({ under, drained }, channel) =>
      drained ? [...under].map(value => `${channel}: ${value}`) : [],
    )
    this.#audit.check(lost.length <= this.#dead, () => `channels have lost values: ${lost.join(', ')}`)
  }
}
