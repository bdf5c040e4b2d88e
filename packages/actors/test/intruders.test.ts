// Users' code in the middle of our own: getters, codecs and listeners that call back, values that cannot be made again
// where they arrive, turns that end in unusual ways.
import { ActorFault, AskCycle, NotSendable, thread, TroupeError, TurnExpired } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { foreman, hereIs, notebook, odd, pingpong, sender, Trap, trapper } from './fixtures/intruders.ts'
import { diary, liver } from './fixtures/lives.ts'
import { eventually, onBoth, stage, thrown } from './fixtures/stage.ts'

onBoth((the, threads) => {
  const far = { on: thread(threads) }
  const near = { on: thread(Math.min(1, threads)) }

  test('a large argument goes to the method it was sent to', async () => {
    const book = await the().system.spawn(notebook, undefined, far)
    book.tell.note('small')
    book.tell.noteLarge('x'.repeat(300_000))
    expect(await book.ask.lines()).toEqual(['small', 300_000])
  })

  test('a getter that sends disturbs neither its own message nor the other', async () => {
    const [one, two] = [
      await the().system.spawn(notebook, undefined, far),
      await the().system.spawn(notebook, undefined, far),
    ]
    const from = await the().system.spawn(sender, one, near)
    await from.ask.sendShapes(20) // often enough for a shape of its own
    await from.ask.sendIntruding(two)
    const me = await from.ask.me()
    // what it told them may still be on its way
    const lines = await eventually(
      () => one.ask.lines(),
      lines => lines.length > 20,
    )
    expect(lines.at(-1)).toEqual({ first: 1, second: 2 })
    expect((await one.ask.senders()).at(-1)).toBe(me)
    const others = await eventually(
      () => two.ask.lines(),
      lines => lines.length > 0,
    )
    expect(others).toContain('from the getter')
  })

  test('nor does a codec that sends while it packs', async () => {
    const [one, two] = [
      await the().system.spawn(notebook, undefined, far),
      await the().system.spawn(notebook, undefined, far),
    ]
    const from = await the().system.spawn(sender, one, near)
    await from.ask.sendChatty(two)
    expect(
      await eventually(
        () => two.ask.lines(),
        lines => lines.length > 0,
      ),
    ).toContain('packing')
    expect(await one.ask.lines()).toMatchObject([[1, { text: 'x' }]])
  })

  describe('a handler', () => {
    test.each(['pipeBeside', 'pipeReading'] as const)(
      'that runs beside others pipes what comes later (%s)',
      async how => {
        const book = await the().system.spawn(notebook, undefined, near)
        const ref = await the().system.spawn(odd, book, far)
        await ref.ask[how]('piped')
        expect(
          await eventually(
            () => book.ask.lines(),
            lines => lines.length > 0,
          ),
        ).toEqual(['piped value'])
      },
    )

    test.each(['badThenable', 'badThen'] as const)(
      'that returns something like a promise harms nobody (%s)',
      async how => {
        const book = await the().system.spawn(notebook, undefined, near)
        const ref = await the().system.spawn(odd, book, far)
        expect(await thrown(ref.ask[how]())).toBeInstanceOf(ActorFault)
        expect(await ref.ask.fine()).toBe('fine')
        expect(the().events.threadLost).toEqual([])
      },
    )

    test('that blocks past its limit ends the turn that waits beside it too', async () => {
      const book = await the().system.spawn(notebook, undefined, near)
      const ref = await the().system.spawn(odd, book, far)
      const holding = thrown(ref.ask.hold('limit'))
      await eventually(
        () => book.ask.lines(),
        lines => lines.length > 0,
      )
      expect(await thrown(ref.ask.tooLong())).toBeInstanceOf(TurnExpired)
      await ref.ask.open('limit')
      expect(await holding).toBeInstanceOf(TroupeError)
      expect(await ref.ask.fine()).toBe('fine')
      expect(the().of('restarted', ref)).toHaveLength(1)
    })
  })

  test('a child that is told to end after its work has done that work', async () => {
    const book = await the().system.spawn(notebook, undefined, near)
    const boss = await the().system.spawn(foreman, book, far)
    await boss.ask.hire()
    await boss.ask.hire(thread(Math.min(1, threads)).thread)
    const lines = await eventually(
      () => book.ask.lines(),
      lines => lines.length > 1,
    )
    expect(lines).toEqual(['done', 'done'])
  })
})

