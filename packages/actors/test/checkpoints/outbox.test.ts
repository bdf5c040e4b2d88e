// What an actor with checkpoint 'turn' sends: when it goes out, in which order, and what takes it along earlier.
import { describe, expect, test } from 'vitest'
import {
  behavior,
  type Channel,
  goroutine,
  type Later,
  NotSendable,
  type Receiver,
  type Ref,
  select,
  type Sender,
  thread,
} from '../../src/index.ts'
import { onVaults, type Vaults } from './world.ts'

interface Heard {
  what: unknown
  at: number
}
/** By the actor's id: what it has heard, and when. */
const ears = new Map<string, Heard[]>()
const heardBy = ({ id }: { id: string }): Heard[] => ears.get(id) ?? []
const whatsOf = (ref: { id: string }): unknown[] => heardBy(ref).map(({ what }) => what)
const listen = behavior(import.meta, {
  name: 'listen',
  state: () => 0,
  started: (ctx, why) => void (why === 'spawned' && ears.set(ctx.self.id, [])),
  handlers: {
    hear: (ctx, what: unknown) => void heardBy(ctx.self).push({ what, at: ctx.now() }),
    heard: ctx => whatsOf(ctx.self),
    answer: (_ctx, to: Sender<string>) => to.send('answer'),
  },
})
const idle = goroutine(import.meta, 'idle', async () => {})
const first = goroutine(import.meta, 'first', async (_ctx, from: Receiver<string>) => (await from.receive()).value)
type Listen = Ref<typeof listen>

const LONG = 100

/** An actor that does what it is given, in a turn with a checkpoint at its end. */
const doer = behavior(import.meta, {
  name: 'doer',
  checkpoint: 'turn',
  state: () => ({ later: undefined as Later<unknown> | undefined, heard: [] as string[] }),
  options: { reads: { readonly: true } },
  handlers: {
    async does(ctx, what: string, to: Listen) {
      return await deeds.get(what)!(ctx as never, to)
    },
    reads: (ctx, what: string, to: Listen) => deeds.get(what)!(ctx as never, to),
    later: ctx => (ctx.state.later = ctx.later()),
    hear: (ctx, what: string) => void ctx.state.heard.push(what),
    heard: ctx => ctx.state.heard,
  },
})
type Ctx = Parameters<(typeof doer)['handlers']['later']>[0]
/** By name, as functions do not travel. */
const deeds = new Map<string, (ctx: Ctx, to: Listen) => unknown>()

/** Runs a deed on thread 1, beside listeners there and on thread 2. */
async function doing(
  vaults: Vaults,
  deed: (ctx: Ctx, to: Listen) => unknown,
  then: (told: {
    whats: () => unknown[]
    heard: { at: number }[]
    ended: number
    reply: unknown
    doing: Ref<typeof doer>
    to: Listen
  }) => unknown,
): Promise<void> {
  deeds.set('it', deed)
  for (const on of [1, 2]) {
    const to = await vaults.sim.spawn(listen, undefined, { on: thread(on) })
    const [heard, whats] = [heardBy(to), () => whatsOf(to)]
    const ref = await vaults.sim.spawn(doer, undefined, { on: thread(1) })
    const reply = await ref.ask.does('it', to).catch((error: unknown) => error)
    const ended = vaults.sim.now()
    await vaults.sim.sleep(50)
    await then({ whats, heard, ended, reply, doing: ref, to })
    await ref.stop()
    await to.stop()
  }
}

