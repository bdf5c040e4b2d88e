// The other threads that have an end of a channel, as its home sees them: what they send, in order, and the room that they
// have been promised.
//
// Invariants:
// - A peer's messages are applied in the order of their numbers, each once. While homes move, one may come by another way
//   than the one before it: what is early waits.
// - `home.granted` is the sum of the peers' credits. Credit is given to who sends, and only while nobody waits to send; it
//   comes back as values, when it is not used for a while (channel-proxy.ts), or when it is asked back.
// - The first message of a peer says that it is there (GREET), its last one that it is not. While there is a peer the
//   channel's home is kept, whether or not anybody on its own thread still knows the channel.
import { FIRST_FAR } from './address.ts'
import * as frame from './channel-frame.ts'
import type { ChannelFrame } from './channel-frame.ts'
import type { Home } from './channel-home.ts'
import type { Placement } from './channel-placement.ts'
import { waiterOf } from './far-waiter.ts'
import { discard, type Held } from './held.ts'
import { Peer } from './peer.ts'
import { RemoteWaiters } from './remote-waiter.ts'
import type { Proxy } from './channel-proxy.ts'

/** What one grant promises at most. */
const MOST_CREDIT = 65_536

export class Peers {
  readonly home: Home
  /** By thread: the proxies that have spoken and not said farewell. One thread has several only in passing. */
  readonly all: Peer[] = []
  readonly placement: Placement
  readonly waiters: RemoteWaiters
  /** Proxies that have left out of turn: what of theirs still comes, comes too late. */
  readonly dropped = new Set<string>()
  /** Who was looked for last. */
  #last: Peer | undefined = undefined
  /** Who was given credit last. */
  #favoured: Peer | undefined = undefined
  /** This thread's own proxy, from before the home came here, while messages of its are still under way. */
  own: Peer | undefined = undefined
  /** How many messages that proxy had sent. */
  #ownSent = 0
  #afterOwn: (() => void)[] = []

  constructor(home: Home, placement: Placement) {
    this.home = home
    this.placement = placement
    this.waiters = new RemoteWaiters(home.core)
  }

  get ownUnderWay(): boolean {
    return this.own !== undefined
  }
  /** The home has come to the thread of this proxy. What that sent to earlier homes may still be on its way. */
  comeHome({ life, sent }: Proxy): void {
    const thread = this.home.core.platform.thread
    let peer = this.find(thread, life)
    if (peer === undefined) this.all.push((peer = new Peer(thread, life, 0)))
    this.#last = undefined
    if (peer.next === sent) return void this.all.splice(this.all.indexOf(peer), 1)
    this.own = peer
    this.#ownSent = sent
  }
  /** Does it when what this thread itself had sent before has arrived. */
  afterOwn(run: () => void): void {
    this.#afterOwn.push(run)
  }

