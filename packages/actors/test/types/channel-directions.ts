// Which way values go through a channel is part of its type: what may be assigned, sent, received and closed, and what may
// not. (Go: test/chan/perm.go)
import { type Channel, goroutine, type Receiver, select, type Sender, trySelect } from '@troupe/actors'

declare const both: Channel<number>
declare const receiver: Receiver<number>
declare const sender: Sender<number>

// ── a channel is both of its ends, an end is no channel, and neither is the other ───────────────────────────────
let anyReceiver: Receiver<number> = both
let anySender: Sender<number> = both
anyReceiver = both.receiver
anySender = both.sender
// @ts-expect-error a receiver does not send
const channelOfReceiver: Channel<number> = receiver
// @ts-expect-error a sender does not receive
const channelOfSender: Channel<number> = sender
// @ts-expect-error the other end
anyReceiver = sender
// @ts-expect-error the other end
anySender = receiver
// @ts-expect-error the other end
anyReceiver = both.sender
// @ts-expect-error the other end
anySender = both.receiver

// ── send, receive ───────────────────────────────────────────────────────────────────────────────────────────────
void both.send(0)
void both.receive()
void receiver.receive()
receiver.tryReceive()
void sender.send(0)
sender.trySend(0)
// @ts-expect-error receives only
void receiver.send(0)
// @ts-expect-error receives only
receiver.trySend(0)
// @ts-expect-error sends only
void sender.receive()
// @ts-expect-error sends only
sender.tryReceive()
// @ts-expect-error no number
void sender.send('text')
// @ts-expect-error no number
sender.trySend('text')
const received = await receiver.receive()
// @ts-expect-error it may be the end
received.value.toFixed()
if (!received.done) received.value.toFixed()

// ── select ──────────────────────────────────────────────────────────────────────────────────────────────────────
const won = await select({ send: both.sending(0), receive: both.receiving(), from: receiver.receiving(), to: sender.sending(0) })
if (won.case === 'receive' && !won.done) won.value.toFixed()
// @ts-expect-error sending tells nothing
if (won.case === 'to') won.value
// @ts-expect-error receives only
void select({ to: receiver.sending(0) })
// @ts-expect-error sends only
void select({ from: sender.receiving() })
// @ts-expect-error no number
trySelect({ to: sender.sending('text') })
// @ts-expect-error a channel is no case
void select({ both })
// @ts-expect-error a promise is no case: settled() makes one
void select({ later: Promise.resolve(1) })

// ── range ───────────────────────────────────────────────────────────────────────────────────────────────────────
for await (const n of both) n.toFixed()
for await (const n of receiver) n.toFixed()
// @ts-expect-error sends only
const range: AsyncIterable<number> = sender

// ── close ───────────────────────────────────────────────────────────────────────────────────────────────────────
both.close()
sender.close()
// @ts-expect-error only who sends may close
receiver.close()

// ── goroutines ──────────────────────────────────────────────────────────────────────────────────────────────────
const pipe = goroutine(import.meta, 'pipe', async (_ctx, from: Receiver<number>, to: Sender<string>) => { for await (const n of from) await to.send(`${n}`) })
declare const texts: Channel<string>
pipe(both, texts)
pipe(receiver, texts.sender)
// @ts-expect-error the other end
pipe(sender, texts)
// @ts-expect-error the other end
pipe(both, texts.receiver)
// @ts-expect-error of other values
pipe(both, sender)
