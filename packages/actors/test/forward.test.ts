// `ctx.forward`: a turn's message goes on to another actor, which answers whoever has asked.
import { Aborted, ActorStopped, AskCycle, Expired, thread, ThreadLost, UnknownMethod } from '@troupe/actors'
import { simulate } from '@troupe/actors/testing'
import { describe, expect, test } from 'vitest'
import { gated } from './fixtures/actors.ts'
import { careful, client, forwarder, taker } from './fixtures/forwarders.ts'
import { eventually, onBoth, stage, thrown } from './fixtures/stage.ts'

onBoth((the, threads) => {
  const spots = [0, Math.min(1, threads), threads].map(n => ({ on: thread(n) }))
  const [here, near, far] = spots as [
    { on: { thread: number } },
    { on: { thread: number } },
    { on: { thread: number } },
  ]

  describe.each([
    { where: 'beside the forwarder', by: near, to: near },
    { where: 'elsewhere', by: near, to: far },
    { where: 'where it was asked', by: far, to: here },
  ])('to an actor $where', ({ by, to }) => {
    const actors = async () => {
      const { system } = the()
      return [
        await system.spawn(forwarder, undefined, by),
        await system.spawn(taker, undefined, to),
        await system.spawn(client, undefined, far),
      ] as const
    }

    test('it answers, and what the forwarder returns is not sent', async () => {
      const [ref, other, asks] = await actors()
      expect(await ref.ask.pass(other, { n: 1 })).toEqual(['taken', { n: 1 }])
      expect(await ref.ask.passLater(other, [2])).toEqual(['taken', [2]])
      expect(await ref.ask.passBeside(other, 3)).toEqual(['taken', 3])
      expect(await asks.ask.askThrough(ref, other, 'four')).toEqual(['taken', 'four'])
      expect(await ref.ask.call(other as never, 'both', [1, [2]])).toEqual([1, [2]])
      expect(await ref.ask.call(other as never, 'none', [])).toBe('none')
    })

    test('the sender stays, of asks and of tells', async () => {
      const [ref, other, asks] = await actors()
      await asks.ask.askThrough(ref, other, 1)
      asks.tell.tellThrough(ref, other, 2)
      await eventually(
        () => other.ask.taken(),
        taken => taken.length === 2,
      )
      await ref.ask.pass(other, 3)
      expect(await other.ask.senders()).toEqual([asks.id, asks.id, undefined])
    })

    test('in one order with what the forwarder tells', async () => {
      const [ref, other] = await actors()
      for (let n = 0; n < 500; n++) {
        if (n % 50 === 49) void ref.ask.pass(other, n)
        else ref.tell.mixed(other, n)
      }
      expect(await ref.ask.pass(other, 'x'.repeat(50_000))).toHaveLength(2)
      const taken = await other.ask.taken()
      expect(taken.slice(0, -1)).toEqual(Array.from({ length: 500 }, (_, n) => n))
    })

    test('the asker gets what it throws, and not what the forwarder throws', async () => {
      const [ref, other] = await actors()
      expect(await thrown(ref.ask.call(other as never, 'boom', []))).toMatchObject({
        code: 'fault',
        actor: other.id,
        cause: { message: 'boom' },
      })
      expect(await ref.ask.passAndThrow(other, 1)).toEqual(['taken', 1])
      const { error } = await the().until('fault', ({ actor }) => actor === ref.id)
      expect(error).toMatchObject({ message: 'after it has gone' })
    })

    test('an unknown method, and an actor that has stopped, are errors of the asker', async () => {
      const [ref, other] = await actors()
      expect(await thrown(ref.ask.call(other as never, 'nothing', []))).toBeInstanceOf(UnknownMethod)
      await other.stop()
      expect(await thrown(ref.ask.pass(other, 1))).toMatchObject({ code: 'stopped', actor: other.id, ran: 'no' })
      expect(await thrown(ref.ask.pass(other, 1))).toBeInstanceOf(ActorStopped)
      ref.tell.pass(other, 1)
      await the().until('deadLetter', letter => letter.to === other.id && letter.method === 'take')
    })

    test('what cannot travel is thrown to the forwarder, who can still answer', async () => {
      const [ref, other] = await actors()
      expect(await ref.ask.unsendable(other)).toMatch(/^taker\.take: argument\.deep\[0\] is a function/)
    })

    test('deadline and abort are those of the ask', async () => {
      const [ref, other] = await actors()
      const waits = thrown(ref.with({ deadline: 60 }).ask.call(other as never, 'hold', []))
      expect(await eventually(() => other.ask.isHolding(), Boolean)).toBe(true)
      expect(await waits).toBeInstanceOf(Expired)

      const held = await the().system.spawn(gated, undefined, to)
      const holding = held.ask.hold('it')
      const late = thrown(ref.with({ deadline: 60 }).ask.call(held as never, 'note', ['late']))
      const abort = new AbortController()
      const aborted = thrown(ref.with({ signal: abort.signal }).ask.call(held as never, 'note', ['aborted']))
      expect(await late).toBeInstanceOf(Expired)
      abort.abort()
      expect(await aborted).toBeInstanceOf(Aborted)
      await held.ask.release()
      await holding
      await held.ask.log()
      expect((await the().until('deadLetter', letter => letter.to === held.id)).reason).toBe('expired')
    })

    test('a cycle is found: the asker would wait for itself', async () => {
      const [ref, , asks] = await actors()
      const error = await thrown(asks.ask.askThrough(ref, asks as never, 1))
      expect(error.cause).toBeInstanceOf(AskCycle)
      expect(error.message).toContain(`${asks.id}.askThrough → ${asks.id}.take`)
    })

    test('the turn that has forwarded is one that nobody waits for', async () => {
      const [ref, other, asks] = await actors()
      // asks back whoever asked, whose turn is over once it has the reply
      expect(await asks.ask.around(ref, other as never)).toEqual(['taken', 'passed'])
      expect(
        await eventually(
          () => asks.ask.got(),
          got => got.length > 0,
        ),
      ).toEqual(['back'])
    })

    test('with a checkpoint, it goes once that is made', async () => {
      const [, other, asks] = await actors()
      const ref = await the().system.spawn(careful, undefined, by)
      expect(await ref.ask.pass(other, 1)).toEqual(['taken', 1])
      ref.tell.pass(other, 2)
      expect(await asks.ask.askThrough(ref as never, other, [3])).toEqual(['taken', [3]])
      expect(await other.ask.taken()).toEqual([1, 2, [3]])
      await other.stop()
      expect(await thrown(ref.ask.pass(other, 4))).toBeInstanceOf(ActorStopped)
    })

    test('what makes no sense is refused', async () => {
      const [ref, other, asks] = await actors()
      expect(await ref.ask.early()).toMatch(/forward outside of a message’s turn/)
      expect(await ref.ask.toItself()).toMatch(/forward to itself/)
      expect(await ref.ask.toNothing()).toMatch(/forward needs a ref/)
      expect(await ref.ask.afterLater(other)).toMatch(/forward after ctx\.later\(\)/)
      expect(await ref.ask.twice(other, 1, asks as never)).toEqual(['taken', 1])
      await ref.ask.leak(other, asks)
      const got = await eventually(
        () => asks.ask.got(),
        all => all.length === 4,
      )
      expect(got).toEqual([
        expect.stringMatching(/another actor answers it/),
        expect.stringMatching(/another actor answers it/),
        expect.stringMatching(/another actor answers it/),
        expect.stringMatching(/forward outside of a message’s turn/),
      ])
    })
  })
})

