// How a thread that is to end in order gives its channels away, so that nobody loses one with it.
//
// Its homes go to who takes its place; its own ends say farewell, as nobody there has any use for them; and where others may
// still take it for a home, its successor is told where the home is.
// Invariant: it is all given away only when nothing of it is under way any more, here or at the homes.
import type { ChannelKey } from './channel-frame.ts'
import type { ChannelOverflow } from './channel-options.ts'
import type { Entry } from './channel-entries.ts'
import type { Home } from './channel-home.ts'
import type { Channels } from './channels.ts'

/** Where the home of a channel is, that somebody may look for at the thread that ends. */
export type Formerly = [key: ChannelKey, home: number, epoch: number, capacity: number, overflow: ChannelOverflow]

/** Does what can be done now; whether nothing is left. */
export async function leaveChannels(channels: Channels, to: number): Promise<boolean> {
  const formerly: Formerly[] = []
  let left = false
  for (const entry of channels.entries) {
    const home = entry.known?.home
    if (home !== undefined) sendHome(channels, home, to)
    else if (entry.pins === 0) channels.entries.disown(entry)
    if (!isFormer(entry)) left ||= channels.entries.get(entry.key) === entry
    else formerly.push([entry.key, entry.homeThread, entry.epoch, entry.capacity, entry.overflow])
  }
  if (left || channels.waiting > 0) return false
  if (formerly.length > 0) await channels.core.calls.ask(to, 'formerly', formerly)
  channels.successor = to
  return true
}

/** All that is left of it is that somebody may take this thread for its home. */
function isFormer({ former, farewells, pins, proxy, known }: Entry): boolean {
  return former && farewells === 0 && pins === 0 && proxy === undefined && known?.home === undefined
}

function sendHome(channels: Channels, home: Home, to: number): void {
  const peers = home.peers!
  if (home.granted > 0) {
    peers.placement.leaving = true
    return peers.revoke()
  }
  if (!peers.ownUnderWay && peers.placement.unsettled.size === 0 && peers.waiters.far.size === 0)
    channels.move(home, to, Infinity)
}
