// What actors of random programs do with channels, whose ends they keep in their state and give away in messages.
//
// Invariant: an end that a turn waits with is in nobody's state meanwhile, so nobody else uses it or gives it away.
import type { Receiver, Sender } from '../../src/channel.ts'
import { after, select } from '../../src/select.ts'
import { type Any, codeOf, run } from '../simulation-run.ts'
import type { Value } from './channel-audit.ts'

export interface SenderEnd {
  readonly channel: number
  readonly sends: true
  readonly end: Sender<Value>
}
export interface ReceiverEnd {
  readonly channel: number
  readonly sends: false
  readonly end: Receiver<Value>
}
export type End = SenderEnd | ReceiverEnd
export interface Ends {
  readonly senders: SenderEnd[]
  readonly receivers: ReceiverEnd[]
}
const MOST = 3

/** Takes one out, for a message. */
export function giveAway({ senders, receivers }: Ends): End | undefined {
  return run.chance(50) ? (senders.shift() ?? receivers.shift()) : (receivers.shift() ?? senders.shift())
}

/** Makes a channel, or sends or receives over one: at once, or not at all. */
export function tryExchange(ctx: Any, ends: Ends): void {
  const { senders, receivers } = ends
  if (run.chance(20) && senders.length + receivers.length < MOST) return make(ctx, ends)
  if (run.chance(50)) {
    if (senders.length > 0) trySend(ctx, run.pick(senders))
  } else if (receivers.length > 0) tryReceive(run.pick(receivers))
}
function make(ctx: Any, { senders, receivers }: Ends): void {
  const made = ctx.channel({ capacity: run.pick([0, 1, 4]) })
  const channel = run.audit.channels.make()
  senders.push({ channel, sends: true, end: made.sender })
  receivers.push({ channel, sends: false, end: made.receiver })
}
function trySend(ctx: Any, { channel, end }: SenderEnd): void {
  const { channels } = run.audit
  const value = channels.next(channel, ctx.self.id)
  if (end.trySend(value)) channels.sent(value)
}
function tryReceive({ channel, end }: ReceiverEnd): void {
  const got = end.tryReceive()
  if (got !== undefined && !got.done) run.audit.channels.received(channel, got.value)
}

/** The same in a turn that waits for it, for a while. */
export async function exchange(ctx: Any, { senders, receivers }: Ends): Promise<void> {
  const late = after(run.random.delay(20))
  if (run.chance(50)) {
    const sender = senders.shift()
    if (sender === undefined) return
    const { channels } = run.audit
    const value = channels.next(sender.channel, ctx.self.id)
    const won = await noting(select({ put: sender.end.sending(value), late }))
    if (won?.case === 'put') channels.sent(value)
    senders.push(sender)
  } else {
    const receiver = receivers.shift()
    if (receiver === undefined) return
    await receive(receiver, late)
    receivers.push(receiver)
  }
}
async function receive({ channel, end }: ReceiverEnd, late: ReturnType<typeof after>): Promise<boolean> {
  const won = await noting(select({ it: end.receiving(), late }))
  if (won?.case !== 'it' || won.done) return false
  run.audit.channels.received(channel, won.value)
  return true
}
/** A select ends with its actor's life: then nobody knows what became of the value. */
async function noting<T>(selected: Promise<T>): Promise<T> {
  try {
    return await selected
  } catch (error) {
    run.audit.saw(`select: ${codeOf(error)}`)
    throw error
  }
}

/** Receives all that is left in them. */
export async function drain({ receivers }: Ends): Promise<void> {
  for (const receiver of receivers) {
    while (await receive(receiver, after(30)));
    run.audit.channels.drained(receiver.channel)
  }
}