test('nothing is lost or overtaken while forwarder, target and asker move', async () => {
  const { system, events } = await stage({ threads: 3, askDeadline: 60_000 })
  const on = (n: number) => ({ on: thread(n) })
  const ref = await system.spawn(forwarder, undefined, on(1))
  const other = await system.spawn(taker, undefined, on(1))
  const asks = await system.spawn(client, undefined, on(2))
  let sent = 0
  for (let round = 0; round < 60; round++) {
    for (let n = 0; n < 20; n++) ref.tell.mixed(other, sent++)
    const replies = [ref.ask.pass(other, sent++), ref.ask.pass(other, sent++)]
    const moves = [ref.move(thread(round % 4)), other.move(thread((round * 3) % 4)), asks.move(thread((round + 1) % 3))]
    for (let n = 0; n < 20; n++) ref.tell.mixed(other, sent++)
    expect(await Promise.all(replies)).toHaveLength(2)
    await Promise.all(moves)
  }
  const last = await ref.ask.pass(other, sent++)
  expect(last).toEqual(['taken', sent - 1])
  expect(await other.ask.taken()).toEqual(Array.from({ length: sent }, (_, n) => n))
  const moving = [ref.move(thread(3)), other.move(thread(2))]
  expect(await asks.ask.askAll(ref, other, 200)).toEqual(Array.from({ length: 200 }, (_, n) => ['taken', n]))
  await Promise.all(moving)
  expect(events.deadLetter).toEqual([])
})

