// Bounds and fairness: every queue has a limit and a policy, what does not fit is told, and nobody starves the others.
import { MailboxFull, type Ref, thread } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { droppingNewest, droppingOldest, echo, observer, parent, refusing, spinner } from './fixtures/boxes.ts'
import { eventually, onBoth, thrown } from './fixtures/stage.ts'

onBoth((the, threads) => {
  const far = { on: thread(threads) }

  async function held<B extends typeof refusing>(
    what: B,
  ): Promise<{ ref: Ref<typeof refusing>; holding: Promise<void> }> {
    const ref: Ref<typeof refusing> = await the().system.spawn<typeof refusing>(what, undefined, far)
    const holding = ref.ask.hold()
    await eventually(
      () => ref.ask.holding(),
      yes => yes,
    )
    return { ref, holding }
  }
  const codes = async (asks: Promise<unknown>[]) =>
    (await Promise.allSettled(asks)).map(result => (result.status === 'fulfilled' ? 'handled' : result.reason.code))

  describe('a mailbox is bounded in messages', () => {
    test.each([
      ['refuse', refusing, [1, 2, 3, 4]],
      ['dropNewest', droppingNewest, [1, 2, 3, 4]],
      ['dropOldest', droppingOldest, [3, 4, 5, 6]],
    ] as const)('%s', async (_policy, what, kept) => {
      const { ref, holding } = await held(what)
      const asks = [1, 2, 3, 4, 5, 6].map(n => ref.ask.note(String(n)))
      const ends = codes(asks)
      await ref.ask.release()
      await holding
      expect(await ends).toEqual(
        [1, 2, 3, 4, 5, 6].map(n => ((kept as readonly number[]).includes(n) ? 'handled' : 'mailbox-full')),
      )
      expect(await ref.ask.log()).toEqual(kept.map(String))
      await the().until('deadLetter', ({ to }) => to === ref.id)
      expect(the().dead(ref)).toEqual({ 'note full': 2 })
    })

    test('tells that do not fit are dead letters, each counted', async () => {
      const { ref, holding } = await held(refusing)
      for (let i = 0; i < 1_004; i++) ref.tell.note(String(i))
      await ref.ask.release()
      await holding
      await ref.ready()
      expect(await ref.ask.log()).toEqual(['0', '1', '2', '3'])
      await eventually(
        async () => the().dead(ref)['note full'],
        count => count === 1_000,
      )
    })

    test('MailboxFull says that the handler did not run, and what to do', async () => {
      const { ref, holding } = await held(refusing)
      for (let i = 0; i < 4; i++) ref.tell.note(String(i))
      const error = await thrown(ref.ask.note('x'))
      expect(error).toBeInstanceOf(MailboxFull)
      expect(error).toMatchObject({ code: 'mailbox-full', actor: ref.id, method: 'note', ran: 'no' })
      expect(error.message).toBe(
        `${ref.id}.note: its mailbox, or the way to it, is full; wait for ref.ready(), or send less`,
      )
      await ref.ask.release()
      await holding
    })

    test('before its start, and for handlers that interleave, as well', async () => {
      const by = await the().system.spawn(parent, undefined, far)
      const ref = await by.ask.spawn()
      for (let i = 0; i < 10; i++) ref.tell.note(String(i))
      for (let i = 0; i < 10; i++) ref.tell.aside(String(i))
      await by.ask.open()
      await ref.ready()
      const log = await ref.ask.log()
      expect(log).toEqual([...[0, 1, 2, 3].map(i => `aside ${i}`), '0', '1', '2', '3'])
      await eventually(
        async () => the().dead(ref),
        dead => dead['note full'] === 6 && dead['aside full'] === 6,
      )
    })
  })

  describe('a mailbox is bounded in bytes', () => {
    const long = (n: number) => String(n).padEnd(1_000)
    test.each([
      ['refuse', refusing, [1, 2, 3]],
      ['dropNewest', droppingNewest, [1, 2, 3]],
      ['dropOldest', droppingOldest, [3, 4, 5]],
    ] as const)('%s', async (_policy, what, kept) => {
      const { ref, holding } = await held(what)
      const ends = codes([1, 2, 3, 4, 5].map(n => ref.ask.note(long(n))))
      await ref.ask.release()
      await holding
      await ends
      expect(await ref.ask.log()).toEqual(kept.map(String))
    })

    test.each([refusing, droppingOldest])('one message may be larger than all of them together', async what => {
      const { ref, holding } = await held(what)
      const huge = ref.ask.note('huge'.padEnd(100_000))
      const ends = codes([huge, ref.ask.note('after')])
      await ref.ask.release()
      await holding
      await ref.ready()
      const log = await ref.ask.log()
      expect(await ends).toEqual(what === refusing ? ['handled', 'mailbox-full'] : ['mailbox-full', 'handled'])
      expect(log).toEqual(what === refusing ? ['huge'] : ['after'])
    })
  })

  test('replies get through, whatever is full: the mailbox, and the way there', async () => {
    const { system } = the()
    const ref = await system.spawn(refusing, undefined, far)
    const other = await system.spawn(echo, undefined, { on: thread(0) })
    const reply = ref.ask.holdThenAsk(other)
    await eventually(
      () => ref.ask.holding(),
      yes => yes,
    )
    for (let i = 0; i < 4; i++) ref.tell.note('x')
    expect(await thrown(ref.ask.note('x'))).toBeInstanceOf(MailboxFull)
    await ref.ask.release()
    const kilobyte = 'x'.repeat(1_000)
    for (let i = 0; i < 30_000; i++) ref.tell.note(kilobyte) // more than a lane and its backlog hold
    expect(await reply).toBe(0)
    await ref.ready()
  })

  test('ready() waits until there is room again', async () => {
    const { ref, holding } = await held(refusing)
    for (let i = 0; i < 4; i++) ref.tell.note(String(i))
    let ready = false
    const room = ref.ready().then(() => (ready = true))
    await ref.ask.holding()
    await ref.ask.holding()
    expect(ready).toBe(false)
    await ref.ask.release()
    await holding
    await room
    expect((await ref.ask.log()).length).toBeGreaterThanOrEqual(2)
  })

  test('sending no faster than ready() allows loses nothing', async () => {
    const ref = await the().system.spawn(refusing, undefined, far)
    for (let i = 0; i < 200; i++) {
      ref.tell.note(String(i))
      if (i % 2 === 1) await ref.ready()
    }
    expect(await ref.ask.log()).toEqual(Array.from({ length: 200 }, (_, i) => String(i)))
    expect(the().dead(ref)).toEqual({})
  })

  test('an actor with a full mailbox delays the next one by no more than a batch', async () => {
    const { system } = the()
    const [busy, by, other] = [
      await system.spawn(spinner, undefined, far),
      await system.spawn(observer, undefined, far),
      await system.spawn(observer, undefined, far),
    ]
    const turns = await by.ask.askBehind(busy, other, 60_000)
    expect(turns).toBeGreaterThan(0)
    expect(turns).toBeLessThanOrEqual(2 * 64)
  })

  test('timers and sockets of the thread are served under full load', async () => {
    const { system } = the()
    const place = { on: thread(Math.min(1, threads)) }
    const [one, two] = [await system.spawn(spinner, undefined, place), await system.spawn(spinner, undefined, place)]
    const [by, quiet] = [await system.spawn(observer, undefined, place), await system.spawn(echo, undefined, place)]
    const { bodies, turns, p50, p99 } = await by.with({ deadline: 15_000 }).ask.underLoad(one, two, quiet)
    expect(bodies).toEqual(new Array(20).fill('fine'))
    expect(turns).toBeGreaterThan(10_000) // it was under load, all the while
    expect(p50).toBeLessThan(10)
    expect(p99).toBeLessThan(100) // 10 ms on a machine that does nothing else
  })
})
