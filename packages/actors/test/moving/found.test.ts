// What random programs have found wrong with moves, each as the smallest scene that shows it, in many courses of events.
import { describe, expect, test } from 'vitest'
import { behavior, MoveFailed, type Ref, thread } from '../../src/index.ts'
import type { ActorRef } from '../../src/core/actor-ref.ts'
import { defaultLimits } from '../../src/core/platform.ts'
import { Random } from '../../src/testing/random.ts'
import { SimLane } from '../../src/testing/sim-lane.ts'
import { runWorld, type Simulation } from '../../src/testing/simulation.ts'
import { Audit } from '../simulation-audit.ts'
import { Census } from './census.ts'

interface Witness {
  note(n: number): number
}
const witness = behavior(import.meta, {
  name: 'witness',
  state: () => ({ told: [] as number[], senders: [] as (string | undefined)[] }),
  handlers: {
    note(ctx, n: number) {
      ctx.state.senders.push(ctx.sender?.id)
      return ctx.state.told.push(n)
    },
    told: ctx => ctx.state.told,
    senders: ctx => ctx.state.senders,
    fail() {
      throw new Error('by order')
    },
  },
})
interface Keeper {
  friend(): Ref<Witness>
}
const keeper = behavior(import.meta, {
  name: 'keeper',
  state: (friend: Ref<Witness>) => friend,
  handlers: { friend: ctx => ctx.state },
})
/** Knows its friend by as many refs as it has been given, and uses them in turn, by tell and by ask. */
const teller = behavior(import.meta, {
  name: 'teller',
  state: () => ({ friends: [] as Ref<Witness>[], n: 0, keeper: undefined as Ref<Keeper> | undefined }),
  async started(ctx, why) {
    const { state } = ctx
    if (why !== 'moved') return
    tell(state)
    if (state.keeper !== undefined) (await state.keeper.ask.friend()).tell.note(++state.n)
  },
  handlers: {
    know: (ctx, friend: Ref<Witness>) => void ctx.state.friends.push(friend),
    keep: (ctx, of: Ref<Keeper>) => void (ctx.state.keeper = of),
    tell: ctx => tell(ctx.state),
  },
})
function tell(state: { friends: Ref<Witness>[]; n: number }): void {
  for (const friend of state.friends) {
    friend.tell.note(++state.n)
    friend.ask.note(++state.n).catch(() => {})
  }
}

const THREADS = 4
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

/** Runs a scene under many seeds, with ways of which some are slow; nothing may be left of its moves in the end. */
function scene(title: string, body: (sim: Simulation, random: Random) => Promise<void>, courses = 40): void {
  test(`${title}`, async () => {
    for (let seed = 0; seed < courses; seed++) {
      const random = new Random(seed + 2 ** 41)
      class Uneven extends SimLane {
        readonly #slowness = random.below(3) === 0 ? random.below(25) : 0
        override post(frame: Uint8Array, length: number, system: boolean, at: number, kept?: boolean): boolean {
          return super.post(frame, length, system, at + this.#slowness, kept)
        }
      }
      await runWorld(
        { seed, count: THREADS, limits: defaultLimits, latency: 5, steps: 50_000, Lane: Uneven },
        async (sim, world) => {
          sim.on('fault', () => {})
          await body(sim, random)
          await sim.sleep(20_000)
          const audit = new Audit(new Map())
          new Census(world, audit).rested()
          expect(audit.violations, `seed ${seed}`).toEqual([])
        },
      )
    }
  })
}
const on = (n: number) => ({ on: thread(n) })

describe('an actor that has just moved', () => {
  scene('asks no sooner than it tells, and by all its refs to one actor alike', async sim => {
    const friend = await sim.spawn(witness, undefined, on(3))
    const ref = await sim.spawn(teller, undefined, on(1))
    for (let left = 3; left > 0; left--) await ref.ask.know(friend)
    for (const to of [2, 0, 1, 2]) {
      ref.tell.tell()
      await ref.move(thread(to))
    }
    await sim.sleep(200)
    expect(await friend.ask.told()).toEqual(upTo(8 * 6))
    expect(new Set(await friend.ask.senders())).toEqual(new Set([ref.id]))
  })

  scene('sends in its own name through a ref that came in a reply', async sim => {
    const friend = await sim.spawn(witness, undefined, on(3))
    const of = await sim.spawn(keeper, friend, on(3))
    const ref = await sim.spawn(teller, undefined, on(1))
    await ref.ask.keep(of)
    for (const to of [2, 0, 1]) await ref.move(thread(to))
    await sim.sleep(200)
    expect(await friend.ask.senders()).toEqual([ref.id, ref.id, ref.id])
  })
})

describe('a move that is not to be', () => {
  scene('its deadline may pass at any moment, also when it is done already', async (sim, random) => {
    const ref = await sim.spawn(witness, undefined, on(1))
    for (let n = 1; n <= 60; n++) {
      const { address } = ref as unknown as ActorRef
      const { core } = address.protocol
      ref.tell.note(n)
      const move = core.calls.move(address, random.below(THREADS), sim.now() + n / 3)
      await core.noted(move, 'a move').catch((error: unknown) => expect(error).toMatchObject({ why: 'late' }))
    }
    expect(await ref.ask.told()).toEqual(upTo(60))
    await ref.move(thread(2))
  })

  scene('an offer that comes after its actor has ended', async sim => {
    const ref = await sim.spawn(witness, undefined, on(1))
    const { address } = ref as unknown as ActorRef
    const { core } = address.protocol
    await ref.move(thread(2))
    const late = core.calls.move(address, 1, sim.now() + 4)
    await core.noted(late, 'a move').catch((error: unknown) => expect(error).toBeInstanceOf(MoveFailed))
    await ref.move(thread(3))
    await ref.stop()
  })
})

scene('an actor ends where it has just come, while others still send to where it was', async (sim, random) => {
  const senders = await Promise.all([0, 1, 2, 3].map(n => sim.spawn(teller, undefined, on(n))))
  const friend = await sim.spawn(witness, undefined, on(1))
  for (const ref of senders) await ref.ask.know(friend)
  for (const to of [2, 0, 3]) {
    for (const ref of senders) ref.tell.tell()
    await friend.move(thread(to))
    await sim.sleep(random.below(10))
  }
  for (const ref of senders) ref.tell.tell()
  void friend.stop()
  for (let left = 20; left > 0; left--) {
    senders[left % 4]!.tell.tell()
    await sim.sleep(random.below(5))
  }
})

scene('a stream comes back to a thread that has forgotten an actor', async (sim, random) => {
  const friend = await sim.spawn(witness, undefined, on(1))
  const ref = await sim.spawn(teller, undefined, on(0))
  await ref.ask.know(friend)
  for (let round = 0; round < 6; round++) {
    await friend.move(thread(random.below(THREADS)))
    // long enough for some threads to forget it, and not for others
    await sim.sleep(random.below(4) * 900)
    ref.tell.tell()
    await ref.move(thread(random.below(THREADS)))
  }
  await sim.sleep(500)
  const told = await friend.ask.told()
  expect(told).toEqual(upTo(told.length))
  await friend.stop()
})
