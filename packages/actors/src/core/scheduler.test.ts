// Whose turn it is: every actor that has something to do, in order, a batch each, until the slice is over.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Cell } from './cell.ts'
import type { Platform } from './platform.ts'
import type { Sampler } from './sampling.ts'
import { BATCH, Scheduler } from './scheduler.ts'

/** Whose turns these are is noted, and does not matter here. */
const address = { protocol: { number: 1 }, home: 0, birth: 0, serial: 1 }

class World {
  time = 0
  wakes = 0
  afters = 0
  readonly log: string[] = []
  /** ms that a turn takes */
  cost = 0
  readonly scheduler = new Scheduler(
    { now: () => this.time, wake: () => void this.wakes++ } as unknown as Platform,
    () => {
      this.afters++
    },
  )

  /** An actor with so many messages, served as cells are: a batch, then to the end of the queue. */
  actor(name: string, messages: number): { left: number; cell: Cell } {
    const { scheduler } = this
    const actor = {
      left: messages,
      cell: {
        queued: false,
        address,
        run: () => {
          let turns = 0
          while (actor.left > 0 && turns < BATCH) {
            actor.left--
            turns++
            this.time += this.cost
            if (scheduler.turn()) break
          }
          this.log.push(`${name} ${turns}`)
          if (actor.left > 0) scheduler.enqueue(actor.cell)
        },
      } as unknown as Cell,
    }
    return actor
  }
}

test('one with much to do lets the others have their turn after a batch', () => {
  const world = new World()
  const [busy, other] = [world.actor('busy', 3 * BATCH), world.actor('other', 1)]
  world.scheduler.enqueue(busy.cell)
  world.scheduler.enqueue(other.cell)
  expect(world.scheduler.run(Infinity)).toBe(false)
  expect(world.log).toEqual([`busy ${BATCH}`, 'other 1', `busy ${BATCH}`, `busy ${BATCH}`])
})

test('an actor is queued once; the platform is woken for the first one, and not while it runs', () => {
  const world = new World()
  const [one, two] = [world.actor('one', 2 * BATCH), world.actor('two', 1)]
  for (let i = 0; i < 3; i++) world.scheduler.enqueue(one.cell)
  world.scheduler.enqueue(two.cell)
  expect([world.wakes, world.scheduler.ready]).toEqual([1, 2])
  world.scheduler.run(Infinity)
  expect([world.wakes, world.scheduler.ready, world.afters]).toEqual([1, 0, 1])
  world.scheduler.enqueue(two.cell)
  expect(world.wakes).toBe(2)
})

test('a slice ends on time, with long turns after each; what is left is said', () => {
  const world = new World()
  world.cost = 1
  const actor = world.actor('slow', 100)
  world.scheduler.enqueue(actor.cell)
  expect(world.scheduler.run(10)).toBe(true)
  const first = 100 - actor.left
  expect(first).toBeLessThanOrEqual(16) // until it has seen that turns are long, it looks now and then
  const before = actor.left
  expect(world.scheduler.run(world.time + 3)).toBe(true)
  expect(before - actor.left).toBe(3)
})

test('an error in a turn loses nobody else’s', () => {
  const world = new World()
  const other = world.actor('other', 1)
  const broken = {
    queued: false,
    address,
    run() {
      throw new Error('a bug')
    },
  } as unknown as Cell
  world.scheduler.enqueue(broken)
  world.scheduler.enqueue(other.cell)
  expect(() => world.scheduler.run(Infinity)).toThrow('a bug')
  expect([world.scheduler.running, world.scheduler.ready, world.afters]).toEqual([false, 1, 1])
  world.scheduler.run(Infinity)
  expect(other.left).toBe(0)
})

test('only one that has run alone is suspected', () => {
  const world = new World()
  const [one, two] = [world.actor('one', 1), world.actor('two', 1)]
  expect(world.scheduler.suspect).toBe(undefined)
  world.scheduler.enqueue(one.cell)
  world.scheduler.run(Infinity)
  expect(world.scheduler.suspect).toBe(one.cell)
  world.scheduler.enqueue(two.cell)
  world.scheduler.run(Infinity)
  expect(world.scheduler.suspect).toBe(undefined)
  world.scheduler.settled()
  world.scheduler.enqueue(two.cell)
  world.scheduler.run(Infinity)
  expect(world.scheduler.suspect).toBe(two.cell)
})

test('whatever is queued, each message gets its turn and nobody waits for more than a batch of each other', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { minLength: 1, maxLength: 200 }), loads => {
      const world = new World()
      const actors = loads.map((load, i) => world.actor(String(i), load))
      for (const { cell } of actors) world.scheduler.enqueue(cell)
      world.scheduler.run(Infinity)
      expect(actors.map(({ left }) => left)).toEqual(loads.map(() => 0))
      const firsts = world.log.slice(0, loads.length).map(line => Number(line.split(' ')[0]))
      expect(firsts).toEqual(loads.map((_, i) => i))
    }),
  )
})

test('while it samples, exactly those turns are looked at that shall be, however turns fall into slices', () => {
  const slices = fc.array(fc.record({ turns: fc.integer({ min: 1, max: 150 }), until: fc.nat(3) }), { maxLength: 20 })
  const gaps = fc.array(fc.nat(60), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(slices, gaps, fc.constantFrom(0, 0.01, 1), (all, gaps, cost) => {
      const world = new World()
      const { scheduler } = world
      world.cost = cost
      let passed = 0
      let begun: number | undefined
      const looked: number[] = []
      const wanted: number[] = []
      const until = (): number => {
        const gap = gaps[wanted.length % gaps.length]!
        wanted.push((wanted.at(-1) ?? -1) + 1 + gap)
        return gap
      }
      const sampler = {
        until: until(),
        end(now: number) {
          expect(now - begun!).toBeCloseTo(cost, 6) // of one turn, and no other
          this.until = until()
        },
      }
      scheduler.sampler = sampler as unknown as Sampler
      for (const { turns, until } of all) {
        const actor = world.actor('one', turns)
        const turn = scheduler.turn.bind(scheduler)
        scheduler.turn = () => {
          if (scheduler.sampling) looked.push(passed)
          if (scheduler.sampling) begun = world.time - cost
          passed++
          return turn()
        }
        scheduler.enqueue(actor.cell)
        while (scheduler.run(world.time + until));
        scheduler.turn = turn
      }
      expect(looked).toEqual(wanted.filter(turn => turn < passed))
    }),
  )
})
