// A channel at home: the thread that holds its buffer and its queues. All that happens to a channel happens here, one
// thing after the other; where senders and receivers stand makes no difference.
//
// Invariants, as in Go's chan.go:
// - nobody waits to receive while a value is there that may be had, nor to send while there is room;
// - buffer.count + granted <= capacity: `granted` is the room promised to other threads (channel-peers.ts);
// - values leave in the order in which they came in; waiters are served in the order in which they came.
// A waiter that is a case of a select is chosen before it is told (claims.ts). One that is busy, because another home has
// claimed it, is passed over and looked at again later; one that is gone leaves the queue.
import type { Chan } from './chan.ts'
import type { Core } from './core.ts'
import { goneError } from './channel-errors.ts'
import type { ChannelOverflow } from './channel-options.ts'
import { discard, type Held, spoiled, surrender } from './held.ts'
import type { Peers } from './channel-peers.ts'
import { Ring } from './ring.ts'
import { choose, choosePair, type Waiter, WaitQueue } from './waiter.ts'

/** How often busy waiters are looked at again at once. */
const LOOKS = 8
/** There is nothing to receive at this moment. */
export const NOTHING: unique symbol = Symbol('nothing')
/** There never will be: the channel is closed and drained. */
export const DRAINED: unique symbol = Symbol('drained')

export class Home {
  readonly chan: Chan
  readonly core: Core
  readonly capacity: number
  readonly overflow: ChannelOverflow
  readonly buffer = new Ring<Held>()
  readonly senders = new WaitQueue()
  readonly receivers = new WaitQueue()
  /** closing: no more is sent, but what was promised to other threads may still come. */
  state: 'open' | 'closing' | 'closed' = 'open'
  /** Room promised to other threads. */
  granted = 0
  /** The other threads that have an end of it; undefined while none has. */
  peers: Peers | undefined = undefined
  /** How often code on this thread has used it. */
  sent = 0
  received = 0
  /** Why nobody is left who could end the wait of a receiver, or of a sender; undefined while there may be somebody. */
  noSender: Error | undefined = undefined
  noReceiver: Error | undefined = undefined
  #looking = false
  /** How often in a row somebody was busy. */
  #looks = 0

  constructor(chan: Chan) {
    this.chan = chan
    this.core = chan.core
    this.capacity = chan.capacity
    this.overflow = chan.overflow
  }