describe('what a turn tells', () => {
  test('goes out at its end, in the order told, whatever it has waited for', () =>
    onVaults(vaults =>
      doing(
        vaults,
        async (_ctx, to) => {
          to.tell.hear('first')
          await vaults.sim.sleep(LONG)
          to.tell.hear({ n: 'second' })
          await vaults.sim.sleep(LONG)
          to.tell.hear('third')
        },
        ({ whats, heard }) => {
          expect(whats()).toEqual(['first', { n: 'second' }, 'third'])
          expect(heard[2]!.at - heard[0]!.at).toBeLessThan(LONG)
        },
      ),
    ))

  test('is as it was when it was told', () =>
    onVaults(vaults =>
      doing(
        vaults,
        async (_ctx, to) => {
          const list = [1]
          to.tell.hear(list)
          list.push(2)
          await vaults.sim.sleep(1)
          to.tell.hear(list)
        },
        ({ whats }) => expect(whats()).toEqual([[1], [1, 2]]),
      ),
    ))

  test('is refused at once where it cannot travel', () =>
    onVaults(vaults =>
      doing(
        vaults,
        (_ctx, to) => {
          try {
            to.tell.hear({ call: (() => 1) as never })
            return 'sent'
          } catch (error) {
            return (error as Error).message
          }
        },
        ({ reply, whats }) => {
          expect(reply).toContain('listen.hear: argument.call is a function')
          expect(whats()).toEqual([])
        },
      ),
    ))

  test('also goes out at the end of a turn that only reads', () =>
    onVaults(async vaults => {
      deeds.set('read', (_ctx, to) => to.tell.hear('read'))
      const to = await vaults.sim.spawn(listen, undefined, { on: thread(2) })
      const ref = await vaults.sim.spawn(doer, undefined, { on: thread(1) })
      await ref.ask.reads('read', to)
      await vaults.sim.sleep(30)
      expect(whatsOf(to)).toEqual(['read'])
    }))

  test('goes out at once where no turn is open', () =>
    onVaults(vaults =>
      doing(
        vaults,
        (_ctx, to) => void vaults.sim.sleep(5).then(() => to.tell.hear('afterwards')),
        ({ whats }) => expect(whats()).toEqual(['afterwards']),
      ),
    ))

  test('reaches the actor itself after the turn', () =>
    onVaults(vaults =>
      doing(
        vaults,
        ctx => {
          ctx.self.tell.hear('own')
          return [...ctx.state.heard]
        },
        async ({ reply, doing }) => {
          expect(reply).toEqual([])
          expect(await doing.ask.heard()).toEqual(['own'])
        },
      ),
    ))

  test('is a dead letter where its actor has stopped meanwhile, and follows one that has moved', () =>
    onVaults(async vaults => {
      for (const [how, on] of [
        ['stops', 1],
        ['stops', 2],
        ['moves', 1],
        ['moves', 2],
      ] as const) {
        const dead: string[] = []
        const note = ({ to, reason }: { to: string; reason: string }): void => void dead.push(`${to} ${reason}`)
        vaults.sim.on('deadLetter', note)
        deeds.set('slow', async (_ctx, to) => {
          to.tell.hear('late')
          await vaults.sim.sleep(LONG)
        })
        const to = await vaults.sim.spawn(listen, undefined, { on: thread(on) })
        const ref = await vaults.sim.spawn(doer, undefined, { on: thread(1) })
        const done = ref.ask.does('slow', to)
        await vaults.sim.sleep(40)
        await (how === 'stops' ? to.stop() : to.move(thread(3)))
        await done
        await vaults.sim.sleep(50)
        expect(whatsOf(to)).toEqual(how === 'stops' ? [] : ['late'])
        expect(dead).toEqual(how === 'stops' ? [`${to.id} stopped`] : [])
        vaults.sim.off('deadLetter', note)
      }
    }))

  test('that the way has no room for is a dead letter, as it always is', () =>
    onVaults(
      async vaults => {
        let full = 0
        vaults.sim.on('deadLetter', ({ reason, count }) => void (full += reason === 'full' ? count : 0))
        deeds.set('floods', (_ctx, to) => {
          for (let i = 0; i < 100; i++) to.tell.hear(i)
        })
        const to = await vaults.sim.spawn(listen, undefined, { on: thread(2) })
        const ref = await vaults.sim.spawn(doer, undefined, { on: thread(1) })
        await ref.ask.does('floods', to)
        await vaults.sim.sleep(100)
        const whats = whatsOf(to)
        expect(whats.length + full).toBe(100)
        expect(whats).toEqual([...whats].sort((a, b) => Number(a) - Number(b))) // prettier-ignore
        expect(full).toBeGreaterThan(50)
      },
      {},
      { messages: 8, bytes: 1_000_000 },
    ))

  test('past 16 MiB goes out before the end, rather than not at all', () =>
    onVaults(
      async vaults => {
        if (vaults.sim.seed > 1) return // it is much work, and no matter of chance
        deeds.set('loads', async (_ctx, to) => {
          for (let i = 0; i < 20; i++) to.tell.hear('x'.repeat(1 << 20))
          await vaults.sim.sleep(LONG)
        })
        const to = await vaults.sim.spawn(listen, undefined, { on: thread(2) })
        const ref = await vaults.sim.spawn(doer, undefined, { on: thread(1) })
        await ref.ask.does('loads', to)
        await vaults.sim.sleep(50)
        const heard = heardBy(to)
        expect(heard).toHaveLength(20)
        expect(heard[19]!.at - heard[0]!.at).toBeGreaterThan(LONG / 2)
      },
      { bytes: 2 ** 26 },
      { messages: 100, bytes: 2 ** 26 },
    ))
})