  /** The channel is lost: nothing that any of them sends counts any more. Gives those who are to hear of that. */
  disband(): Peer[] {
    this.own = this.#favoured = this.#last = undefined
    const all = this.all.splice(0)
    for (const run of this.#afterOwn.splice(0)) run()
    return all
  }

  find(thread: number, life: number): Peer | undefined {
    const last = this.#last
    if (last !== undefined && last.thread === thread && last.life === life) return last
    return (this.#last = this.all.find(peer => peer.thread === thread && peer.life === life))
  }
  has(thread: number): boolean {
    return this.all.some(peer => peer.thread === thread)
  }

  // ── what comes ──────────────────────────────────────────────────────────────────────────────────────────────

  /** A message for the home. `message` is the caller's, and may change afterwards; `value` is this home's. */
  receive(message: ChannelFrame, value: Held): void {
    const { origin, life, seq } = message
    if (message.op === frame.DROP) return this.#drop(origin, life)
    if (this.home.core.hasLost(origin) || this.dropped.has(`${origin} ${life}`)) return this.#tooLate(message, value)
    // it still sends by way of an earlier home
    if (message.from !== origin && origin !== this.home.core.platform.thread) this.placement.unsettled.add(origin)
    let peer = this.find(origin, life)
    if (peer === undefined) this.all.push((peer = new Peer(origin, life, 0)))
    if (seq !== peer.next) {
      // a number that has been passed was skipped when a thread on its way was lost
      if (((seq - peer.next) | 0) > 0) (peer.early ??= new Map()).set(seq, { frame: message.copy(), value })
      return
    }
    this.#apply(peer, message, value)
    this.#catchUp(peer)
  }

  #drop(thread: number, life: number): void {
    this.dropped.add(`${thread} ${life}`)
    this.leave(this.find(thread, life), true)
  }
  /** What was sent by way of an earlier home, and has outlived its sender, or the sender's trust in that way. */
  #tooLate({ op, ticket }: ChannelFrame, value: Held): void {
    const { home } = this
    discard(home.core, value)
    if (op === frame.GREET) home.core.channels.entries.greeted(home.chan.key!, ticket)
    else if (op === frame.PUT) home.chan.dropped('lost')
  }
  /** What a peer has sent that was early has no turn to wait for any more. */
  giveUpEarly(peer: Peer): void {
    const early = [...(peer.early?.values() ?? [])]
    peer.early = undefined
    for (const { frame, value } of early) this.#tooLate(frame, value)
  }

  /** The home has come here: what was early may not be any more. */
  begin(): void {
    for (const peer of [...this.all]) this.#catchUp(peer)
  }
  #catchUp(peer: Peer): void {
    for (;;) {
      if (this.home.chan.home !== this.home) return // it went on with the last one
      const next = peer.early?.get(peer.next)
      if (next === undefined) break
      peer.early!.delete(peer.next)
      this.#apply(peer, next.frame, next.value)
    }
    if (peer !== this.own || ((peer.next - this.#ownSent) | 0) < 0) return
    this.own = undefined
    this.leave(peer, false)
    for (const run of this.#afterOwn.splice(0)) run()
  }

  #apply(peer: Peer, message: ChannelFrame, value: Held): void {
    peer.next = (peer.next + 1) | 0
    const { home } = this
    const { channels } = home.core
    switch (message.op) {
      case frame.GREET:
        home.joined()
        if (home.state !== 'open') this.#tellClosed(peer)
        return channels.entries.greeted(home.chan.key!, message.ticket)
      case frame.PUT:
        return this.#put(peer, value)
      case frame.SEND:
        peer.sent = true
        this.placement.sent(peer.thread)
        this.#wait(message, value, true)
        return this.#favour(peer)
      case frame.RECEIVE:
        peer.received = true
        this.placement.received(peer.thread)
        this.#wait(message, undefined, false)
        return this.#consider()
      case frame.WITHDRAW:
        return this.waiters.withdraw(peer.thread, message.ticket)
      case frame.CLOSE:
        this.#giveBack(peer, message.ticket)
        if (home.state === 'open') home.close()
        else channels.closedTwice(home.chan, peer.thread)
        return
      case frame.RETURN:
        // promised to it again at once, it would come and go for ever
        if (this.#favoured === peer) this.#favoured = undefined
        this.#giveBack(peer, message.ticket)
        return this.#consider()
      case frame.WANT:
        this.placement.wanted(peer.thread)
        return this.#consider()
      case frame.SWITCHED:
        this.placement.settled(peer.thread)
        channels.tell(peer.thread, home.chan.key!, frame.SETTLED, message.ticket, 0, peer.life)
        return this.#consider()
      case frame.HELD:
      case frame.BUSY:
        return this.waiters.answered(peer.thread, message.ticket, message.op === frame.HELD)
      case frame.BYE:
        channels.tell(peer.thread, home.chan.key!, frame.GONE, 0, 0, 0)
        return this.leave(peer, false)
    }
  }

  #put(peer: Peer, value: Held): void {
    const { home } = this
    peer.sent = true
    this.placement.sent(peer.thread)
    if (home.overflow !== 'wait') {
      if (home.state === 'open') return void home.place(value)
      discard(home.core, value)
      home.chan.dropped('stopped')
      return this.#tellClosed(peer)
    }
    peer.credit--
    home.redeem(value)
    this.#favoured = peer
    this.hasRoom()
  }

  #wait(message: ChannelFrame, value: Held, sends: boolean): void {
    const { home } = this
    if (message.origin === home.core.platform.thread) {
      // a wait of this very thread, from before the home came here: it has the value itself
      discard(home.core, value)
      const wait = home.core.channels.redeem(message.ticket)
      if (wait !== undefined) home.enter(wait, sends)
      return
    }
    const { origin, ticket, claimAt, claimWord } = message
    const waiter = waiterOf(home, origin, ticket, value, claimAt, claimWord)
    this.waiters.add(waiter)
    home.enter(waiter, sends)
  }

  // ── credit ──────────────────────────────────────────────────────────────────────────────────────────────────

  #favour(peer: Peer): void {
    this.#favoured = peer
    this.hasRoom()
  }