test('who stops an actor in the moment of its restart stops it', async () => {
  const { system } = await stage({ threads: 0 })
  const book = await system.spawn(diary)
  const ref = await system.spawn(liver, { label: 'a', diary: book })
  const stopped = Promise.withResolvers<void>()
  system.on('restarted', () => stopped.resolve(ref.stop()))
  await thrown(ref.ask.fail('restart: please'))
  await stopped.promise
  expect(await book.ask.lines()).toEqual(['a spawned', 'a stopping: faulted']) // and has not begun anew
})

describe('what cannot be made again where it arrives', () => {
  test('fails the ask whose reply it was', async () => {
    const on = await stage({ threads: 1 })
    const ref = await on.system.spawn(trapper, {}, { on: thread(1) })
    hereIs.thread = 0
    expect(await thrown(ref.ask.reply(0))).toBeInstanceOf(NotSendable)
    expect(await ref.ask.echo(1)).toBe(1)
  })

  test('is a dead letter where nobody waits for it', async () => {
    const on = await stage({ threads: 1 })
    const ref = await on.system.spawn(trapper, {}, { on: thread(1) })
    hereIs.thread = 0
    ref.tell.log(0)
    expect(await on.until('deadLetter')).toMatchObject({ method: 'emit', reason: 'unreadable', count: 1 })
    expect(await ref.ask.echo(1)).toBe(1)
  })

  test('is a dead letter where it was meant for a timer’s call', async () => {
    const on = await stage({ threads: 0 })
    const ref = await on.system.spawn(trapper)
    hereIs.thread = -1
    ref.tell.time(5)
    expect(await on.until('deadLetter')).toMatchObject({ to: ref.id, method: 'timed', reason: 'unreadable' })
    expect(await ref.ask.echo(1)).toBe(1)
  })

  test('fails the spawn whose init it was', async () => {
    const on = await stage({ threads: 1 })
    const ref = await on.system.spawn(trapper, {}, { on: thread(1) })
    await ref.ask.youAre(1)
    hereIs.thread = 0
    expect(await thrown(on.system.spawn(trapper, { trap: new Trap(1) }, { on: thread(1) }))).toBeInstanceOf(TroupeError)
    expect(await ref.ask.echo(1)).toBe(1)
  })

  test('an init may be of a class whose codec comes with the behavior’s module', async () => {
    const on = await stage({ threads: 1 })
    const ref = await on.system.spawn(trapper, { trap: new Trap(7) }, { on: thread(1) })
    expect(await ref.ask.has()).toBe(true)
  })
})

test('those who wait for turns that end together get an error each', async () => {
  const { system } = await stage({ threads: 0 })
  const book = await system.spawn(notebook)
  const ref = await system.spawn(odd, book)
  const holding = thrown(ref.ask.hold('errors'))
  await eventually(
    () => book.ask.lines(),
    lines => lines.length > 0,
  )
  const [one, other] = [await thrown(ref.ask.tooLong()), await holding]
  expect(one).toBeInstanceOf(TurnExpired)
  expect(other).toEqual(one)
  expect(other).not.toBe(one)
  await ref.ask.open('errors')
})

test('a cycle over threads is found after any number of turns', async () => {
  const on = await stage({ threads: 1 })
  const here = await on.system.spawn(pingpong, undefined, { on: thread(0) })
  const there = await on.system.spawn(pingpong, undefined, { on: thread(1) })
  const { cell } = (here as unknown as { address: { cell: { turns: number } } }).address
  cell.turns = 2 ** 31 - 1
  const asked = here.with({ deadline: 1_000 }).ask.around(there)
  let error: unknown = await thrown(asked)
  while (error instanceof ActorFault) error = error.cause
  expect(error).toBeInstanceOf(AskCycle)
})
