// A channel's home as data: how it goes from one thread to another.
//
// It goes when nothing is promised to anybody, so all there is are values, waiters, and what is known of the other
// threads. Invariants: from `ship` on the old thread decides nothing; what comes to it is passed on. The new one has all
// that had been applied, and what was early; messages of the two threads themselves are numbered on as before, but for
// those of the old home, whose proxy is new and begins at 0.
import type { Chan } from './chan.ts'
import { ChannelFrame, type ChannelFrameData, type ChannelKey } from './channel-frame.ts'
import type { ChannelOverflow } from './channel-options.ts'
import { Home } from './channel-home.ts'
import { Peers } from './channel-peers.ts'
import { Placement } from './channel-placement.ts'
import type { Entry } from './channel-entries.ts'
import type { Proxy } from './channel-proxy.ts'
import type { Core } from './core.ts'
import { waiterOf } from './far-waiter.ts'
import { EndsParcel, type Held, sealed } from './held.ts'
import { Parcel } from './mailbox.ts'
import { Peer } from './peer.ts'
import { Wait, type Waiter, type WaitQueue } from './waiter.ts'

/** A value: a primitive, or anything else as msgpack, with or without channel ends in it. */
type Packed = string | number | boolean | bigint | null | undefined | readonly [bytes: Uint8Array, ends: boolean]
type PackedWaiter = [thread: number, ticket: number, claimAt: number, claimWord: number, value: Packed]
type PackedPeer = [
  thread: number,
  life: number,
  next: number,
  sent: boolean,
  received: boolean,
  early: [frame: ChannelFrameData, value: Packed][],
]

/** A home with more values than this stays where it is if it can: packing them keeps its thread from everything else. */
const MOST_VALUES = 4_096

export interface ChannelState {
  readonly key: ChannelKey
  readonly capacity: number
  readonly overflow: ChannelOverflow
  readonly state: 'open' | 'closing' | 'closed'
  readonly epoch: number
  readonly moves: number
  readonly formers: readonly number[]
  readonly values: readonly Packed[]
  readonly senders: readonly PackedWaiter[]
  readonly receivers: readonly PackedWaiter[]
  readonly peers: readonly PackedPeer[]
  readonly dropped: readonly string[]
}

/**
 * The home as it is now, ready to go; undefined where it cannot: a value cannot be packed (a codec of the user's fails), there
 * are too many of them, or no words for the selects that wait here. Nothing has changed then.
 */
export function pack(home: Home, entry: Entry, most = MOST_VALUES): Packing | undefined {
  const { buffer, senders, receivers, core } = home
  if (buffer.count > most) return undefined
  const { entries } = core.channels
  const given: ChannelKey[] = []
  entries.begin()
  try {
    for (const queue of [senders, receivers]) {
      for (const waiter of queue) if (waiter instanceof Wait) waiter.selection?.publish()
    }
    const values = [...buffer].map(value => packed(core, value, given))
    const sent = [...senders].map(({ value }) => packed(core, value, given))
    return { values, sent, peers: home.peers!.all.map(peer => packedPeer(core, peer, given)), entry }
  } catch {
    entries.undo()
    for (const key of given) entries.unpin(key)
    return undefined
  }
}
interface Packing {
  readonly values: Packed[]
  readonly sent: Packed[]
  readonly peers: PackedPeer[]
  readonly entry: Entry
}

/** Lets it go. `proxy` is what the thread that it leaves has instead; what waits here gets tickets. Cannot fail. */
export function ship(home: Home, { values, sent, peers, entry }: Packing, proxy: Proxy): ChannelState {
  const { senders, receivers, state } = home
  const here = home.core.platform.thread
  return {
    key: entry.key,
    capacity: entry.capacity,
    overflow: entry.overflow,
    state,
    epoch: entry.epoch + 1,
    moves: home.peers!.placement.moves + 1,
    formers: [...entry.formers, here],
    values,
    senders: [...senders].map((waiter, i) => packedWaiter(waiter, senders, sent[i], proxy)),
    receivers: [...receivers].map(waiter => packedWaiter(waiter, receivers, undefined, proxy)),
    peers: [[here, proxy.life, 0, home.sent > 0, home.received > 0, []], ...peers],
    dropped: [...home.peers!.dropped],
  }
}

