// The timing wheel against a list: any sequence of set, clear and advance, at any age of the system.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TimerNode, Timers } from './timers.ts'

class Clock {
  time: number
  armed = Infinity
  constructor(time: number) {
    this.time = time
  }
  now(): number {
    return this.time
  }
  wakeAt(at: number): void {
    this.armed = Math.min(this.armed, at)
  }
}

class Node extends TimerNode {
  readonly name: number
  readonly onFire: (node: Node) => void
  constructor(name: number, onFire: (node: Node) => void) {
    super()
    this.name = name
    this.onFire = onFire
  }
  fire(): void {
    this.onFire(this)
  }
}

type Step = { do: 'set'; node: number; delay: number } | { do: 'clear'; node: number } | { do: 'advance'; by: number }

const delay = fc.oneof(
  fc.double({ min: -5, max: 50, noNaN: true }),
  fc.integer({ min: -5, max: 50 }),
  fc.integer({ min: 4_000, max: 20_000 }),
)
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ do: fc.constant('set' as const), node: fc.nat(11), delay }),
    fc.record({ do: fc.constant('clear' as const), node: fc.nat(11) }),
    fc.record({
      do: fc.constant('advance' as const),
      by: fc.oneof(fc.double({ min: 0, max: 40, noNaN: true }), fc.integer({ min: 0, max: 12_000 })),
    }),
  ),
  { maxLength: 60 },
)
/** A system's clock counts ms from its start: 25 days are 2^31 of them. */
const starts = [0, 0.5, 4_090, 2 ** 31 - 5_000, 2 ** 31 + 3, 2 ** 32 - 1, 2 ** 41 + 0.25]

test.each(starts)('fires what a list would fire, in its order, never early and never forgotten (from %d ms)', start => {
  fc.assert(
    fc.property(steps, list => {
      const clock = new Clock(start)
      const timers = new Timers(clock)
      let fired: number[] = []
      const nodes = Array.from({ length: 12 }, (_, i) => new Node(i, ({ name }) => fired.push(name)))
      const model = new Map<number, { due: number; tick: number; order: number }>()
      let seen = Math.floor(start)
      let order = 0
      for (const step of list) {
        if (step.do === 'set') {
          const due = clock.time + step.delay
          timers.set(nodes[step.node]!, due)
          model.set(step.node, { due, tick: Math.max(Math.ceil(due), seen + 1), order: order++ })
        } else if (step.do === 'clear') {
          timers.clear(nodes[step.node]!)
          model.delete(step.node)
        } else {
          clock.time += step.by
          seen = Math.max(seen, Math.floor(clock.time))
          const due = [...model].filter(([, { tick }]) => tick <= seen)
          due.sort(([, a], [, b]) => a.due - b.due || a.tick - b.tick || a.order - b.order)
          for (const [name] of due) model.delete(name)
          fired = []
          clock.armed = Infinity
          timers.advance()
          expect(fired).toEqual(due.map(([name]) => name))
        }
        expect(timers.size).toBe(model.size)
        const earliest = Math.min(...[...model.values()].map(({ tick }) => tick))
        expect(clock.armed).toBeLessThanOrEqual(earliest)
      }
    }),
    { numRuns: 200 },
  )
})

describe('while firing', () => {
  const make = (onFire: (node: Node) => void) => {
    const clock = new Clock(10)
    const timers = new Timers(clock)
    return { clock, timers, nodes: [0, 1, 2].map(name => new Node(name, onFire)) as [Node, Node, Node] }
  }

  test('one may clear another that is due with it', () => {
    const fired: number[] = []
    const { clock, timers, nodes } = make(({ name }) => {
      fired.push(name)
      if (name === 0) timers.clear(nodes[1])
    })
    for (const node of nodes) timers.set(node, 20)
    clock.time = 20
    timers.advance()
    expect(fired).toEqual([0, 2])
    expect(timers.size).toBe(0)
  })

  test('one may set itself, or another that is due with it, anew', () => {
    const fired: string[] = []
    const { clock, timers, nodes } = make(node => {
      fired.push(`${node.name}@${clock.time}`)
      if (node.name === 0 && clock.time < 40) timers.set(node, clock.time + 10)
      if (node.name === 0 && clock.time === 20) timers.set(nodes[1], 35)
    })
    for (const node of nodes) timers.set(node, 20)
    for (clock.time = 20; clock.time <= 50; clock.time += 5) timers.advance()
    expect(fired).toEqual(['0@20', '2@20', '0@30', '1@35', '0@40'])
  })

  test('set anew, a node is in the list once', () => {
    const fired: number[] = []
    const { clock, timers, nodes } = make(({ name }) => fired.push(name))
    for (let i = 0; i < 100; i++) timers.set(nodes[0], 20 + i * 1_000)
    expect(timers.size).toBe(1)
    clock.time = 1_000_000
    timers.advance()
    expect(fired).toEqual([0])
  })

  test('what never comes due costs a look a round, and no wake-up in between', () => {
    const { clock, timers, nodes } = make(() => expect.unreachable())
    timers.set(nodes[0], Infinity)
    timers.advance()
    for (let wakes = 0; wakes < 10; wakes++) {
      clock.time = clock.armed
      clock.armed = Infinity
      timers.advance()
    }
    expect(timers.size).toBe(1)
    expect(clock.time).toBeGreaterThanOrEqual(4_096 * 10)
  })
})
