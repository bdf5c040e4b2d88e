// What has been found wrong where users' code runs in the middle of a send, as a getter in the value, and with whose the refs
// are that are received: each as the shortest scenario that shows it.
import { behavior, type GoContext, goroutine, type Receiver, type Ref, select, thread } from '@troupe/actors'
import { simulate } from '@troupe/actors/testing'
import { describe, expect, test } from 'vitest'
import { Copier } from '../../src/core/values.ts'
import { chanOf, onCores } from './cores.ts'
import { until } from './placement.ts'
import { Price } from './price.ts'

const witness = behavior(import.meta, {
  name: 'witness',
  state: () => 0,
  handlers: { who: ctx => ctx.sender?.id },
})

describe('a getter in the value', () => {
  test('that sends as well takes no more room than was promised', () =>
    onCores(async cores => {
      const home = cores.channel<object>(0, { capacity: 2 })
      const channel = cores.give(home, 1)
      await Promise.all([channel.send({}), home.receive()])
      let sent = 0
      const nesting = (depth: number): object => ({
        get inner() {
          if (depth < 6 && channel.trySend(nesting(depth + 1))) sent++
          return depth
        },
      })
      await cores.until(() => channel.trySend(nesting(0)))
      await cores.sim.sleep(20)
      const { buffer, granted } = chanOf(home).home!
      expect(buffer.count).toBe(sent + 1)
      expect(buffer.count).toBe(2)
      expect(granted).toBe(0)
    }))

  test.each([
    ['where the home is', 0],
    ['elsewhere', 1],
  ])('that closes the channel keeps the value out: %s', (_, on) =>
    onCores(async cores => {
      const home = cores.channel<object>(0, { capacity: 4 })
      const channel = cores.give(home, on)
      await Promise.all([channel.send({}), home.receive()])
      // elsewhere it runs when there is room promised
      const closing = {
        get it() {
          if (!channel.closed) channel.close()
          return 1
        },
      }
      let thrown: unknown
      await cores.until(() => {
        try {
          return channel.trySend(closing)
        } catch (error) {
          return (thrown = error)
        }
      })
      expect(thrown).toMatchObject({ code: 'channel-closed' })
      expect(await home.receive()).toMatchObject({ done: true })
      await cores.sim.sleep(20)
      expect(await home.receive()).toMatchObject({ done: true })
      expect(chanOf(home).home).toMatchObject({ state: 'closed', granted: 0 })
    }),
  )
  test.each(['send', 'trySend', 'select'] as const)(
    'that closes a channel which somebody else drains brings no value after its end: by %s',
    way =>
      onCores(async cores => {
        const channel = cores.channel<object>(0, { capacity: 4 })
        const ends: Promise<unknown>[] = []
        const closing = {
          get it() {
            channel.close()
            ends.push(channel.receive())
            return 1
          },
        }
        const send = {
          send: () => channel.send(closing),
          trySend: async () => channel.trySend(closing),
          select: () => select({ put: channel.sending(closing) }),
        }
        await expect(send[way]()).rejects.toMatchObject({ code: 'channel-closed' })
        ends.push(channel.receive())
        expect(await Promise.all(ends)).toMatchObject([{ done: true }, { done: true }])
      }),
  )

  test('that sends something plain makes nobody else of what stands beside it', () =>
    simulate(1, async sim => {
      const other = sim.channel<object>({ capacity: 1 })
      const channel = sim.channel<{ ref: Ref<typeof witness> }>()
      const ref = await sim.spawn(witness, undefined, { on: thread(0) })
      const task = sim.go(asksFirst(channel, 'wait'), { on: thread(0) })
      const value = {
        ref,
        get plain() {
          return other.trySend({ x: 1 })
        },
      }
      await channel.send(value)
      expect(await task.done).toBe(task.id)
    }))
  test('that copies another value is counted by itself, with what it holds', () => {
    const copier = new Copier()
    const count = (value: object): object => {
      copier.copy(value, undefined)
      return { bytes: copier.bytes, kinds: copier.kinds }
    }
    const nested = {
      text: 'x'.repeat(100),
      get n() {
        copier.copy({ another: 'y'.repeat(1_000) }, undefined)
        return 1
      },
    }
    expect(count({ price: new Price(1), nested })).toEqual(
      count({ price: new Price(1), nested: { text: 'x'.repeat(100), n: 1 } }),
    )
  })
})

/** Receives a ref, and asks it who that is. By tries, the channel's home comes first. */
const asksFirst = goroutine(
  import.meta,
  'found.asksFirst',
  async (ctx: GoContext, from: Receiver<{ ref: Ref<typeof witness> }>, way: 'wait' | 'try') => {
    const { value } = way === 'wait' ? await from.receive() : await until(ctx, () => from.tryReceive())
    return await value!.ref.ask.who()
  },
)
test('what has moved with a channel’s home is its receiver’s own', () =>
  simulate(1, async sim => {
    const channel = sim.channel<{ ref: Ref<typeof witness> }>({ capacity: 1 })
    const ref = await sim.spawn(witness, undefined, { on: thread(0) })
    await channel.send({ ref })
    const task = sim.go(asksFirst(channel, 'try'), { on: thread(1) })
    expect(await task.done).toBe(task.id)
    expect(chanOf(channel).home).toBeUndefined()
  }))