/** Whose ends it gives away is added to `given`. */
function packed(core: Core, value: Held, given: ChannelKey[]): Packed {
  if (typeof value !== 'object' || value === null) return value as Packed
  const { entries } = core.channels
  entries.begin()
  const bytes = sealed(core, value)
  const ends = entries.take()
  given.push(...ends)
  return [bytes, value instanceof EndsParcel || ends.length > 0]
}
function unpacked(packed: Packed): Held {
  if (typeof packed !== 'object' || packed === null) return packed
  const [bytes, ends] = packed
  return ends ? new EndsParcel(bytes, 0, bytes.length) : new Parcel(bytes, 0, bytes.length)
}

function packedWaiter(waiter: Waiter, queue: WaitQueue, value: Packed, proxy: Proxy): PackedWaiter {
  queue.remove(waiter)
  if (waiter instanceof Wait) proxy.await(waiter)
  return [waiter.thread, waiter.ticket, waiter.claimAt, waiter.claimWord, value]
}

function packedPeer(core: Core, peer: Peer, given: ChannelKey[]): PackedPeer {
  const { thread, life, next, sent, received, early } = peer
  const waiting = [...(early ?? []).values()].map(({ frame, value }): [ChannelFrameData, Packed] => [
    frame.data(),
    packed(core, value, given),
  ])
  return [thread, life, next, sent, received, waiting]
}

/** The home as it goes on here. `proxy` is what this thread had until now, `from` the thread that it comes from. */
export function unpack(chan: Chan, given: ChannelState, proxy: Proxy | undefined, from: number): Home {
  const { core } = chan
  const here = core.platform.thread
  const home = new Home(chan)
  home.state = given.state
  for (const value of given.values) home.buffer.push(unpacked(value))
  const peers = given.peers.map(peer => unpackedPeer(given.key, peer))
  const unsettled = new Set(peers.map(({ thread }) => thread))
  unsettled.delete(from)
  unsettled.delete(here)
  home.peers = new Peers(home, new Placement(given.moves, core.platform.now(), unsettled))
  home.peers.all.push(...peers)
  for (const proxy of given.dropped) home.peers.dropped.add(proxy)
  if (proxy !== undefined) home.peers.comeHome(proxy)
  enter(home, home.senders, given.senders)
  enter(home, home.receivers, given.receivers)
  return home
}

/** Values of waiters of the thread that the home has come to, which have them themselves. */
export function doubles({ senders }: ChannelState, here: number): Held[] {
  return senders.filter(([thread]) => thread === here).map(([, , , , value]) => unpacked(value))
}

function unpackedPeer(key: ChannelKey, [thread, life, next, sent, received, early]: PackedPeer): Peer {
  const peer = new Peer(thread, life, next)
  peer.sent = sent
  peer.received = received
  if (early.length > 0) peer.early = new Map()
  for (const [frame, value] of early) {
    const message = ChannelFrame.of(key, frame)
    peer.early!.set(message.seq, { frame: message, value: unpacked(value) })
  }
  return peer
}

function enter(home: Home, queue: WaitQueue, waiters: readonly PackedWaiter[]): void {
  const { core } = home
  for (const [thread, ticket, claimAt, claimWord, value] of waiters) {
    if (thread === core.platform.thread) {
      const wait = core.channels.redeem(ticket)
      if (wait !== undefined) queue.add(wait)
      continue
    }
    const waiter = waiterOf(home, thread, ticket, unpacked(value), claimAt, claimWord)
    home.peers!.waiters.add(waiter)
    queue.add(waiter)
  }
}
