// What has been found wrong when something ends that uses channels, a goroutine or the whole system, and what was wrong on
// real threads alone: each as the shortest scenario that shows it.
import { type Channel, createSystem, goroutine, type Receiver, select, thread } from '@troupe/actors'
import { simulate } from '@troupe/actors/testing'
import { describe, expect, test } from 'vitest'
import { tally } from '../fixtures/found.ts'
import { program } from '../fixtures/program.ts'
import { onCores } from './cores.ts'
import { Price } from './price.ts'

/** Of the error that it rejects with or throws; 'nothing' if it does neither. */
const codeOf = (run: () => unknown): Promise<string> =>
  Promise.try(run).then(
    () => 'nothing',
    (error: { code: string }) => error.code,
  )

type Way = 'receive' | 'select'
/** A goroutine that goes on to receive whatever happens, for a while. */
const stubborn = (told: (what: string) => void) =>
  goroutine(import.meta, 'found.stubborn', async (_ctx, from: Receiver<number>, way: Way) => {
    for (let i = 0; i < 50; i++) {
      const code = await codeOf(() => (way === 'receive' ? from.receive() : select({ it: from.receiving() })))
      told(code)
    }
  })

describe('a goroutine that has ended', () => {
  const cases = [0, 1].flatMap(on => (['receive', 'select'] as const).map(way => ({ on, way })))

  test.each(cases)('receives nothing any more: on thread $on, by a $way', ({ on, way }) =>
    simulate(1, async sim => {
      const codes: string[] = []
      const jobs = sim.channel<number>()
      const task = sim.go(stubborn(code => void codes.push(code))(jobs, way), { on: thread(on) })
      await sim.sleep(50)
      await task.stop()
      await sim.sleep(50)
      expect(jobs.trySend(1)).toBe(false)
      const sent = jobs.send(2)
      await sim.sleep(50)
      expect(await jobs.receive()).toEqual({ value: 2 })
      await sent
      expect(new Set(codes)).toEqual(new Set(['stopped', 'turn-ended']))
    }),
  )

  test.each(cases)('and goes on keeps nobody from having a turn: on thread $on, by a $way', ({ on, way }) =>
    simulate(1, async sim => {
      const ended: number[] = []
      const jobs = sim.channel<number>()
      const task = sim.go(stubborn(code => void (code === 'turn-ended' && ended.push(sim.now())))(jobs, way), {
        on: thread(on),
      })
      await sim.sleep(50)
      await task.stop()
      await sim.sleep(50)
      // the clock stands still while nobody else has one
      expect(new Set(ended).size).toBeGreaterThan(40)
    }),
  )

  test('can try nothing any more', () =>
    simulate(1, async sim => {
      const jobs = sim.channel<number>({ capacity: 2 })
      let end!: Channel<number>
      const leaves = goroutine(
        import.meta,
        'found.leaves',
        async (_ctx, channel: Channel<number>) => void (end = channel),
      )
      await sim.go(leaves, jobs).done
      await jobs.send(1)
      expect(await codeOf(() => end.trySend(2))).toBe('turn-ended')
      expect(await codeOf(() => end.tryReceive())).toBe('turn-ended')
      expect(jobs.tryReceive()).toEqual({ value: 1 })
      expect(jobs.tryReceive()).toBeUndefined()
    }))
})

describe('a system that is closed', () => {
  test.each([0, 1])('ends with goroutines that select again, at a channel elsewhere: on thread %i', on =>
    onCores(async cores => {
      const jobs = cores.give(cores.channel<number>(1 - on), 0)
      cores.sim.go(stubborn(() => {})(jobs, 'select'), { on: thread(on) })
      await cores.sim.sleep(50)
      await expect(cores.sim.close()).resolves.toBeUndefined()
    }),
  )

  test.each([0, 1])('rejects what waits at channels, and what would wait afterwards: with homes on thread %i', home =>
    onCores(async cores => {
      const [from, to] = [0, 1].map(() => cores.give(cores.channel<number>(home), 0)) as [
        Channel<number>,
        Channel<number>,
      ]
      const ways = (): Promise<string[]> =>
        Promise.all(
          [
            () => from.receive(),
            () => to.send(1),
            () => select({ in: from.receiving(), out: to.sending(1) }),
            () => from[Symbol.asyncIterator]().next(),
          ].map(codeOf),
        )
      const waiting = ways()
      await cores.sim.sleep(50)
      await cores.sim.close()
      const closed = Array.from({ length: 4 }, () => 'system-closed')
      expect(await waiting).toEqual(closed)
      expect(await ways()).toEqual(closed)
    }),
  )

  test.each([0, 1])('leaves a process that ends, whatever waits at its channels: with %i threads', async threads => {
    const stdout = 'goroutine stopped\nreceive system-closed\nclosed \n'
    expect(await program('channels-pending', threads)).toEqual({ code: 0, stdout, stderr: '' })
  })
})

describe('on real threads', () => {
  test('timers have their turn beside a hundred pairs that never wait', async () => {
    await using system = await createSystem({ threads: 0 })
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const pair = async (): Promise<void> => {
      const channel = system.channel<number>({ capacity: 16 })
      const received = Array.fromAsync(channel)
      for (let i = 0; i < 5_000; i++) await channel.send(i)
      channel.close()
      expect(await received).toHaveLength(5_000)
    }
    await Promise.all(Array.from({ length: 100 }, pair))
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(8)
  })

  test('a value whose codec another thread lacks fails one receive there, also when the home goes along', async () => {
    await using system = await createSystem({ threads: 1 })
    const channel = system.channel<unknown>({ capacity: 100 })
    for (let i = 0; i < 40; i++) channel.trySend(i)
    channel.trySend({ price: [new Price(3)] })
    for (let i = 0; i < 5; i++) channel.trySend(i)
    const task = system.go(tally(channel), { on: thread(1) })
    channel.close()
    expect(await task.done).toEqual({ received: 45, refused: ['behavior-unavailable'] })
  })
})
