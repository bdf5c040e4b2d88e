// What has been found wrong with values on their way through channels, each as the shortest scenario that shows it: what
// holds refs, ends or bytes, and what fails once it is on its way.
import { behavior, moved, type Receiver, select, thread } from '@troupe/actors'
import { afterEach, describe, expect, test } from 'vitest'
import { type Cores, onCores } from './cores.ts'
import { before, cannotUnpack, Price, reset } from './price.ts'

afterEach(reset)

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

describe.each(['trySend', 'select'] as const)('bytes that a %s hands over at once', way => {
  test.each(['to who waits here', 'to who waits elsewhere', 'into the buffer'])('are the receiver’s own: %s', where =>
    onCores(async cores => {
      const channel = cores.channel<unknown>(0, { capacity: where === 'into the buffer' ? 1 : 0 })
      const there = where === 'to who waits elsewhere' ? cores.give(channel, 1) : channel
      const received = where === 'into the buffer' ? undefined : there.receive()
      await cores.sim.sleep(20)
      const bytes = new Uint8Array([1, 2, 3])
      if (way === 'trySend') expect(channel.trySend(moved(bytes))).toBe(true)
      else expect(await select({ put: channel.sending(moved(bytes)) })).toEqual({ case: 'put' })
      expect(bytes.length).toBe(0)
      expect((await (received ?? there.receive())).value).toEqual(new Uint8Array([1, 2, 3]))
    }),
  )
})

test.each(['send', 'trySend', 'select'] as const)(
  'bytes that a %s gives to a channel which drops them are gone as well',
  way =>
    onCores(async cores => {
      const channel = cores.channel<unknown>(0, { capacity: 1, overflow: 'dropNewest' })
      await channel.send('first')
      const bytes = new Uint8Array(8)
      const send = {
        send: () => channel.send(moved(bytes)),
        trySend: async () => channel.trySend(moved(bytes)),
        select: () => select({ put: channel.sending(moved(bytes)) }),
      }
      await send[way]()
      expect(bytes.length).toBe(0)
      expect(channel.tryReceive()).toEqual({ value: 'first' })
    }),
)

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
        before.pack = () => {
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

  test.each(['send', 'trySend', 'select'] as const)(
    'bytes that have gone are refused at the %s; who waits goes on',
    way =>
      onCores(async cores => {
        const channel = cores.channel<unknown>(0)
        const bytes = new Uint8Array(8)
        const gone = moved(bytes)
        const received = channel.receive()
        bytes.buffer.transfer()
        const send = {
          send: () => channel.send(gone),
          trySend: async () => channel.trySend(gone),
          select: () => select({ put: channel.sending(gone) }),
        }
        await expect(send[way]()).rejects.toMatchObject({ code: 'invalid-call' })
        await channel.send(2)
        expect(await received).toEqual({ value: 2 })
      }),
  )

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
        const { WebAssembly } = globalThis as unknown as {
          WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } }
        }
        const memory = new WebAssembly.Memory({ initial: 1 }).buffer
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
    before.unpack = cannotUnpack
    const received: Promise<unknown>[] = []
    expect(() => received.push(channel.receive())).not.toThrow()
    await expect(received[0]).rejects.toThrow('cannot unpack')
    expect(await channel.receive()).toEqual({ value: 2 })
  }))