  /** There may be room: who sends from elsewhere is promised some of it, so that it need not ask for each value. */
  hasRoom(): void {
    const { home } = this
    const peer = this.#favoured
    if (peer === undefined || peer === this.own || peer.revoking) return
    if (home.state !== 'open' || home.senders.first !== undefined) return
    if (this.placement.leaving || home.overflow !== 'wait') return
    const free = home.capacity - home.buffer.count - home.granted
    if (free * 2 < home.capacity || free === 0) return
    // who sends alone may have all of it
    const alone = home.sent === 0 && !this.all.some(other => other !== peer && other.sent)
    const amount = Math.min(alone ? free : Math.floor(free / 2), MOST_CREDIT)
    if (amount === 0 || peer.credit > amount) return
    peer.credit += amount
    home.granted += amount
    home.core.channels.tell(peer.thread, home.chan.key!, frame.CREDIT, amount, 0, peer.life)
  }

  /** Asks back what has been promised and not been used. */
  revoke(): void {
    const { home } = this
    for (const peer of this.all) {
      if (peer.credit === 0 || peer.revoking) continue
      peer.revoking = true
      home.core.channels.tell(peer.thread, home.chan.key!, frame.REVOKE, 0, 0, peer.life)
    }
  }

  #giveBack(peer: Peer, amount: number): void {
    peer.credit -= amount
    peer.revoking = false
    this.home.reclaim(amount)
  }

  // ── the home's own news ─────────────────────────────────────────────────────────────────────────────────────

  closed(): void {
    for (const peer of this.all) this.#tellClosed(peer)
  }
  #tellClosed({ thread, life }: Peer): void {
    const { chan, core } = this.home
    core.channels.tell(thread, chan.key!, frame.CLOSED, 0, 0, life)
  }

  /** Goes where it is better placed, if it is, and nothing holds it. */
  #consider(): void {
    const { home, placement } = this
    const to = placement.better(home.core.platform.now(), home.received, home.sent)
    // what a proxy of this thread had sent before it left may still be coming in
    if (to === undefined || to === home.core.platform.thread || !this.has(to) || home.core.hasLost(to)) return
    if (to >= FIRST_FAR) return placement.stay() // it would be lost with that node, of which its own know nothing
    if (home.granted > 0) {
      placement.leaving = true
      return this.revoke()
    }
    if (this.ownUnderWay || this.waiters.far.size > 0) return
    home.core.channels.move(home, to)
  }

  // ── who leaves ──────────────────────────────────────────────────────────────────────────────────────────────

  leave(peer: Peer | undefined, lost: boolean): void {
    if (peer === undefined) return
    const { home, all } = this
    all.splice(all.indexOf(peer), 1)
    if (this.#favoured === peer) this.#favoured = undefined
    if (this.#last === peer) this.#last = undefined
    this.placement.settled(peer.thread)
    if (lost) this.waiters.leave(peer.thread)
    if (peer.credit > 0) home.reclaim(peer.credit)
    this.giveUpEarly(peer)
    home.core.channels.entries.checkKept(home)
  }
}
