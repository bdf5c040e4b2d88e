// Timers of an actor: they call a handler by name with data, and end with the actor's life.
import { thread } from '@troupe/actors'
import { expect, test } from 'vitest'
import { clock } from './fixtures/clocks.ts'
import { eventually, onBoth, thrown } from './fixtures/stage.ts'

onBoth((the, threads) => {
  const spawn = () => the().system.spawn(clock, undefined, { on: thread(threads) })

  test('after calls the handler once, with its own copy of the arguments', async () => {
    const ref = await spawn()
    await ref.ask.after(1, { list: [1] }, 'two')
    await ref.ask.after(5, 'later')
    const log = await eventually(
      () => ref.ask.log(),
      log => log.length >= 2,
    )
    expect(log).toEqual([[{ list: [1] }, 'two'], 'later'])
  })

  test('every calls it again and again, each time with the arguments as they were given', async () => {
    const ref = await spawn()
    await ref.ask.changeEvery(1)
    const log = await eventually(
      () => ref.ask.log(),
      log => log.length >= 5,
    )
    expect(new Set(log)).toEqual(new Set([1]))
  })

  test('cancelled timers do not fire, not even when they were due already', async () => {
    const ref = await spawn()
    await ref.ask.cancelAll()
    const period = await ref.ask.every(1, 'every')
    await eventually(
      () => ref.ask.log(),
      log => log.length >= 2,
    )
    await ref.ask.cancel(period)
    await ref.ask.cancel(period) // twice does no harm
    const before = await ref.ask.log()
    await ref.ask.after(10, 'end')
    const log = await eventually(
      () => ref.ask.log(),
      log => log.includes('end'),
    )
    expect(log).toEqual([...before, 'end'])
    expect(new Set(before)).toEqual(new Set(['every']))
  })

  test('an actor that was busy is called in order of due time, and once for a period it missed', async () => {
    const ref = await spawn()
    await ref.ask.block(20)
    const log = await eventually(
      () => ref.ask.log(),
      log => log.includes('third'),
    )
    expect(log.filter(line => line !== 'every')).toEqual(['first', 'second', 'third'])
    expect(log.slice(0, 4).filter(line => line === 'every')).toHaveLength(1)
  })

  test('a turn that waits holds them up: then one call for all that came due, and none for what was cancelled', async () => {
    const ref = await spawn()
    await ref.ask.wait(20)
    const log = await eventually(
      () => ref.ask.log(),
      log => log.includes('behind them'),
    )
    expect(log.slice(0, 2)).toEqual(['every', 'behind them'])
  })

  test('what was due when a life ended is not called in the next one', async () => {
    const ref = await spawn()
    await thrown(ref.ask.waitAndFail(10))
    await the().until('restarted', ({ actor }) => actor === ref.id)
    await ref.ask.note('new life')
    expect(await ref.ask.log()).toEqual(['new life'])
  })

  test('a restart ends all timers; so does a stop', async () => {
    const ref = await spawn()
    await ref.ask.every(1, 'old life')
    await ref.ask.after(2, 'old life')
    await thrown(ref.ask.fail())
    await the().until('restarted', ({ actor }) => actor === ref.id)
    await ref.ask.after(10, 'new life')
    const log = await eventually(
      () => ref.ask.log(),
      log => log.length > 0,
    )
    expect(log).toEqual(['new life'])
    await ref.ask.every(1, 'after stop')
    await ref.stop()
    const other = await spawn()
    await other.ask.after(5, 'x')
    await eventually(
      () => other.ask.log(),
      log => log.length > 0,
    )
    expect(the().dead(ref)).toEqual({})
  })

  test.each([
    ['name', "has no handler 'nothing'"],
    ['function', 'has no handler'],
    ['negative', 'a timer of -1 makes no sense in ms'],
    ['text', "a timer of the string '5' makes no sense in ms"],
    ['endless', 'a timer of Infinity makes no sense in ms'],
    ['zero', 'a timer of 0 makes no sense in ms'],
    ['closure', 'is a function, which cannot travel in a message'],
  ])('what makes no sense is said: %s', async (how, text) => {
    const ref = await spawn()
    const error = await thrown(ref.ask.wrong(how))
    expect(error.message).toContain(text)
    expect(error.cause).toMatchObject({ code: how === 'closure' ? 'not-sendable' : 'invalid-call' })
  })
})
