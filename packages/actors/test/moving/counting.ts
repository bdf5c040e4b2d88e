// How often what happens in moves: the messages of the protocol, what is held and what passed on, what is forgotten. So that
// a set of runs can show that it has met all of it.
//
// Invariant: counting changes nothing.
import { Arrivals } from '../../src/core/arrivals.ts'
import {
  CANCEL,
  COMMIT,
  ENDED,
  FENCED,
  FLUSH,
  KNOWN,
  MARK,
  MOVED,
  OFFER,
  READY,
  REFUSED,
  SETTLED,
  WHERE,
} from '../../src/core/handoff-frame.ts'
import { Handoffs } from '../../src/core/handoffs.ts'
import { Routes } from '../../src/core/routes.ts'
import { Waking } from '../../src/core/settling.ts'
import { Standing } from '../../src/core/standing.ts'
import { HOLD } from '../../src/core/stream.ts'

const messages = { OFFER, READY, REFUSED, COMMIT, CANCEL, MOVED, KNOWN, FENCED, ENDED, SETTLED, MARK, WHERE }
const nameOf = (op: number): string => Object.entries(messages).find(([, number]) => number === op)![0]

/** What to say of a call, if anything. */
type Say = (args: any[], result: unknown, self: any) => string | undefined

function way(whose: string): Say {
  return (_args, result, { self }) =>
    result === HOLD ? `${whose} held` : result === self ? undefined : `${whose} sent on`
}
const counted: [owner: object, name: string, say: Say][] = [
  [Handoffs.prototype, 'receive', ([{ op }]) => `message: ${nameOf(op)}`],
  [Handoffs.prototype, 'flushing', ([op]) => `message: ${op === FLUSH ? 'FLUSH' : 'FLUSHED'}`],
  [Routes.prototype, 'met', ([, kind]) => `fence: ${kind}`],
  [Routes.prototype, 'forget', () => 'standing forgotten'],
  [Standing.prototype, 'pass', way('others’ frames')],
  [Standing.prototype, 'send', way('frames')],
  [Standing.prototype, 'rollBack', () => 'rolled back'],
  [Waking.prototype, 'hold', () => 'frames held for their sender'],
  [Waking.prototype, 'marked', () => 'frames let go by a mark'],
  [Arrivals.prototype, 'cancelled', () => 'copy dropped'],
]

/** Until what it returns is called. */
export function countMoves(counts: Map<string, number>): () => void {
  const repairs = counted.map(([owner, name, say]) => {
    const target = owner as Record<string, (...args: any[]) => unknown>
    const old = target[name]!
    target[name] = function (this: unknown, ...args) {
      const result = old.apply(this, args)
      const what = say(args, result, this)
      if (what !== undefined) counts.set(what, (counts.get(what) ?? 0) + 1)
      return result
    }
    return () => void (target[name] = old)
  })
  return () => repairs.forEach(repair => repair())
}
