// The channels of one thread that other threads know of, and how long that must be remembered.
//
// Invariants:
// - A thread keeps an Entry for a channel while it has an end of it, while it has given one away that has not arrived yet
//   (`pins`), while it is the home and others have ends, while the home may come to it, and while somebody may still take
//   it for the home.
// - Whoever decodes an end greets the home, and only then is the thread that gave it free to forget the channel (UNPIN):
//   so a home that knows of nobody can be sure that there is nobody. Ends that are lost on their way, as dead letters are,
//   keep an entry for good.
import * as frame from './channel-frame.ts'
import type { ChannelKey } from './channel-frame.ts'
import type { ChannelOverflow } from './channel-options.ts'
import type { Home } from './channel-home.ts'
import { breakOff } from './channel-loss.ts'
import { Peers } from './channel-peers.ts'
import { Placement } from './channel-placement.ts'
import { Proxy } from './channel-proxy.ts'
import { Chan } from './chan.ts'
import type { Channels } from './channels.ts'
import type { Core } from './core.ts'
import type { Formerly } from './channel-leave.ts'

/** What another thread must know of a channel to have an end of it. */
export type Given = [
  key: ChannelKey,
  home: number,
  epoch: number,
  via: number,
  capacity: number,
  overflow: ChannelOverflow,
]

/** A channel that other threads know of. */
export class Entry {
  readonly key: ChannelKey
  readonly capacity: number
  readonly overflow: ChannelOverflow
  /** Held while others may need it here. */
  chan: Chan | undefined = undefined
  #weak: WeakRef<Chan> | undefined = undefined
  proxy: Proxy | undefined = undefined
  /** Where its home is, if not here, and how often it had moved by then. */
  homeThread = -1
  epoch = 0
  /** Ends given away that have not arrived. */
  pins = 0
  /** Somebody may still take this thread for the home. */
  former = false
  /** Farewells that the home has not heard of yet: it may still come here. */
  farewells = 0
  /** The thread with which it was lost for this one; -1 unless it was. */
  lostWith = -1
  /** The threads that were home before this one, for the home to tell when nobody is left. */
  formers: number[] = []
  constructor(key: ChannelKey, capacity: number, overflow: ChannelOverflow) {
    this.key = key
    this.capacity = capacity
    this.overflow = overflow
  }
  /** The channel, if somebody here still has it. */
  get known(): Chan | undefined {
    return this.chan ?? this.#weak?.deref()
  }
  meet(chan: Chan): void {
    this.#weak = new WeakRef(chan)
  }
  /** Nobody who may still have it will use it. */
  lose(): void {
    this.chan = this.#weak = undefined
  }
}

export class Entries {
  readonly core: Core
  readonly #channels: Channels
  readonly #all = new Map<ChannelKey, Entry>()
  /** Frames come in streams. */
  #last: Entry | undefined = undefined
  #serial = 0
  /** The ends in the value that is being packed. */
  readonly #given: Entry[] = []

  constructor(channels: Channels) {
    this.core = channels.core
    this.#channels = channels
  }

