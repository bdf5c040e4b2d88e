// What explorations of the handoff have found, as short as it can be said.
import { expect, test } from 'vitest'
import { Settling } from '../../src/core/settling.ts'
import { Standing } from '../../src/core/standing.ts'
import { HOLD } from '../../src/core/stream.ts'
import type { Effect } from '../../src/core/handoff-states.ts'

/** The standing of an actor of thread 0 on another thread, or there, and what it asks for. */
function standingOn(self: number): { standing: Standing<string>; effects: Effect[] } {
  const effects: Effect[] = []
  return { standing: new Standing<string>(self, 0, effect => effects.push(effect)), effects }
}

test('the origin asks the way like others, but is told of moves anyway: it is nobody to be kept in mind', () => {
  const { standing } = standingOn(1)
  standing.offered(1)
  standing.committed(1, [], 0)
  expect(standing.met('way', 0)).toBe('way')
  expect(standing.met('way', 2)).toBe('way')
  expect(standing.knowers).toEqual([2])
})

test('a stream does not end while that of the origin goes by an earlier stay', () => {
  const { standing } = standingOn(1)
  standing.offered(2)
  standing.committed(2, [2], 0)
  expect(standing.met('end', 2)).toBe('way')
  standing.known(1)
  expect(standing.met('end', 2)).toBe('way')
  standing.known(2)
  expect(standing.met('end', 2)).toBe('end')
})

test('a standing is not forgotten when the actor is on its way to it', () => {
  const { standing, effects } = standingOn(1)
  standing.rest()
  const { ticket } = effects.pop() as Extract<Effect, { do: 'fence' }>
  expect(standing.offered(1)).toBe(true)
  standing.answered(ticket, 'end', 0, 0)
  expect(effects).toEqual([{ do: 'flush' }])
  standing.committed(1, [], 0)
  expect(standing.phase).toBe('here')
})

test('what has been held for others and goes out is still on its way', () => {
  const { standing, effects } = standingOn(0)
  standing.begin(0)
  standing.offer()
  standing.commit(1)
  expect(standing.send()).toBe(1)
  standing.heard(2, 2)
  const { ticket } = effects.find(effect => effect.do === 'fence')!
  expect(standing.pass(0, 3)).toBe(HOLD)
  standing.held.push('a frame of thread 3')
  standing.answered(ticket, 'way', 2, 2)
  expect(effects.at(-1)).toEqual({ do: 'flush' })
  standing.held.pop()
  expect(standing.send()).toBe(2)
  expect(standing.passed).toBe(true)
})

test('a mark may come back before the others have been sent', () => {
  const settled: string[] = []
  const settling: Settling<string> = new Settling<string>({
    others: () => [],
    askFlush: () => {},
    answerFlush: () => {},
    mark: ticket => {
      settling.marked(ticket)
      expect(settled).toEqual([])
      return 2
    },
    settled: actor => settled.push(actor),
  })
  settling.left('an actor', 1)
  expect(settled).toEqual([])
  settling.marked(1)
  expect(settled).toEqual(['an actor'])
})