  get #room(): boolean {
    return this.buffer.count + this.granted < this.capacity
  }

  // ── what can be done at once ────────────────────────────────────────────────────────────────────────────────

  /** Whether a send would have to wait. */
  get blocked(): boolean {
    return this.receivers.first === undefined && !this.#room && this.overflow === 'wait'
  }

  /** Sends a value if that need not wait: to a receiver, into the buffer, or away if that is the rule. */
  place(value: Held): boolean {
    // what came before goes first, also where it is still here only because all receivers were busy
    const isNext = this.senders.first === undefined && this.buffer.count === 0
    const receiver = isNext ? this.#take(this.receivers) : undefined
    if (receiver !== undefined) {
      receiver.deliver(surrender(value))
      return true
    }
    if (this.#room) {
      this.buffer.push(surrender(value))
      if (this.receivers.first !== undefined) this.settle()
      return true
    }
    if (this.overflow === 'wait') {
      if (this.granted > 0) this.peers!.revoke()
      return false
    }
    const given = surrender(value) // also where it is dropped at once: it was sent
    let dropped = given
    if (this.overflow === 'dropOldest' && this.buffer.count > 0) {
      dropped = this.buffer.shift()
      this.buffer.push(given)
    }
    discard(this.core, dropped)
    this.chan.dropped('overflow')
    return true
  }

  /** A value that has come with a promise: there is room for it. */
  redeem(value: Held): void {
    this.granted--
    this.place(value)
    this.#finishClosing()
  }

  /** What can be received at once, or NOTHING, or DRAINED. */
  get(): Held | typeof NOTHING | typeof DRAINED {
    const { buffer } = this
    if (buffer.count > 0) {
      const value = buffer.shift()
      if (this.senders.first !== undefined) this.#admit()
      this.peers?.hasRoom()
      return value
    }
    if (this.state === 'closed') return DRAINED
    const sender = this.state === 'open' ? this.#takeSender() : undefined
    if (sender === undefined) return NOTHING
    const value = surrender(sender.value)
    sender.accepted()
    return value
  }

  // ── who waits ───────────────────────────────────────────────────────────────────────────────────────────────

  /** One more waiter: matched at once if it can be. */
  enter(waiter: Waiter, sends: boolean): void {
    ;(sends ? this.senders : this.receivers).add(waiter)
    this.settle()
  }

  /** Lets all go on that can. */
  settle(): void {
    const { buffer } = this
    let again = true
    while (again) {
      again = this.#admit()
      while (buffer.count > 0) {
        const receiver = this.#take(this.receivers)
        if (receiver === undefined) break
        again = true
        receiver.deliver(buffer.shift())
      }
    }
    if (buffer.count === 0 && this.state === 'open') this.#pair()
    if (this.state !== 'open') this.#turnAway()
    this.#giveUp()
    if (this.granted > 0 && this.senders.first !== undefined) this.peers!.revoke()
    else this.peers?.hasRoom()
    this.peers?.waiters.letGo()
    if (!this.#looking) this.#looks = 0
  }

  /** Tells those who wait for nobody: those who could meet have met, or are busy. */
  #giveUp(): void {
    const { noSender, noReceiver, senders, receivers, buffer } = this
    if (noSender !== undefined && buffer.count === 0) this.#fail(receivers, senders, noSender)
    if (noReceiver !== undefined) this.#fail(senders, receivers, noReceiver)
  }
  #fail(queue: WaitQueue, partners: WaitQueue, error: Error): void {
    for (const one of [...queue]) {
      // one that was told may have taken others of its select with it
      if (one.queue !== queue || ![...partners].every(other => one.isWith(other))) continue
      const outcome = choose(one, this.core)
      if (outcome !== 'busy') queue.remove(one)
      if (outcome === 'won') one.fail(error)
      else if (outcome === 'gone') discard(this.core, one.value)
    }
  }

  /** Senders that wait go into the room that there is. */
  #admit(): boolean {
    let any = false
    while (this.state === 'open' && this.#room) {
      const sender = this.#takeSender()
      if (sender === undefined) break
      any = true
      this.buffer.push(surrender(sender.value))
      sender.accepted()
    }
    return any
  }

  /** The first waiter that can be chosen, which has left the queue then. */
  #take(queue: WaitQueue): Waiter | undefined {
    let next: Waiter | undefined
    for (let waiter = queue.first; waiter !== undefined; waiter = next) {
      next = waiter.next
      const outcome = choose(waiter, this.core)
      if (outcome === 'busy') {
        if (!waiter.asked) this.lookAgain()
        continue
      }
      queue.remove(waiter)
      if (outcome === 'won') return waiter
      discard(this.core, waiter.value)
    }
    return undefined
  }

  /** The same for a sender that still has what it offers; others fail. */
  #takeSender(): Waiter | undefined {
    for (;;) {
      const sender = this.#take(this.senders)
      if (sender === undefined || !spoiled(sender.value)) return sender
      sender.fail(goneError())
    }
  }

  /** Hands values from senders to receivers, where no buffer is between them. */
  #pair(): void {
    let next: Waiter | undefined
    for (let sender = this.senders.first; sender !== undefined; sender = next) {
      next = sender.next
      if (spoiled(sender.value)) {
        if (choose(sender, this.core) === 'won') sender.fail(goneError())
        continue
      }
      const receiver = this.#partner(sender)
      if (receiver === undefined) continue
      this.senders.remove(sender)
      this.receivers.remove(receiver)
      const value = surrender(sender.value)
      sender.accepted()
      receiver.deliver(value)
      next = this.senders.first // told, they may have changed the queue
    }
  }

  #partner(sender: Waiter): Waiter | undefined {
    let next: Waiter | undefined
    for (let receiver = this.receivers.first; receiver !== undefined; receiver = next) {
      next = receiver.next
      if (sender.isWith(receiver)) continue
      const outcome = choosePair(sender, receiver, this.core)
      if (outcome === 'won') return receiver
      if (outcome === 'busy') {
        if (!sender.asked && !receiver.asked) this.lookAgain()
      } else if (outcome === sender) {
        this.senders.remove(sender)
        discard(this.core, sender.value)
        return undefined
      } else {
        this.receivers.remove(outcome)
      }
    }
    return undefined
  }

  /** Soon at first; but what other nodes take part in lasts longer than a turn of the event loop. */
  lookAgain(soon = ++this.#looks < LOOKS): void {
    if (this.#looking) return
    this.#looking = true
    if (soon) void this.core.platform.rest().then(() => this.#look())
    else this.core.later(1, () => this.#look())
  }
  #look(): void {
    this.#looking = false
    if (this.chan.home === this) this.settle()
  }

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** No more can be sent; what has been, and what was promised, can still be received. */
  close(): void {
    this.state = 'closing'
    this.peers?.closed()
    if (this.granted > 0) this.peers!.revoke()
    this.#finishClosing()
    this.settle()
  }
  #finishClosing(): void {
    if (this.state !== 'closing' || this.granted > 0) return
    this.state = 'closed'
    this.#turnAway()
  }

  /** Tells those who wait for what will not come any more. */
  #turnAway(): void {
    for (let sender = this.#take(this.senders); sender !== undefined; sender = this.#take(this.senders)) sender.ended()
    if (this.state !== 'closed' || this.buffer.count > 0) return
    for (let one = this.#take(this.receivers); one !== undefined; one = this.#take(this.receivers)) one.ended()
  }
  /** Somebody may be there again. */
  joined(): void {
    this.noSender = this.noReceiver = undefined
  }
  /** It is lost: whoever waits is told. */
  break(error: Error): void {
    this.noSender = this.noReceiver = error
    this.granted = 0
    const nobody = new WaitQueue()
    this.#fail(this.senders, nobody, error)
    this.#fail(this.receivers, nobody, error)
  }

  /** Takes back room that was promised and not used. */
  reclaim(amount: number): void {
    this.granted -= amount
    this.#finishClosing()
    this.settle()
  }
}