  get size(): number {
    return this.#all.size
  }
  get(key: ChannelKey): Entry | undefined {
    const last = this.#last
    if (last !== undefined && last.key === key) return last
    return (this.#last = this.#all.get(key))
  }
  #forget(entry: Entry): void {
    // one that was collected late may have a successor
    if (this.#all.get(entry.key) === entry) this.#all.delete(entry.key)
    if (this.#last === entry) this.#last = undefined
  }
  [Symbol.iterator](): Iterator<Entry> {
    return [...this.#all.values()][Symbol.iterator]()
  }

  /** A value begins to be packed; `gave` tells whether there have been ends in it, `undo` that it does not go after all. */
  begin(): void {
    if (this.#given.length > 0) this.#given.length = 0
  }
  get gave(): boolean {
    return this.#given.length > 0
  }
  undo(): void {
    for (const { key } of this.#given.splice(0)) this.unpin(key)
  }
  /** The ends in the value that was packed: from now on it is the caller's to unpin them, should it not go. */
  take(): ChannelKey[] {
    return this.#given.splice(0).map(({ key }) => key)
  }

  /** An end of it goes to another thread: what that must know. */
  give(chan: Chan): Given {
    const here = this.core.platform.thread
    const entry = chan.key === undefined ? this.#publish(chan) : this.reach(chan.key, chan.capacity, chan.overflow)
    entry.pins++
    this.#given.push(entry)
    chan.home?.joined()
    if (chan.home !== undefined) this.#keep(entry, chan)
    const home = chan.home === undefined ? (chan.proxy?.homeThread ?? entry.homeThread) : here
    return [entry.key, home, entry.epoch, here, chan.capacity, chan.overflow]
  }
  #publish(chan: Chan): Entry {
    const key = frame.keyOf(this.core.platform.thread, ++this.#serial)
    chan.key = key
    const entry = this.reach(key, chan.capacity, chan.overflow)
    this.#meet(entry, chan)
    return entry
  }
  /** The entry of a channel, new if need be. */
  reach(key: ChannelKey, capacity: number, overflow: ChannelOverflow): Entry {
    let entry = this.#all.get(key)
    if (entry === undefined) this.#all.set(key, (entry = new Entry(key, capacity, overflow)))
    return entry
  }
  /** Its channel, as this thread knows it, made anew where nobody has it any more. */
  chanOf(entry: Entry): Chan {
    let chan = entry.known
    if (chan === undefined) {
      chan = new Chan(this.core, entry.capacity, entry.overflow, entry.key)
      this.#meet(entry, chan)
    }
    return chan
  }
  #meet(entry: Entry, chan: Chan): void {
    entry.meet(chan)
    this.core.platform.watch(chan, () => this.collected(entry))
  }
  /** Holds the home's channel, whoever else does. */
  #keep(entry: Entry, chan: Chan): void {
    entry.chan = chan
    const { home } = chan
    home!.peers ??= new Peers(home!, new Placement(0, this.core.platform.now(), new Set()))
  }

  /** An end of it has come. */
  meet([key, home, epoch, via, capacity, overflow]: Given): Chan {
    const entry = this.reach(key, capacity, overflow)
    const chan = this.chanOf(entry)
    if (chan.home !== undefined) this.greeted(key, via)
    else this.#greet(entry, chan, home, epoch, via)
    return chan
  }
  #greet(entry: Entry, chan: Chan, home: number, epoch: number, via: number): void {
    if (entry.proxy === undefined) {
      const known = entry.homeThread >= 0 && entry.epoch >= epoch
      if (!known) [entry.homeThread, entry.epoch] = [this.core.standIn(home), epoch]
      entry.proxy = new Proxy(this.#channels, entry.key, entry.overflow, entry.homeThread, entry.epoch)
    }
    chan.proxy = entry.proxy
    if (this.core.hasLost(entry.proxy.homeThread)) breakOff(this.#channels, entry, entry.proxy.homeThread)
    if (chan.broken === undefined) entry.proxy.greet(via)
    else this.greeted(entry.key, via)
  }

  /** Whoever got an end from `via` has it, and the home knows. */
  greeted(key: ChannelKey, via: number): void {
    if (via === this.core.platform.thread) this.unpin(key)
    else this.#channels.tell(via, key, frame.UNPIN, 0, 0, 0)
  }
  unpin(key: ChannelKey): void {
    const entry = this.#all.get(key)
    if (entry === undefined) return
    entry.pins--
    if (entry.chan !== undefined) this.checkKept(entry.chan.home!)
    else if (entry.known === undefined) this.collected(entry)
  }

  /** Nobody on this thread has an end of it any more. */
  collected(entry: Entry): void {
    if (entry.pins > 0 || entry.known !== undefined) return
    if (entry.proxy?.leave() === true) entry.farewells++
    entry.proxy = undefined
    if (!entry.former && entry.farewells === 0) this.#forget(entry)
  }
  /** The home has heard a farewell. */
  gone(entry: Entry): void {
    entry.farewells--
    if (entry.known === undefined) this.collected(entry)
  }

  /** The thread is to end in order: nobody here needs an end of it any more. */
  disown(entry: Entry): void {
    entry.lose()
    this.collected(entry)
  }
  /** A thread has ended in order that somebody may take for the home. */
  inherits([key, home, epoch, capacity, overflow]: Formerly): void {
    const entry = this.reach(key, capacity, overflow)
    if (entry.known?.home !== undefined) return
    if (entry.proxy === undefined && (entry.homeThread < 0 || epoch > entry.epoch)) {
      entry.homeThread = home
      entry.epoch = epoch
    }
    entry.former = true
  }

  /** Nobody takes this thread for the home any more, nor the one that has been told of it. */
  unsought(entry: Entry, successor = -1): void {
    entry.former = false
    if (successor >= 0) this.#channels.tell(successor, entry.key, frame.FORGET, 0, 0, 0)
    if (entry.known === undefined) this.collected(entry)
  }

  /** Whether other threads still need this home. */
  checkKept(home: Home): void {
    const { chan, peers } = home
    const entry = this.#all.get(chan.key!)
    if (entry === undefined || chan.home !== home || entry.pins > 0 || peers!.all.length > 0) return
    for (const former of entry.formers) {
      const thread = this.core.standIn(former)
      if (!this.core.hasLost(thread)) this.#channels.tell(thread, entry.key, frame.FORGET, 0, 0, 0)
    }
    // it is this thread's alone again, and may be given away once more, as another
    this.#forget(entry)
    entry.chan = undefined // the entry is kept by whoever watches for the end of the channel, and must not delay that
    home.peers = undefined
    chan.key = undefined
  }
}
