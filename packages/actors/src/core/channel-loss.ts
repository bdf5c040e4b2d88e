// What it means for channels that a thread has ended.
//
// A channel is lost with its home, and with a thread through which its home, or messages to it, may still have been on
// their way. It is broken then for everybody who needed that thread: who waits is told, and so is who comes later. A home
// that did not need it goes on, and tells those who wait for what only that thread could have done.
// Invariant: nothing that the thread had sent is still to come, but by way of others; that is taken for lost.
import * as frame from './channel-frame.ts'
import type { Entry } from './channel-entries.ts'
import { lostError } from './channel-errors.ts'
import type { Home } from './channel-home.ts'
import type { Channels } from './channels.ts'
import type { Peer } from './peer.ts'

export function loseThread(channels: Channels, thread: number): void {
  // selects that it had chosen, or was about to choose: nobody else would tell them
  for (const { selection, chan } of channels.waits) selection?.lostChooser(thread, lostError(chan, thread))
  for (const entry of channels.entries) {
    const home = entry.known?.home
    if (home !== undefined) {
      const { peers } = home
      const underWay = peers!.placement.unsettled.size > 0 || peers!.ownUnderWay
      if (underWay && entry.formers.includes(thread)) breakHome(channels, entry, home, thread)
      else losePeers(home, thread)
      continue
    }
    if (entry.proxy?.needs(thread) === true || entry.homeThread === thread) breakOff(channels, entry, thread)
    if (entry.homeThread !== thread) continue
    entry.farewells = 0
    channels.entries.unsought(entry)
  }
}

/** For this thread, the channel is lost. */
export function breakOff(channels: Channels, entry: Entry, thread: number): void {
  const chan = entry.known
  if (chan === undefined || chan.broken !== undefined || chan.home !== undefined) return
  chan.broken = lostError(chan, thread)
  entry.lostWith = thread
  for (const wait of channels.waits) if (wait.chan === chan) wait.breakOff(thread, chan.broken)
  const { proxy, key, homeThread } = entry
  if (!channels.core.hasLost(homeThread)) channels.tell(homeThread, key, frame.DROP, 0, 0, proxy!.life)
  proxy!.quit()
}

/** For everybody: messages to it may be lost. */
function breakHome(channels: Channels, entry: Entry, home: Home, thread: number): void {
  const { chan, peers } = home
  chan.broken ??= lostError(chan, thread)
  entry.lostWith = thread
  for (const wait of channels.waits) if (wait.chan === chan) wait.breakOff(thread, chan.broken)
  const all = peers!.disband()
  home.break(chan.broken)
  for (const peer of all) {
    if (!channels.core.hasLost(peer.thread)) channels.tell(peer.thread, entry.key, frame.BROKEN, 0, thread, 0)
  }
  for (const peer of all) peers!.giveUpEarly(peer)
  channels.entries.checkKept(home)
}

/** A home that has just come here may not have heard of losses that are known here. */
export function checkArrived(channels: Channels, entry: Entry, home: Home): void {
  // whoever waits for what this thread had sent on its way to it would wait in vain
  if (home.chan.broken !== undefined) return breakHome(channels, entry, home, entry.lostWith)
  for (const { thread } of [...home.peers!.all]) if (home.core.hasLost(thread)) losePeers(home, thread)
}

/** Who waits for what only that thread could have done is told. */
function losePeers(home: Home, thread: number): void {
  const peers = home.peers!
  const gone = peers.all.filter(peer => peer.thread === thread)
  if (gone.length === 0) return
  for (const peer of gone) peers.leave(peer, true)
  const error = lostError(home.chan, thread)
  if (gone.some(couldSend) && home.sent === 0 && !peers.all.some(couldSend)) home.noSender = error
  if (gone.some(couldReceive) && home.received === 0 && !peers.all.some(couldReceive)) home.noReceiver = error
  home.settle()
}
const couldSend = ({ sent, received }: Peer): boolean => sent || !received
const couldReceive = ({ sent, received }: Peer): boolean => received || !sent
