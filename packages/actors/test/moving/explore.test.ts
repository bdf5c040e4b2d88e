// Moves of actors in every order of their steps: the real state machines of the handoff, on threads of a few lines.
//
// Small programs are explored exhaustively, larger ones walked through as chance will have it; and each rule of the protocol
// is broken once, to see that it is noticed. EXPLORE=all takes programs that need minutes, and ten times the walks.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/testing/random.ts'
import { breaks } from '../breaking.ts'
import { broken } from './explore-broken.ts'
import { Moving } from './explore-model.ts'
import { type Kind, kinds, more, programsOf, randomProgram } from './explore-programs.ts'
import { walk } from './explore-walk.ts'
import { explore, type Explored } from './explore.ts'

const all = process.env['EXPLORE'] === 'all'
const WALKS = all ? 20_000 : 2_000

/** Takes all steps of all programs of a kind, in every order. Throws a Violation. */
function exploreAll(kind: Kind): Explored & { programs: number } {
  const sum = { programs: 0, states: 0, ends: 0, steps: 0 }
  for (const program of programsOf(kind)) {
    const { states, ends, steps } = explore(new Moving(program))
    sum.programs++
    sum.states += states
    sum.ends += ends
    sum.steps += steps
  }
  return sum
}

describe('every state of', () => {
  test.each(Object.entries(all ? { ...kinds, ...more } : kinds))(
    '%s',
    (name, kind) => {
      const { programs, states, ends, steps } = exploreAll(kind)
      console.log(`${name}: ${programs} programs, ${states} states, ${ends} of them ends, ${steps} steps`)
      expect(ends).toBeGreaterThan(programs)
    },
    3_600_000,
  )
})

test('larger programs, as chance will have them', () => {
  for (let seed = 1; seed <= WALKS; seed++) {
    const random = new Random(seed)
    const program = randomProgram(random)
    expect(() => walk(program, random), `seed ${seed}, ${JSON.stringify(program)}`).not.toThrow()
  }
}, 600_000)

describe('a rule that is broken is noticed:', () => {
  test.each(broken)('$rule', ({ of, method, instead, kind, found }) => {
    breaks(of, method as never, () => instead)
    expect(() => exploreAll(kind)).toThrow(found)
  })
})
