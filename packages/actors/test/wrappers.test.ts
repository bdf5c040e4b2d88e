// Hosting is a wrapper around a behavior: the same protocol, state of its own, methods of its own, on any thread.
import { ActorFault, NotSendable, thread } from '@troupe/actors'
import { expect, test } from 'vitest'
import { bent, both, bothOtherwise, caller, ledger, logged, seenBefore, unsendable } from './fixtures/wrapping.ts'
import { eventually, onBoth, stage, thrown } from './fixtures/stage.ts'

onBoth((the, threads) => {
  const far = { on: thread(threads) }

  test('around sees asks and tells, with their arguments; the protocol is kept', async () => {
    const ref = await the().system.spawn(logged, 1, far)
    expect(ref.id).toMatch(/^logging\(ledger\)#/)
    expect(await ref.ask.add(5)).toBe(106)
    ref.tell.add(2)
    expect(await ref.ask.addLater(1)).toBe(109)
    expect(await ref.ask.lines()).toEqual(['> ask add(5)', '> tell add(2)', '> ask addLater(1)'])
  })

  test('wrapper and behavior each see their own state, and nothing else', async () => {
    const ref = await the().system.spawn(logged, 1, far)
    await ref.ask.replace(7)
    expect(await ref.ask.total()).toBe(7)
    expect(await ref.ask.lines()).toHaveLength(2)
  })

  test('its own methods come first where names meet', async () => {
    const ref = await the().system.spawn(logged, 1, far)
    expect(await ref.ask.keys()).toEqual(['own', 'lines', 'prefix'])
  })

  test('it may change a call, answer it, refuse it; a method that there is none of is none', async () => {
    const ref = await the().system.spawn(bent, 0, far)
    expect(await ref.ask.add(2)).toBe(120)
    expect(await ref.ask.ticks()).toBe(-1)
    expect(await thrown(ref.ask.refuse())).toMatchObject({ code: 'outer' })
    const error = await thrown(ref.ask.replace(1))
    expect(error).toBeInstanceOf(ActorFault)
    expect(error.cause).toMatchObject({ code: 'unknown-method', message: "'ledger' has no method 'toString'" })
  })

  test('wrappers nest, in the order written', async () => {
    const [one, two] = [await the().system.spawn(both, 0, far), await the().system.spawn(bothOtherwise, 0, far)]
    expect(await one.ask.add(1)).toBe(110)
    expect(await one.ask.lines()).toEqual(['both ask add(1)'])
    expect(await two.ask.add(1)).toBe(110)
    expect(await two.ask.lines()).toEqual(['inner ask add(10)'])
  })

  test('refusals and faults of the behavior pass; a restart begins both states anew', async () => {
    const ref = await the().system.spawn(logged, 1, far)
    expect(await thrown(ref.ask.refuse())).toMatchObject({ code: 'inner', data: { from: 'ledger' }, actor: ref.id })
    const error = await thrown(ref.ask.fail())
    expect(error).toBeInstanceOf(ActorFault)
    expect(error.cause.message).toBe('inner fault')
    await the().until('restarted', ({ actor }) => actor === ref.id)
    expect(await ref.ask.total()).toBe(1) // started() with 'restarted' adds nothing
    expect(await ref.ask.lines()).toEqual(['> ask total()'])
  })

  test('timers, self and sender are those of the actor', async () => {
    const { system } = the()
    const ref = await system.spawn(logged, 1, far)
    await ref.ask.schedule()
    await ref.ask.tellSelf()
    await eventually(
      () => ref.ask.ticks(),
      ticks => ticks === 2,
    )
    expect((await ref.ask.lines()).filter(line => line.includes('tick('))).toEqual(['> tell tick()', '> tell tick()'])
    const by = await system.spawn(caller, undefined, far)
    expect(await by.ask.call(ref)).toBe(by.id)
    const child = (await by.ask.spawn()) as typeof ref
    expect(await child.ask.total()).toBe(103)
  })

  test('the options are data: each actor has its own copy of them', async () => {
    const { system } = the()
    const seen = ['before']
    const what = seenBefore(seen)
    const [one, two] = [await system.spawn(what, 0, far), await system.spawn(what, 0, far)]
    await one.ask.add(1)
    expect(await one.ask.lines()).toEqual(['before', 'ask add(1)'])
    expect(await two.ask.lines()).toEqual(['before'])
    expect(seen).toEqual(['before'])
  })

  test('lookup finds the wrapped actor as such', async () => {
    const { system } = the()
    const ref = await system.spawn(logged, 1, { ...far, name: 'books' })
    expect((await system.lookup(logged, 'books'))?.id).toBe(ref.id)
    expect(await system.lookup(ledger, 'books')).toBe(undefined)
  })
})

test('options that cannot travel are refused at the spawn, and leave nothing behind', async () => {
  const { system, events } = await stage({ threads: 1 })
  const error = await thrown(system.spawn(unsendable, 1))
  expect(error).toBeInstanceOf(NotSendable)
  expect(error.message).toMatch(/^logging\(ledger\): options\[0\]\.prefix is a function/)
  await system.close()
  await new Promise(setImmediate)
  expect(events.unhandledRejection).toEqual([])
})