describe('what cannot wait takes along what was told before', () => {
  test('an ask', () =>
    onVaults(vaults =>
      doing(
        vaults,
        async (_ctx, to) => {
          to.tell.hear('before')
          const heard = await to.ask.heard()
          to.tell.hear('after')
          return heard
        },
        ({ reply, whats }) => {
          expect(reply).toEqual(['before'])
          expect(whats()).toEqual(['before', 'after'])
        },
      ),
    ))

  test('a stop, which lets it be handled', () =>
    onVaults(vaults =>
      doing(
        vaults,
        async (_ctx, to) => {
          to.tell.hear('last')
          await to.stop({ drain: true })
        },
        ({ whats }) => expect(whats()).toEqual(['last']),
      ),
    ))

  test('ready(), a child on another thread, a goroutine', () =>
    onVaults(async vaults => {
      const child = behavior(import.meta, { name: 'child', state: () => 0, handlers: { a: () => 0 } })
      const ways: ((ctx: Ctx, to: Listen) => unknown)[] = [
        (_ctx, to) => to.ready(),
        ctx => void ctx.spawn(child, undefined, { on: thread(3) }),
        ctx => void ctx.go(idle()),
      ]
      for (const way of ways) {
        const deed = async (ctx: Ctx, to: Listen): Promise<void> => {
          to.tell.hear('before')
          await way(ctx, to)
          await vaults.sim.sleep(LONG)
          to.tell.hear('after')
        }
        await doing(vaults, deed, ({ heard }) => expect(heard[1]!.at - heard[0]!.at).toBeGreaterThan(LONG / 2))
      }
    }))

  test('a wait at a channel, or for a goroutine: what was told may bring what they wait for', () =>
    onVaults(async vaults => {
      const reply = (ctx: Ctx, to: Listen): Channel<string> => {
        const channel = ctx.channel<string>()
        to.tell.answer(channel.sender)
        return channel
      }
      const ways: ((ctx: Ctx, to: Listen) => Promise<unknown>)[] = [
        async (ctx, to) => (await reply(ctx, to).receive()).value,
        async (ctx, to) => (await select({ it: reply(ctx, to).receiving() })).value,
        async (ctx, to) => {
          const channel = ctx.channel<string>()
          const task = ctx.go(first(channel.receiver))
          to.tell.answer(channel.sender)
          return await task.done
        },
      ]
      for (const way of ways) await doing(vaults, way, ({ reply }) => expect(reply).toBe('answer'))
    }))

  test('but not a move of its own, or a stop, which begin after the turn', () =>
    onVaults(async vaults => {
      for (const way of ['moves', 'stops']) {
        const deed = async (ctx: Ctx, to: Listen): Promise<void> => {
          to.tell.hear('before')
          if (way === 'moves') ctx.moveTo(thread(3))
          else ctx.stop()
          await vaults.sim.sleep(LONG)
          to.tell.hear('after')
        }
        await doing(vaults, deed, ({ heard, whats }) => {
          expect(whats()).toEqual(['before', 'after'])
          expect(heard[1]!.at - heard[0]!.at).toBeLessThan(LONG / 2)
        })
      }
    }))
})

