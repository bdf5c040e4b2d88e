// The rules of the handoff, broken one at a time: each must be found out.
//
// Every entry is the whole protocol but for one method, with the smallest kind of programs in which the rule is needed, and
// what is then found to be wrong.
import { Waking } from '../../src/core/settling.ts'
import { Standing } from '../../src/core/standing.ts'
import { HOLD } from '../../src/core/stream.ts'
import type { FenceKind } from '../../src/core/handoff-states.ts'
import type { Actor } from './explore-actor.ts'
import type { Frame } from './explore-frames.ts'
import { type Kind, small } from './explore-programs.ts'
import { type Held, Thread } from './explore-thread.ts'

export interface Broken {
  readonly rule: string
  readonly of: object
  readonly method: string
  readonly instead: (this: never, ...args: never[]) => unknown
  readonly kind: Kind
  readonly found: RegExp
}

const standing = Standing.prototype
const thread = Thread.prototype
const { send, pass, heard, offered, commit, met } = standing
const { commit: give, go, post } = thread
const outOfOrder = /^actor 0 takes in message 2 of 1 after 0\n/

export const broken: readonly Broken[] = [
  {
    rule: 'a stream changes its way without a fence',
    of: standing,
    method: 'send',
    instead(this: Standing) {
      this.clean = true
      return send.call(this)
    },
    kind: small.oneMove,
    found: outOfOrder,
  },
  {
    rule: 'an actor that has moved sends at once',
    of: Waking.prototype,
    method: 'holds',
    instead: () => false,
    kind: small.senderMoves,
    found: outOfOrder,
  },
  {
    rule: 'what a thread has passed on is no concern of others',
    of: thread,
    method: 'markStreams',
    instead: () => 0,
    kind: small.allMove,
    found: outOfOrder,
  },
  {
    rule: 'older news are believed',
    of: standing,
    method: 'heard',
    instead(this: Standing, place: number, epoch: number) {
      if (epoch < this.epoch) this.epoch = epoch - 1
      heard.call(this, place, epoch)
    },
    kind: small.twoMoves,
    found: /^in the end thread 0 holds frames for 0\n/,
  },
  {
    rule: 'what was sent for an earlier stay is taken in at once',
    of: standing,
    method: 'pass',
    instead(this: Standing, stamp: number, from: number) {
      return this.resident ? this.self : pass.call(this, stamp, from)
    },
    kind: small.twoMoves,
    found: outOfOrder,
  },
  {
    rule: 'the target goes live on the offer',
    of: standing,
    method: 'offered',
    instead(this: Standing, epoch: number) {
      const ready = offered.call(this, epoch)
      if (ready) this.phase = 'here'
      return ready
    },
    kind: small.oneMove,
    found: /^actor 0 lives twice\n/,
  },
  {
    rule: 'the source goes on after the commit',
    of: standing,
    method: 'commit',
    instead(this: Standing, to: number) {
      commit.call(this, to)
      this.phase = 'here'
    },
    kind: small.alone,
    found: /^actor 0 lives twice\n/,
  },
  {
    rule: 'the mailbox goes last message first',
    of: thread,
    method: 'commit',
    instead(this: Thread, actor: Actor) {
      actor.mailbox.reverse()
      give.call(this, actor)
    },
    kind: small.oneMove,
    found: outOfOrder,
  },
  {
    rule: 'the mailbox follows the commit',
    of: thread,
    method: 'commit',
    instead(this: Thread, actor: Actor) {
      const { other, number } = actor
      const mail = actor.mailbox.splice(0)
      give.call(this, actor)
      const stamp = this.standings[number]!.epoch
      for (const what of mail) this.post(other, { is: 'on', stamp, what })
    },
    kind: small.twoMoves,
    found: outOfOrder,
  },
  {
    rule: 'fences are not held',
    of: thread,
    method: 'go',
    instead(this: Thread, by: Standing<Held>, held: Held, to: number) {
      go.call(this, by, held, to === HOLD && held.what.is === 'fence' ? by.via : to)
    },
    kind: small.twoMoves,
    found: outOfOrder,
  },
  {
    rule: 'fences are answered before what was ahead of them has come',
    of: thread,
    method: 'post',
    instead(this: Thread, to: number, frame: Frame, user?: boolean) {
      post.call(this, to, frame, user === true && !(frame.is === 'on' && frame.what.is === 'fence'))
    },
    kind: small.oneMove,
    found: outOfOrder,
  },
  {
    rule: 'a stream ends though that of the origin goes by an earlier stay',
    of: standing,
    method: 'met',
    instead(this: Standing, kind: FenceKind, from: number) {
      met.call(this, kind, from)
      return kind
    },
    kind: small.letGo,
    found: /^in the end thread 0 holds frames for 0\n/,
  },
]
