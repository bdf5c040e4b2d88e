// What a user holds of a channel: a Channel, or one of its two ends.
//
// Invariants: an end belongs to the actor that got it, as a ref does: what is received through it is that actor's, and
// what waits through it ends with the actor's life. Copied for another receiver, or on another thread, it is an end of the
// same channel.
import { ChannelCase } from './cases.ts'
import type { Cell } from './cell.ts'
import type { Chan, Received } from './chan.ts'
import type { Receiver as To } from './actor-ref.ts'
import type { Given } from './channel-entries.ts'
import { OVERFLOWS } from './channel-options.ts'
import { NotSendable } from './errors.ts'
import { travel, type TravelKind } from './sendable.ts'

export abstract class End {
  readonly #chan: Chan
  readonly #owner: Cell | undefined
  constructor(chan: Chan, owner: Cell | undefined) {
    this.#chan = chan
    this.#owner = owner
  }
  protected get chan(): Chan {
    return this.#chan
  }
  protected get owner(): Cell | undefined {
    return this.#owner
  }
  static chanOf(end: End): Chan {
    return end.#chan
  }

  toString(): string {
    return `${this.constructor.name}(${this.#chan.id})`
  }
  toJSON(): { channel: string } {
    return { channel: this.#chan.id }
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
  declare readonly [travel]: TravelKind<End>
}

export class Sender extends End {
  send(value: unknown): Promise<unknown> {
    return this.chan.send(value, this.owner)
  }
  trySend(value: unknown): boolean {
    return this.chan.trySend(value, this.owner)
  }
  sending(value: unknown): ChannelCase {
    return new ChannelCase(this.chan, this.owner, true, value)
  }
  get closed(): boolean {
    return this.chan.closed
  }
  close(): void {
    this.chan.close()
  }
}

export class Receiver extends End {
  receive(): Promise<Received> {
    return this.chan.receive(this.owner)
  }
  tryReceive(): Received | undefined {
    return this.chan.tryReceive(this.owner)
  }
  receiving(): ChannelCase {
    return new ChannelCase(this.chan, this.owner, false, undefined)
  }
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return new Values(this.chan, this.owner)
  }
}

/** What `for await` asks: each value, until the channel is closed and drained. Leaving the loop closes nothing. */
class Values implements AsyncIterator<unknown> {
  readonly #chan: Chan
  readonly #owner: Cell | undefined
  constructor(chan: Chan, owner: Cell | undefined) {
    this.#chan = chan
    this.#owner = owner
  }
  next(): Promise<IteratorResult<unknown>> {
    return this.#chan.receive(this.#owner) as Promise<IteratorResult<unknown>>
  }
}

export class Channel extends Sender {
  #sender: Sender | undefined = undefined
  #receiver: Receiver | undefined = undefined

  get sender(): Sender {
    return (this.#sender ??= new Sender(this.chan, this.owner))
  }
  get receiver(): Receiver {
    return (this.#receiver ??= new Receiver(this.chan, this.owner))
  }
  receive(): Promise<Received> {
    return this.chan.receive(this.owner)
  }
  tryReceive(): Received | undefined {
    return this.chan.tryReceive(this.owner)
  }
  receiving(): ChannelCase {
    return new ChannelCase(this.chan, this.owner, false, undefined)
  }
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return new Values(this.chan, this.owner)
  }
}

const SIDES = [Channel, Sender, Receiver]

/** In a frame: which of the three it is, then what the other thread must know of the channel. */
export const endTravel: TravelKind<End> = {
  tag: 'channel',
  wire: [
    { least: 0, most: SIDES.length - 1 },
    'channel',
    'place',
    { least: 0, most: Number.MAX_SAFE_INTEGER },
    'place',
    { least: 0, most: Number.MAX_SAFE_INTEGER },
    { oneOf: OVERFLOWS },
  ],
  copy(end, to) {
    const { core, cell } = to as To
    const Class = end.constructor as (typeof SIDES)[number]
    return new Class(own(end, core), cell)
  },
  pack(end, from) {
    const chan = own(end, from)
    return [SIDES.indexOf(end.constructor as (typeof SIDES)[number]), ...chan.core.channels.entries.give(chan)]
  },
  unpack(plain, to) {
    const [side, ...given] = plain as [number, ...Given]
    const { core, cell } = to as To
    return new SIDES[side]!(core.channels.entries.meet(given), cell)
  },
}
Object.defineProperty(End.prototype, travel, { value: endTravel })

function own(end: End, core: unknown): Chan {
  const chan = End.chanOf(end)
  if (chan.core === core) return chan
  throw new NotSendable('', 'a channel of another system')
}
