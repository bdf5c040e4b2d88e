// An actor of the exploration, as one thread has it: what it has handled, what waits in its mailbox, and how far it is in its
// programs.
//
// Invariants: of each sender it takes in one message after the other; anything else is at once a fault. The order between two
// senders is nobody's promise. Turns are taken when it is packed: until then it makes no difference to anybody how much of
// the mailbox it has handled, and so a move begins with any number of turns taken.
import type { Message, Packed, Program } from './explore-frames.ts'

export class Actor {
  readonly number: number
  /** By sender: the last message that it has handled. */
  readonly handled: number[]
  readonly mailbox: Message[]
  sent: number
  moved: number
  /** While it has no standing: the epoch of its stay. */
  epoch = 0
  /** While an offer is out, or it has arrived by one: the other thread. */
  other = -1

  constructor(number: number, { handled, sent, moved }: Packed, mailbox: readonly Message[] = []) {
    this.number = number
    this.handled = [...handled]
    this.sent = sent
    this.moved = moved
    this.mailbox = [...mailbox]
  }
  copy(): Actor {
    const copy = new Actor(this.number, this, this.mailbox)
    copy.epoch = this.epoch
    copy.other = this.other
    return copy
  }

  /** What is kept of it where it has left. */
  shell(): Actor {
    return new Actor(this.number, { handled: [], sent: 0, moved: 0 })
  }

  accept(message: Message): void {
    const { by, n } = message
    const last = this.mailbox.findLast(one => one.by === by)?.n ?? this.handled[by]!
    if (n !== last + 1) throw new Error(`actor ${this.number} takes in message ${n} of ${by} after ${last}`)
    this.mailbox.push(message)
  }
  /** Takes turns. */
  handle(turns: number): void {
    for (const { by, n } of this.mailbox.splice(0, turns)) this.handled[by] = n
  }
  pack(): Packed {
    return { handled: this.handled, sent: this.sent, moved: this.moved }
  }

  /** Its next message. */
  next({ sends }: Program): Message | undefined {
    const targets = sends[this.number]!
    const to = targets[this.sent]
    if (to === undefined) return undefined
    return { is: 'message', to, by: this.number, n: targets.slice(0, this.sent + 1).filter(one => one === to).length }
  }
  /** Whether anybody waits for it to be settled: it will send, or move, again. */
  hasMore({ sends, moves, allRounds }: Program): boolean {
    return allRounds === true || this.sent < sends[this.number]!.length || this.moved < moves[this.number]!.length
  }
  /** Where it is to move, if it is not there already. */
  wants({ moves }: Program, here: number): number | undefined {
    const targets = moves[this.number]!
    while (targets[this.moved] === here) this.moved++
    return targets[this.moved]
  }
}
