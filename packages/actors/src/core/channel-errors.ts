// What those hear who use a channel that is closed or lost.
//
// Invariant: an error names the channel, the call, and what to do; `ran` of a lost channel is unknown, as a value may have
// arrived before its thread ended.
import type { Chan } from './chan.ts'
import { type ActorId, ChannelClosed, InvalidCall, type TroupeError } from './errors.ts'

export function closedError(id: ActorId, call: 'send' | 'trySend' | 'close'): ChannelClosed {
  const what =
    call === 'close'
      ? 'it is closed already; only one side closes a channel, once'
      : 'the channel is closed; receivers get what was sent before, then done'
  return new ChannelClosed(`${id}.${call}: ${what}`, { actor: id, method: call })
}

export function lostError({ core, id }: Chan, thread: number): TroupeError {
  const text = (what: string): string => `${id}: an end of this channel, or what was on its way, is lost: ${what}`
  return core.nodes.lossOf(thread, text, { actor: id, ran: 'unknown' })
}

/** A select had bytes to hand over, and somebody else was given them while it waited. */
export function goneError(): InvalidCall {
  return new InvalidCall('select: the bytes that a case was to hand over have been handed over to somebody else')
}