describe('what a hook tells', () => {
  test('goes out when it has ended: before the actor leaves, and after it has come', () =>
    onVaults(async vaults => {
      const { sim } = vaults
      const traveller = behavior(import.meta, {
        name: 'traveller',
        checkpoint: 'turn',
        state: (to: Listen) => ({ to, hooks: 0 }),
        async started(ctx, why) {
          ctx.state.hooks++
          ctx.state.to.tell.hear(`started ${why}`)
          await sim.sleep(LONG)
        },
        async stopping(ctx, why) {
          ctx.state.hooks++
          ctx.state.to.tell.hear(`stopping ${why}`)
          await sim.sleep(LONG)
        },
        handlers: { hooks: ctx => ctx.state.hooks },
      })
      const to = await sim.spawn(listen, undefined, { on: thread(2) })
      const ref = await sim.spawn(traveller, to, { on: thread(1) })
      expect(await vaults.state(ref)).toMatchObject({ hooks: 1 })
      const moved = ref.move(thread(3))
      await sim.sleep(LONG / 2)
      expect(whatsOf(to)).toEqual(['started spawned'])
      await moved
      expect(await ref.ask.hooks()).toBe(3)
      await sim.sleep(20)
      expect(whatsOf(to)).toEqual(['started spawned', 'stopping moved', 'started moved'])
      expect(await vaults.state(ref, 3)).toMatchObject({ hooks: 3 })
      await ref.stop()
      await sim.sleep(20)
      expect(whatsOf(to)).toEqual(['started spawned', 'stopping moved', 'started moved', 'stopping stopped'])
    }))
})

describe('what else waits for the checkpoint', () => {
  test('late replies, and refusals given late, as they were then', () =>
    onVaults(async vaults => {
      const { sim } = vaults
      for (const way of ['resolve', 'reject'] as const) {
        deeds.set('answers', async ctx => {
          const value = { list: [1] }
          if (way === 'resolve') ctx.state.later!.resolve(value)
          else ctx.state.later!.reject(new Error('not now'))
          value.list.push(2)
          await sim.sleep(LONG)
        })
        const ref = await sim.spawn(doer, undefined, { on: thread(1) })
        let at = 0
        const later = ref.ask.later().then(
          value => ((at = sim.now()), value),
          (error: Error) => ((at = sim.now()), error.message),
        )
        await sim.sleep(20)
        const begun = sim.now()
        await ref.ask.does('answers', ref as never)
        expect(await later).toEqual(way === 'resolve' ? { list: [1] } : 'not now')
        expect(at - begun).toBeGreaterThan(LONG - 1)
      }
    }))

  test('a late reply that cannot travel is refused at once', () =>
    onVaults(async ({ sim }) => {
      deeds.set('answers', ctx => {
        try {
          ctx.state.later!.resolve({ f: (() => 1) as never })
        } catch (error) {
          ctx.state.later!.resolve(error instanceof NotSendable && error.message)
        }
      })
      const ref = await sim.spawn(doer, undefined, { on: thread(1) })
      const later = ref.ask.later()
      await ref.ask.does('answers', ref as never)
      expect(await later).toContain('the late reply.f is a function')
    }))

  test('a child beside the actor starts after it, with what it was told', () =>
    onVaults(async vaults => {
      const said: string[] = []
      const child = behavior(import.meta, {
        name: 'child',
        state: (name: string) => name,
        started: ctx => void said.push(`${ctx.state} starts`),
        handlers: { hear: (ctx, what: string) => void said.push(`${ctx.state} hears ${what}`) },
      })
      const deed = async (ctx: Ctx): Promise<void> => {
        ctx.spawn(child, 'ann').tell.hear('hello')
        await vaults.sim.sleep(LONG)
        said.push('the turn ends')
      }
      await doing(vaults, deed, () =>
        expect(said.splice(0)).toEqual(['the turn ends', 'ann starts', 'ann hears hello']),
      )
    }))
})