test('whoever asks hears of the loss of the thread that has the message now', async () => {
  const on = await stage({ threads: 2 })
  const ref = await on.system.spawn(forwarder, undefined, { on: thread(1) })
  const other = await on.system.spawn(taker, undefined, { on: thread(2) })
  const held = thrown(ref.with({ deadline: 60_000 }).ask.call(other as never, 'hold', []))
  await eventually(() => other.ask.isHolding(), Boolean)
  const error = await thrown(ref.with({ deadline: 60_000 }).ask.call(other as never, 'exit', []))
  expect(error).toBeInstanceOf(ThreadLost)
  expect(error).toMatchObject({ actor: other.id, ran: 'unknown' })
  expect(await held).toBeInstanceOf(ThreadLost)
})

test('a forwarder that stops, or is lost, takes nothing along that it has forwarded', async () => {
  const on = await stage({ threads: 2 })
  const other = await on.system.spawn(gated, undefined, { on: thread(2) })
  const ref = await on.system.spawn(forwarder, undefined, { on: thread(1) })
  const first = ref.ask.call(other as never, 'hold', ['first'])
  await eventually(
    () => other.ask.log(),
    ({ length }) => length === 1,
  )
  await ref.stop()
  await other.ask.release()
  expect(await first).toBe('first')

  const lost = await on.system.spawn(forwarder, undefined, { on: thread(1) })
  const second = lost.ask.call(other as never, 'hold', ['second'])
  await eventually(
    () => other.ask.log(),
    ({ length }) => length === 3,
  )
  const end = await on.system.spawn(taker, undefined, { on: thread(1) })
  expect(await thrown(end.ask.exit())).toBeInstanceOf(ThreadLost)
  await other.ask.release()
  expect(await second).toBe('second')
})

test('simulated, with everybody moving, for many seeds', async () => {
  for (let seed = 1; seed <= 150; seed++) {
    const taken = await simulate(
      seed,
      async sim => {
        const on = () => ({ on: thread(Math.floor(sim.random() * 4)) })
        const ref = await sim.spawn(forwarder, undefined, on())
        const other = await sim.spawn(taker, undefined, on())
        const replies: Promise<unknown>[] = []
        const moves: Promise<void>[] = []
        for (let n = 0; n < 40; n++) {
          if (n % 7 === 6) replies.push(ref.ask.pass(other, n))
          else ref.tell.mixed(other, n)
          if (sim.random() < 0.2) moves.push(ref.move(on().on))
          if (sim.random() < 0.2) moves.push(other.move(on().on))
          if (sim.random() < 0.3) await sim.sleep(sim.random() * 3)
        }
        await Promise.all([...replies, ...moves])
        await ref.ask.pass(other, 40)
        return other.ask.taken()
      },
      { threads: 3 },
    )
    expect(taken, `seed ${seed}`).toEqual(Array.from({ length: 41 }, (_, n) => n))
  }
})
