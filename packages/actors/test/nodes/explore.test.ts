// Moves between nodes in the small case, in all orders: whatever is lost at whatever step, at most one copy of the actor lives, it
// is somewhere unless its node took it along, nothing is handled twice or out of order, whoever waits hears how it ends, and
// nothing of the move is left. And a rule that is broken is found out.
//
// EXPLORE=all takes larger cases too, which need minutes.
import { describe, expect, test } from 'vitest'
import { Arrivals } from '../../src/core/arrivals.ts'
import { Departure } from '../../src/core/departure.ts'
import * as say from '../../src/core/handoff-frame.ts'
import type { HandoffFrame } from '../../src/core/handoffs.ts'
import { Routes } from '../../src/core/routes.ts'
import type { Stand } from '../../src/core/stand.ts'
import { breaks } from '../breaking.ts'
import { Exploration, type Small } from './explore-nodes.ts'

const all = process.env['EXPLORE'] === 'all'

interface Case extends Small {
  /** How many states it has at least, and all the places in which the actor ends up. */
  readonly states: number
  readonly places: readonly string[]
}
const A = 'a~1'
const B = 'b~1'
const small: Case[] = [
  { messages: 1, states: 150, places: [B] },
  { messages: 2, states: 900, places: [B] },
  { messages: 1, asks: true, states: 300, places: [B] },
  { messages: 1, back: true, states: 500, places: [A] },
  { messages: 1, cut: true, states: 1_000, places: [B] },
  { messages: 0, loss: 'kill a', states: 400, places: [B, 'gone'] },
  { messages: 0, loss: 'kill b', states: 400, places: [A, 'gone'] },
  { messages: 1, loss: 'kill a', states: 8_000, places: [B, 'gone'] },
  { messages: 1, loss: 'kill b', states: 8_000, places: [A, 'gone'] },
  { messages: 0, loss: 'expel a', states: 700, places: [B, 'gone'] },
  { messages: 0, loss: 'expel b', states: 700, places: [A, 'gone'] },
]
const large: Case[] = [
  { messages: 1, asks: true, cut: true, states: 2_000, places: [B] },
  { messages: 1, loss: 'expel a', states: 16_000, places: [B, 'gone'] },
  { messages: 1, loss: 'expel b', states: 16_000, places: [A, 'gone'] },
  { messages: 1, asks: true, loss: 'kill a', states: 20_000, places: [B, 'gone'] },
  { messages: 1, asks: true, loss: 'kill b', states: 30_000, places: [A, 'gone'] },
  { messages: 1, asks: true, loss: 'expel a', states: 40_000, places: [B, 'gone'] },
  { messages: 1, asks: true, loss: 'expel b', states: 70_000, places: [A, 'gone'] },
  { messages: 0, cut: true, loss: 'kill b', states: 5_000, places: [A, 'gone'] },
  { messages: 0, cut: true, loss: 'expel a', states: 5_000, places: [B, 'gone'] },
  { messages: 2, cut: true, states: 5_000, places: [B] },
  { messages: 0, back: true, loss: 'kill b', states: 2_000, places: [A, 'gone'] },
]

const nameOf = ({ messages, asks, back, cut, loss }: Small): string => {
  const what = `${messages} ${asks === true ? 'asks' : 'tells'}, there${back === true ? ' and back' : ''}`
  return [what, cut === true ? 'cut' : '', loss ?? ''].filter(Boolean).join(', ')
}

describe('a move from node to node, in all orders', { timeout: 600_000 }, () => {
  test.each([...small, ...(all ? large : [])].map(one => [nameOf(one), one] as const))('%s', async (_, one) => {
    const { states, ends, places } = await new Exploration(one).run()
    expect(states).toBeGreaterThan(one.states)
    expect(ends).toBeGreaterThan(1)
    expect([...places.keys()].toSorted()).toEqual(one.places)
  })
})

describe('a rule that is broken is found out', { timeout: 60_000 }, () => {
  const violation = (small: Small): Promise<string> =>
    new Exploration(small).run().then(
      () => '',
      (error: Error) => error.message,
    )
  const TWICE = /^the actor lives twice/

  test('a copy lives as soon as its commit has come', async () => {
    breaks(Arrivals.prototype, 'committed', old => {
      return function (this: Arrivals, message: HandoffFrame) {
        old.call(this, message)
        this.confirmed(message.address, message.from, message.ticket)
      }
    })
    expect(await violation({ messages: 0, loss: 'expel b' })).toMatch(TWICE)
  })
  test('a commit is taken back while its target cannot be reached', async () => {
    breaks(Routes.prototype, 'doubted', () => {
      return ({ address }: Stand) => {
        const { departures } = address.protocol.core.handoffs
        for (let ticket = 1; ticket < 100; ticket++) departures.returned(address, say.COMMIT, ticket)
      }
    })
    expect(await violation({ messages: 0, cut: true, loss: 'expel a' })).toMatch(TWICE)
  })
  test('a commit is confirmed before it is known to have come', async () => {
    breaks(Departure.prototype, 'commit', old => {
      return function (this: Departure, stand: Stand) {
        old.call(this, stand)
        const { core, address } = this.cell
        core.outbound.handoff(this.request.to, address, say.CONFIRMED, this.ticket, 0, core.platform.thread)
      }
    })
    expect(await violation({ messages: 0, loss: 'expel b' })).toMatch(TWICE)
  })
  test('a copy that is not confirmed is dropped when its source is lost', async () => {
    breaks(Arrivals.prototype, 'lost', () => () => {})
    expect(await violation({ messages: 0, loss: 'kill a' })).toMatch(/still has|is nowhere/)
  })
})
