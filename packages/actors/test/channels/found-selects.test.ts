// What has been found wrong with selects, each as the shortest scenario that shows it: promises that several of them wait
// for, one after the other or together, times past what a timer of Node.js takes, signals.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { after, createSystem, select, settled } from '@troupe/actors'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { chanOf, onCores } from './cores.ts'

const DAY = 24 * 3_600_000

afterEach(() => void vi.useRealTimers())

describe('a promise', () => {
  test('ends all selects that wait for it by one and the same case', () =>
    onCores(async cores => {
      const over = Promise.withResolvers<number>()
      const end = settled(over.promise)
      const selects = [0, 0, 1].map(on => select({ it: cores.channel(on).receiving(), end }))
      await cores.sim.sleep(1)
      over.resolve(7)
      const won = { case: 'end', status: 'fulfilled', value: 7 }
      expect(await Promise.all(selects)).toEqual([won, won, won])
    }))

  test('is listened to once, however many selects wait for it one after the other', () =>
    onCores(async cores => {
      const over = Promise.withResolvers<void>()
      const then = vi.spyOn(over.promise, 'then')
      const channel = cores.channel<number>(0)
      for (let i = 0; i < 100; i++) {
        const selected = select({ it: channel.receiving(), end: settled(over.promise) })
        await channel.send(i)
        expect(await selected).toMatchObject({ case: 'it', value: i })
      }
      expect(then).toHaveBeenCalledTimes(1)
    }))

  test('keeps no select alive that has ended', async () => {
    await using system = await createSystem({ threads: 0 })
    const over = Promise.withResolvers<void>()
    /** Of a channel that only the select knows when it has ended. */
    const ended = async (): Promise<WeakRef<object>> => {
      const channel = system.channel<number>()
      const selected = select({ it: channel.receiving(), end: settled(over.promise) })
      await channel.send(1)
      await selected
      return new WeakRef(chanOf(channel))
    }
    const refs = await Promise.all(Array.from({ length: 10 }, ended))
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    for (let turns = 0; turns < 100 && refs.some(ref => ref.deref() !== undefined); turns++) {
      await new Promise(setImmediate)
      collect()
    }
    expect(refs.filter(ref => ref.deref() !== undefined)).toEqual([])
    over.resolve()
  })

  test.each(['alone', 'beside a channel'])('of several that have settled is as likely as any other: %s', how =>
    onCores(async cores => {
      const [one, two] = [settled(Promise.resolve(1)), settled(Promise.resolve(2))]
      await cores.sim.sleep(1)
      const beside = how === 'alone' ? {} : { it: cores.channel(0).receiving() }
      let first = 0
      for (let i = 0; i < 1_000; i++) if ((await select({ one, two, ...beside })).case === 'one') first++
      // six standard deviations
      expect(Math.abs(first - 500)).toBeLessThan(95)
    }),
  )
})

describe('a time of 30 days is none of a moment', () => {
  test('without a channel', async () => {
    vi.useFakeTimers()
    let over = false
    const selected = select({ late: after(30 * DAY) }).then(won => {
      over = true
      return won
    })
    await vi.advanceTimersByTimeAsync(30 * DAY - 1)
    expect(over).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await selected).toEqual({ case: 'late' })
    expect(vi.getTimerCount()).toBe(0)
  })
  test('without a channel, whatever part of it has passed when the select ends', async () => {
    vi.useFakeTimers()
    const signal = new AbortController()
    const selected = select({ late: after(60 * DAY) }, { signal: signal.signal })
    await vi.advanceTimersByTimeAsync(40 * DAY)
    signal.abort()
    await expect(selected).rejects.toMatchObject({ code: 'aborted' })
    expect(vi.getTimerCount()).toBe(0)
  })
  test('beside a channel', () =>
    onCores(async cores => {
      const before = cores.sim.now()
      expect(await select({ it: cores.channel(0).receiving(), late: after(30 * DAY) })).toEqual({ case: 'late' })
      expect(cores.sim.now() - before).toBeGreaterThanOrEqual(30 * DAY)
    }))
})

test.each([0, 1])(
  'a signal that is aborted while the select copies its values ends it, and nothing is sent: on thread %i',
  on =>
    onCores(async cores => {
      const home = cores.channel<object>(0)
      const channel = cores.give(home, on)
      await cores.sim.sleep(10)
      const controller = new AbortController()
      const value = {
        get it() {
          controller.abort()
          return 1
        },
      }
      await expect(select({ put: channel.sending(value) }, { signal: controller.signal })).rejects.toMatchObject({
        code: 'aborted',
      })
      await cores.sim.sleep(10)
      const received = cores.fate(home.receive())
      expect(await received).toBe('waits')
    }),
)
