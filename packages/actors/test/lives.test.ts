// Supervision, step by step: what a fault does, how often, who is told; children, watches, pipes, starts and stops.
import { ActorFault, ActorStopped, type Ref, SpawnFailed, thread } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { crasher, type Diary, diary, lateBloomer, leaver, liver, slowStarter, watcher } from './fixtures/lives.ts'
import { slow } from './fixtures/limits.ts'
import { eventually, onBoth, stage, thrown } from './fixtures/stage.ts'

onBoth((the, threads) => {
  const far = { on: thread(threads) }
  const near = { on: thread(Math.min(1, threads)) }
  const write = () => the().system.spawn(diary, undefined, near)
  /** The diary's lines, once there are so many. */
  const read = (book: Diary, count: number) =>
    eventually(
      () => book.ask.lines(),
      lines => lines.length >= count,
    )

  describe('a fault', () => {
    test('restart: fresh state from the init; the mailbox is kept', async () => {
      const book = await write()
      const ref = await the().system.spawn(liver, { label: 'a', diary: book }, far)
      await ref.ask.add(5)
      const faulted = thrown(ref.ask.failWhenOpened())
      const [kept, told] = [ref.ask.add(1), ref.tell.add(10)]
      await read(book, 2)
      await ref.ask.open()
      expect(await faulted).toBeInstanceOf(ActorFault)
      expect(await kept).toBe(1)
      expect(told).toBe(undefined)
      expect(await ref.ask.add(0)).toBe(11)
      expect(await read(book, 4)).toEqual(['a spawned', 'waits', 'a stopping: faulted', 'a restarted'])
      const [restarted] = the().of('restarted', ref)
      expect(restarted).toMatchObject({ times: 1, error: { message: 'restart: opened' } })
    })

    test.each(['fail', 'failLater'] as const)('resume: the state stays as it was (%s)', async how => {
      const book = await write()
      const ref = await the().system.spawn(liver, { label: 'a', diary: book }, far)
      await ref.ask.add(5)
      expect(await thrown(ref.ask[how]('resume: please'))).toBeInstanceOf(ActorFault)
      expect(await ref.ask.add(1)).toBe(0)
      expect(await read(book, 1)).toEqual(['a spawned'])
      expect(the().of('fault', ref)).toMatchObject([{ decision: 'resume', method: how }])
    })

    test.each(['fail', 'failLater'] as const)('stop: the actor ends, and who waits is told (%s)', async how => {
      const book = await write()
      const ref = await the().system.spawn(liver, { label: 'a', diary: book }, far)
      const [faulted, waiting] = [thrown(ref.ask[how]('stop: please')), thrown(ref.ask.add(1))]
      expect(await faulted).toBeInstanceOf(ActorFault)
      expect(await waiting).toBeInstanceOf(ActorStopped)
      expect(await waiting).toMatchObject({ ran: 'no' })
      expect(await read(book, 2)).toEqual(['a spawned', 'a stopping: faulted'])
      expect(the().of('fault', ref)).toMatchObject([{ decision: 'stop' }])
    })

    test.each([undefined, 0])('escalate: the parent faults in turn, wherever it stands (child on %s)', async on => {
      const book = await write()
      const parent = await the().system.spawn(
        liver,
        { label: 'p', diary: book, children: [[on ?? Math.min(1, threads)]] },
        far,
      )
      const [child] = (await parent.ask.kids()) as [Ref<typeof liver>]
      await read(book, 2)
      await parent.ask.add(5)
      expect(await thrown(child.ask.fail('escalate: up'))).toBeInstanceOf(ActorFault)
      // the parent's own rule reads the child's words: `escalate` again, so it stops too
      const lines = await read(book, 4)
      expect(lines.toSorted()).toEqual(['p spawned', 'p stopping: faulted', 'p.0 spawned', 'p.0 stopping: faulted'])
      expect(the().of('fault', parent)).toMatchObject([{ method: '(child)' }])
    })

    test('a restart stops the children first; the new life has its own', async () => {
      const book = await write()
      const ref = await the().system.spawn(
        liver,
        { label: 'a', diary: book, children: [[threads, Math.min(1, threads)]] },
        far,
      )
      const [one, two] = (await ref.ask.kids()) as Ref<typeof liver>[]
      await read(book, 3)
      ref.tell.fail('restart: please')
      const lines = await read(book, 9)
      const at = (line: string) => lines.lastIndexOf(line)
      expect(at('a stopping: faulted')).toBeGreaterThan(at('a.0 stopping: stopped'))
      expect(at('a stopping: faulted')).toBeGreaterThan(at('a.1 stopping: stopped'))
      expect(at('a restarted')).toBeGreaterThan(at('a stopping: faulted'))
      expect(await thrown(one!.ask.add(1))).toBeInstanceOf(ActorStopped)
      expect(await thrown(two!.ask.add(1))).toBeInstanceOf(ActorStopped)
      expect(await Promise.all(((await ref.ask.kids()) as Ref<typeof liver>[]).map(kid => kid.ask.add(2)))).toEqual([
        2, 2,
      ])
    })

    test('more than `max` restarts within `within` stop it', async () => {
      const book = await write()
      const ref = await the().system.spawn(liver, { label: 'a', diary: book }, far)
      for (let i = 1; i <= 3; i++) {
        expect(await thrown(ref.ask.fail('restart: again'))).toBeInstanceOf(ActorFault)
        await the().until('restarted', ({ actor, times }) => actor === ref.id && times === i)
      }
      expect(await thrown(ref.ask.fail('restart: again'))).toBeInstanceOf(ActorFault)
      expect(await thrown(ref.ask.add(1))).toBeInstanceOf(ActorStopped)
      expect(
        the()
          .of('fault', ref)
          .map(({ decision }) => decision),
      ).toEqual(['restart', 'restart', 'restart', 'escalate'])
    })

    test('a start that fails again and again counts as well', async () => {
      const book = await write()
      const ref = await the().system.spawn(crasher, book, far)
      ref.tell.fail()
      await the().until('fault', ({ actor, decision }) => actor === ref.id && decision === 'escalate')
      expect(await read(book, 4)).toEqual(['spawned', 'restarted', 'restarted', 'restarted'])
      expect(await thrown(ref.ask.fail())).toBeInstanceOf(ActorStopped)
    })

    test.each(['nonsense: x', 'throw: x'])(
      'a rule that says %s stops the actor, and breaks nothing else',
      async text => {
        const book = await write()
        const ref = await the().system.spawn(liver, { label: 'a', diary: book }, far)
        expect(await thrown(ref.ask.fail(text))).toBeInstanceOf(ActorFault)
        expect(await thrown(ref.ask.add(1))).toBeInstanceOf(ActorStopped)
        expect((await read(book, 2))[1]).toBe('a stopping: faulted')
      },
    )

    test('an unhandled rejection is an event and its actor’s fault', async () => {
      const book = await write()
      const ref = await the().system.spawn(liver, { label: 'a', diary: book }, far)
      await read(book, 1)
      for (let i = 0; i < 2; i++) await new Promise(setImmediate) // who ran before has no part in it
      expect(await ref.ask.reject()).toBe('replied')
      const event = await the().until('unhandledRejection', ({ actor }) => actor === ref.id)
      expect(event).toMatchObject({ thread: threads, error: { message: 'restart: stray' } })
      await the().until('restarted', ({ actor }) => actor === ref.id)
      expect(await ref.ask.add(1)).toBe(1)
    })

    test('the turn limit of a new start counts from that start', async () => {
      const own = await stage({ threads, turnLimit: 500 })
      const ref = await own.system.spawn(slowStarter, undefined, far)
      expect(await thrown(ref.ask.fail())).toBeInstanceOf(ActorFault)
      expect(await ref.ask.fine()).toBe('fine')
      expect(own.of('fault', ref)).toHaveLength(1)
    })
  })

  describe('stop', () => {
    test('an actor that stops itself is not kept waiting for its own end', async () => {
      const ref = await the().system.spawn(leaver, undefined, far)
      expect(await ref.ask.leave()).toBe('on its way')
      await ref.stop()
      expect(await thrown(ref.ask.leave())).toBeInstanceOf(ActorStopped)
    })

    test('children first, then the actor’s own hook; across threads', async () => {
      const book = await write()
      const places = [[threads], [Math.min(1, threads), 0], [threads]]
      const ref = await the().system.spawn(liver, { label: 'a', diary: book, children: places }, far)
      await read(book, 1 + 1 + 2 + 2)
      await ref.stop()
      const stops = (await read(book, 12)).filter(line => line.includes('stopping')).map(line => line.split(' ')[0]!)
      expect(stops).toHaveLength(6)
      const before = (one: string, other: string) => expect(stops.indexOf(one)).toBeLessThan(stops.indexOf(other))
      for (const [child, parent] of [
        ['a.0.0.0', 'a.0.0'],
        ['a.0.1.0', 'a.0.1'],
        ['a.0.0', 'a.0'],
        ['a.0.1', 'a.0'],
        ['a.0', 'a'],
      ]) {
        before(child!, parent!)
      }
    })

    test('ctx.stop() stops after the turn, which still replies', async () => {
      const book = await write()
      const ref = await the().system.spawn(liver, { label: 'a', diary: book }, far)
      const [reply, after] = [ref.ask.stopSelf(), thrown(ref.ask.add(1))]
      expect(await reply).toBe(0)
      expect(await after).toBeInstanceOf(ActorStopped)
      expect(await read(book, 2)).toEqual(['a spawned', 'a stopping: stopped'])
    })

    test('an actor that waits for its restart stops without it', async () => {
      const ref = await the().system.spawn(slowStarter, undefined, far)
      ref.tell.fail()
      await the().until('fault', ({ actor }) => actor === ref.id)
      const waiting = thrown(ref.ask.fine())
      await ref.stop()
      expect(await waiting).toBeInstanceOf(ActorStopped)
      expect(the().of('restarted', ref)).toEqual([])
    })

    test('nothing that a stopping hook begins outlives it', async () => {
      const book = await write()
      const ref = await the().system.spawn(lateBloomer, book, far)
      await ref.stop()
      const [child] = await eventually(
        () => book.ask.kept(),
        kept => kept.length === 1,
      )
      expect(await thrown(child!.ask.add(1))).toBeInstanceOf(ActorStopped)
      const clock = await the().system.spawn(slow, undefined, far)
      await clock.ask.timerOf(5) // due after the timer that the hook set
      expect(await book.ask.lines()).not.toContain('tick')
    })
  })

  describe('watch', () => {
    test('tells, with the arguments given, how the other ended: before or after', async () => {
      const book = await write()
      const by = await the().system.spawn(watcher, book, near)
      const ref = await the().system.spawn(liver, { label: 'x', diary: await write() }, far)
      await by.ask.watch(ref, 'first')
      await ref.stop()
      expect(await read(book, 1)).toEqual(['first 1 stopped'])
      await by.ask.watch(ref, 'second')
      expect(await read(book, 2)).toEqual(['first 1 stopped', 'second 1 stopped'])
    })

    test('a fault that ends the actor is told with its words; a restart is no end', async () => {
      const book = await write()
      const by = await the().system.spawn(watcher, book, near)
      const ref = await the().system.spawn(liver, { label: 'x', diary: await write() }, far)
      await by.ask.watch(ref, 'w')
      ref.tell.fail('restart: not yet')
      await the().until('restarted', ({ actor }) => actor === ref.id)
      ref.tell.fail('stop: now')
      expect(await read(book, 1)).toEqual([`w 1 faulted: ${ref.id}.fail threw: stop: now`])
    })

    test('unwatch: nothing is heard', async () => {
      const book = await write()
      const by = await the().system.spawn(watcher, book, near)
      const [one, two] = await Promise.all(
        ['x', 'y'].map(async label => the().system.spawn(liver, { label, diary: await write() }, far)),
      )
      await by.ask.watch(one!, 'one')
      await by.ask.watch(two!, 'two')
      await by.ask.unwatch(one!)
      await one!.stop()
      await two!.stop()
      expect(await read(book, 1)).toEqual(['two 1 stopped'])
    })

    test('watching again replaces the handler; the end is heard once', async () => {
      const book = await write()
      const by = await the().system.spawn(watcher, book, near)
      const ref = await the().system.spawn(liver, { label: 'x', diary: await write() }, far)
      await by.ask.watch(ref, 'one')
      await by.ask.unwatch(ref)
      await by.ask.watch(ref, 'two')
      await by.ask.watchOtherwise(ref)
      await ref.stop()
      await by.ask.watch(ref, 'later')
      expect(await read(book, 2)).toEqual(['otherwise stopped', 'later 1 stopped'])
    })

    test('a restart ends the watches of the life before', async () => {
      const book = await write()
      const by = await the().system.spawn(watcher, book, near)
      const [one, two] = await Promise.all([write(), write()])
      await by.ask.watch(one, 'old life')
      await thrown(by.ask.fail())
      await the().until('restarted', ({ actor }) => actor === by.id)
      await by.ask.watch(two, 'new life')
      await one.stop()
      await two.stop()
      expect(await read(book, 1)).toEqual(['new life 1 stopped'])
    })

    test('an end is heard behind the turn that waits', async () => {
      const book = await write()
      const by = await the().system.spawn(watcher, book, near)
      const ref = await the().system.spawn(liver, { label: 'x', diary: await write() }, far)
      const waiting = by.ask.watchAndWait(ref)
      await read(book, 1)
      await ref.stop()
      await by.ask.open()
      await waiting
      expect(await read(book, 2)).toEqual(['waits', 'waited  stopped'])
    })

    test.each(['state', 'started', 'startedLater'])(
      'a child that cannot start (%s): the parent’s fault event',
      async where => {
        for (const on of [undefined, 0, threads]) {
          const book = await write()
          const by = await the().system.spawn(watcher, book, near)
          const child = await by.ask.spawnFaulty(where, on)
          const fault = await the().until('fault', ({ actor }) => actor === by.id)
          expect(fault).toMatchObject({ method: 'spawn', decision: 'resume' })
          expect(fault.error).toBeInstanceOf(SpawnFailed)
          expect((await read(book, 1))[0]).toMatch(/^child {2}faulted: faulty#.* could not start: no/)
          expect(await thrown(child.ask.list())).toBeInstanceOf(ActorStopped)
          await the().system.spawn(diary, undefined, near) // anything more has come by now
          expect(the().of('fault', by)).toHaveLength(1)
        }
      },
    )
  })

  test('a child whose name is taken: the parent’s fault event, and the name stays where it was', async () => {
    const { system } = the()
    const book = await write()
    const by = await system.spawn(watcher, book, near)
    const first = (await by.ask.spawnNamed('taken', threads)) as Ref<typeof diary>
    await first.ask.lines()
    const second = (await by.ask.spawnNamed('taken', 0)) as Ref<typeof diary>
    const fault = await the().until('fault', ({ actor }) => actor === by.id)
    expect(fault).toMatchObject({ method: 'spawn', decision: 'resume', error: { code: 'name-taken' } })
    expect(await thrown(second.ask.lines())).toBeInstanceOf(ActorStopped)
    expect((await system.lookup(diary, 'taken'))?.id).toBe(first.id)
    await by.stop()
    expect(await thrown(first.ask.lines())).toBeInstanceOf(ActorStopped)
    await eventually(
      () => system.lookup(diary, 'taken'),
      found => found === undefined,
    )
  })

  describe('pipe', () => {
    test('calls the handler with what the promise gives', async () => {
      const book = await write()
      const by = await the().system.spawn(watcher, book, far)
      await by.ask.pipe('a')
      await by.ask.pipe('b')
      expect(await read(book, 2)).toEqual(['a 1', 'b 1'])
    })

    test.each([
      ['pipeRejection', 'not fetched'],
      ['pipeFunction', 'value is a function, which cannot travel'],
    ] as const)('a promise that rejects, or gives what cannot travel, is the actor’s fault: %s', async (how, text) => {
      const by = await the().system.spawn(watcher, await write(), far)
      await by.ask[how]()
      const fault = await the().until('fault', ({ actor }) => actor === by.id)
      expect(fault).toMatchObject({ method: 'piped', decision: 'restart' })
      expect((fault.error as Error).message).toContain(text)
    })

    test('what comes after the life that piped it is void', async () => {
      const book = await write()
      const by = await the().system.spawn(watcher, book, far)
      by.tell.pipeAcross()
      await the().until('restarted', ({ actor }) => actor === by.id)
      await by.ask.openAcross()
      await by.ask.pipe('new')
      expect(await read(book, 2)).toEqual(['piping', 'new 1'])
    })
  })
})
