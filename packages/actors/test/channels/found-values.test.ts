// What has been found wrong with values on their way through channels, each as the shortest scenario that shows it: what
// holds refs, ends or bytes, and users' code (codecs, getters) that runs in the middle and fails, sends or closes.
import {
  behavior,
  codec,
  type GoContext,
  goroutine,
  moved,
  type Receiver,
  type Ref,
  select,
  thread,
} from '@troupe/actors'
import { simulate } from '@troupe/actors/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { Copier } from '../../src/core/values.ts'
import { chanOf, type Cores, onCores } from './cores.ts'
import { until } from './placement.ts'

const witness = behavior(import.meta, {
  name: 'witness',
  state: () => 0,
  handlers: { who: ctx => ctx.sender?.id },
})

class Price {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
}
/** What the codec does besides. */
const also = { pack: () => {}, unpack: () => {} }
const cannot = (what: string) => (): never => {
  throw new Error(`cannot ${what}`)
}
codec(Price, {
  name: 'found.Price',
  pack: ({ cents }) => {
    also.pack()
    return cents
  },
  unpack: (cents: number) => {
    also.unpack()
    return new Price(cents)
  },
})
afterEach(() => {
  also.pack = also.unpack = () => {}
})

describe('what is at home goes elsewhere', () => {
  const ways = [
    'to a receive that waits',
    'to a select that waits',
    'out of the buffer',
    'from a send that waits',
    'from a select that waits',
  ] as const
  async function pass<T>(cores: Cores, way: (typeof ways)[number], value: unknown): Promise<T> {
    const here = cores.channel<unknown>(0, { capacity: way === 'out of the buffer' ? 1 : 0 })
    const there = cores.give(here, 1)
    const early = way.startsWith('to') && cores.receive(there, way === 'to a receive that waits' ? 'receive' : 'select')
    await cores.sim.sleep(20)
    const sent = way === 'from a select that waits' ? select({ it: here.sending(value) }) : here.send(value)
    const received = await (early || cores.receive(there, 'receive'))
    await sent
    return received as T
  }

  test.each(ways)('a channel end, %s', way =>
    onCores(async cores => {
      const inner = cores.channel<number>(0)
      const received = await pass<Receiver<number>>(cores, way, inner.receiver)
      const sent = inner.send(7)
      expect(await received.receive()).toEqual({ value: 7 })
      await sent
    }),
  )
  test.each(ways)('a ref, %s', way =>
    onCores(async cores => {
      const counter = behavior(import.meta, {
        name: 'counter',
        state: (n: number) => n,
        handlers: { get: ctx => ctx.state },
      })
      const ref = await cores.sim.spawn(counter, 7, { on: thread(2) })
      const { ref: received } = await pass<{ ref: typeof ref }>(cores, way, { ref })
      expect(await received.ask.get()).toBe(7)
    }),
  )
  test.each(ways)('bytes that are handed over, %s', way =>
    onCores(async cores => {
      const bytes = new Uint8Array([1, 2, 3])
      expect(await pass(cores, way, moved(bytes))).toEqual(new Uint8Array([1, 2, 3]))
      expect(bytes.length).toBe(0)
    }),
  )
})

describe('a value that fails once its receiver is chosen', () => {
  test.each(['receive', 'select'] as const)(
    'fails the %s, is a dead letter, and harms nothing that comes after it',
    way =>
      onCores(async cores => {
        const letters: string[] = []
        cores.sim.on('deadLetter', ({ reason }) => void letters.push(reason))
        const here = cores.channel<unknown>(0)
        const there = cores.give(here, 1)
        const received = cores.fate(cores.receive(there, way))
        await cores.sim.sleep(20)
        let packed = 0
        also.pack = () => {
          if (++packed > 1) throw new Error('cannot pack again')
        }
        await here.send(new Price(1))
        expect(String(await received)).toContain('cannot pack again')
        const next = cores.receive(there, way)
        await here.send(2)
        expect(await next).toBe(2)
        expect(letters).toEqual(['unreadable'])
      }),
  )

  test('bytes that have gone are refused at the send; who waits goes on waiting', () =>
    onCores(async cores => {
      const channel = cores.channel<unknown>(0)
      const bytes = new Uint8Array(8)
      const gone = moved(bytes)
      const received = channel.receive()
      bytes.buffer.transfer()
      await expect(channel.send(gone)).rejects.toMatchObject({ code: 'invalid-call' })
      await channel.send(2)
      expect(await received).toEqual({ value: 2 })
    }))

  const takers = ['a receive on its thread', 'a receive elsewhere', 'room in the buffer'] as const
  test.each(takers)('a select whose bytes have gone meanwhile hears of it when it meets %s, which goes on', by =>
    onCores(async cores => {
      const channel = cores.channel<unknown>(0, { capacity: by === 'room in the buffer' ? 1 : 0 })
      const there = by === 'a receive elsewhere' ? cores.give(channel, 1) : channel
      if (by === 'room in the buffer') await channel.send('first')
      const bytes = new Uint8Array(8)
      const selected = cores.fate(select({ put: channel.sending(moved(bytes)) }))
      bytes.buffer.transfer()
      if (by === 'room in the buffer') expect(await channel.receive()).toEqual({ value: 'first' })
      const received = there.receive()
      expect(await selected).toMatchObject({ code: 'invalid-call' })
      await channel.send(2)
      expect(await received).toEqual({ value: 2 })
    }),
  )

  test.each([0, 1])(
    'bytes that nobody can hand over are refused by a send; a select that is chosen copies them: on %i',
    on =>
      onCores(async cores => {
        const memory = new WebAssembly.Memory({ initial: 1 }).buffer as ArrayBuffer
        const home = cores.channel<unknown>(0)
        const channel = cores.give(home, on)
        await expect(channel.send(moved(new Uint8Array(memory)))).rejects.toMatchObject({ code: 'invalid-call' })
        const selected = select({ put: channel.sending(moved(new Uint8Array(memory))) })
        await cores.sim.sleep(20)
        expect((await home.receive()).value).toEqual(new Uint8Array(memory))
        expect(await selected).toEqual({ case: 'put' })
        expect(memory.detached).toBe(false)
      }),
  )
})

test('receive() rejects where a codec fails, and never throws; the next value is fine', () =>
  onCores(async cores => {
    const channel = cores.channel<unknown>(0, { capacity: 2 })
    await channel.send(new Price(1))
    await channel.send(2)
    also.unpack = cannot('unpack')
    const received: Promise<unknown>[] = []
    expect(() => received.push(channel.receive())).not.toThrow()
    await expect(received[0]).rejects.toThrow('cannot unpack')
    expect(await channel.receive()).toEqual({ value: 2 })
  }))

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
