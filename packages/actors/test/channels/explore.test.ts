// Channels and selects in every order of their steps, with the atomic operations of several threads between each other.
//
// Small programs are explored exhaustively, larger ones walked through as chance will have it; and each rule of the protocol
// is broken once, to see that it is noticed. EXPLORE=all takes twenty times the walks.
import { describe, expect, test } from 'vitest'
import { Chan } from '../../src/core/chan.ts'
import { Entries } from '../../src/core/channel-entries.ts'
import type { ChannelFrame } from '../../src/core/channel-frame.ts'
import { Home } from '../../src/core/channel-home.ts'
import { Peers } from '../../src/core/channel-peers.ts'
import { Proxy } from '../../src/core/channel-proxy.ts'
import { Claims } from '../../src/core/claims.ts'
import { RemoteWaiters } from '../../src/core/remote-waiter.ts'
import { Random } from '../../src/testing/random.ts'
import { explore } from './explore.ts'
import { Course, type Program } from './explore-course.ts'
import { programs } from './explore-programs.ts'
import { randomProgram, walk } from './explore-walk.ts'
import { ExploredWorld } from './explore-world.ts'

const WALKS = process.env['EXPLORE'] === 'all' ? 60_000 : 2_000
/** Courses that one world lasts for: words of shared memory are not used again. */
const COURSES = 5_000

/** Makes courses of programs, in worlds that it makes as they are needed. */
class Worlds {
  readonly #worlds: ExploredWorld[] = []
  #made = 0

  course(program: Program): Course {
    if (this.#made++ % COURSES === COURSES - 1) {
      this.#of(program).collection.uninstall()
      this.#worlds.length = 0
      this.#of(program).collection.install()
    }
    return new Course(this.#of(program), program)
  }
  #of({ threads }: Program): ExploredWorld {
    return (this.#worlds[threads] ??= new ExploredWorld(threads))
  }
  async within<T>(program: Program, run: () => Promise<T>): Promise<T> {
    this.#of(program).collection.install()
    try {
      return await run()
    } finally {
      this.#of(program).collection.uninstall()
    }
  }
}

/** Walks through the programs of seeds until something is wrong; gives what. */
async function walkMany(walks: number, losses: number, from = 1): Promise<string | undefined> {
  let worlds = new Worlds()
  for (let seed = from; seed < from + walks; seed++) {
    const random = new Random(seed)
    const program = randomProgram(random, losses)
    if (losses > 0) worlds = new Worlds() // what a loss leaves behind is no fault of the next one
    try {
      await worlds.within(program, () => walk(worlds.course(program), random))
    } catch (error) {
      return `seed ${seed}, ${JSON.stringify(program)}: ${(error as Error).message}`
    }
  }
  return undefined
}

test('two selects over two channels and a third goroutine, wherever they stand: every order of their steps', async () => {
  const worlds = new Worlds()
  const all = { programs: 0, runs: 0, steps: 0 }
  for (const program of programs()) {
    const { runs, steps } = await worlds.within(program, () => explore(() => worlds.course(program)))
    all.programs++
    all.runs += runs
    all.steps += steps
  }
  console.log(`explored: ${all.programs} programs, ${all.runs} orders to their end, ${all.steps} steps`)
  expect(all.runs).toBeGreaterThan(100 * all.programs)
}, 300_000)

describe('larger programs, as chance will have them', () => {
  test('with homes that move', async () => expect(await walkMany(WALKS, 0)).toBeUndefined(), 120_000)
  test('with threads that end, also between two atomic operations', async () => {
    expect(await walkMany(WALKS, 2)).toBeUndefined()
  }, 120_000)
})

/** A method that does something else while a test runs. */
function instead(of: object, name: string, what: (...args: never[]) => unknown): Disposable {
  const old = Object.getOwnPropertyDescriptor(of, name)!
  Object.defineProperty(of, name, { value: what, configurable: true, writable: true })
  return { [Symbol.dispose]: () => Object.defineProperty(of, name, old) }
}

const { receive } = Peers.prototype
function asTheyCome(this: Peers, message: ChannelFrame, value: unknown): void {
  const inOrder = message.copy()
  inOrder.seq = this.find(message.origin, message.life)?.next ?? 0
  receive.call(this, inOrder, value)
}

describe('a rule that is broken is noticed:', () => {
  const broken: [string, object, string, (this: never, ...args: never[]) => unknown][] = [
    ['a select is taken by whoever wants it', Claims.prototype, 'one', () => 'won'],
    ['two selects are taken for each other, chosen or not', Claims.prototype, 'two', () => 'won'],
    ['what is busy is not looked at again', Claims.prototype, 'one', () => 'busy'],
    ['cases that lost are not withdrawn', Proxy.prototype, 'withdraw', () => {}],
    ['homes do not find who withdraws', RemoteWaiters.prototype, 'withdraw', () => {}],
    ['a home that moves forgets who waits', Home.prototype, 'settle', () => {}],
    ['nobody hears that an end has arrived', Entries.prototype, 'greeted', () => {}],
    ['nobody says farewell', Proxy.prototype, 'leave', () => {}],
    ['messages are applied as they come', Peers.prototype, 'receive', asTheyCome],
    ['what is sent goes nowhere', Chan.prototype, 'enter', () => {}],
  ]
  test.each(broken)('%s', async (_, of, name, what) => {
    using _instead = instead(of, name, what)
    expect(await walkMany(6_000, 0)).toMatch(/^seed/)
  })
})
