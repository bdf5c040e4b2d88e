// API.md section 2 and section 2 of the design: whose turn it is, who asks, cycles, deadlines, late replies, limits.
import { AskCycle, Expired, Refusal, type Ref, thread, TurnEnded, TurnExpired } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { asker, counter, gated, Insufficient, member, witness } from './fixtures/actors.ts'
import { giver } from './fixtures/late-replies.ts'
import { lingering, slow } from './fixtures/limits.ts'
import { eventually, onBoth, type Stage, stage, thrown } from './fixtures/stage.ts'

onBoth((the, threads) => {
  const far = { on: thread(threads) }
  const near = { on: thread(Math.min(1, threads)) }

  describe('one turn at a time', () => {
    test('an async handler holds the actor until it has settled', async () => {
      const ref = await the().system.spawn(counter, 0, far)
      const all = await Promise.all(Array.from({ length: 20 }, () => ref.ask.addLater(1)))
      expect(all).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    })

    test('interleaving handlers run beside a waiting turn, ahead of the mailbox; others wait', async () => {
      const ref = await the().system.spawn(gated, undefined, far)
      const [holding, noted] = [ref.ask.hold('a'), ref.ask.note('b')]
      await logged(ref, '+a')
      expect(await ref.ask.beside('c')).toEqual(['c', undefined])
      expect(await ref.ask.log()).toEqual(['+a', '+c', '-c'])
      await ref.ask.release()
      await Promise.all([holding, noted])
      expect(await ref.ask.log()).toEqual(['+a', '+c', '-c', '-a', 'b'])
    })

    test('interleaving handlers are not held up by a timer that waits for the same turn', async () => {
      const { system } = the()
      const [ref, other] = [await system.spawn(gated, undefined, far), await system.spawn(slow, undefined, far)]
      const holding = ref.ask.holdWithTimer()
      await logged(ref, '+timed')
      await other.ask.timerOf(5) // set later and due later on the same thread: the first has been due
      await ref.ask.release()
      await holding
      expect(
        await eventually(
          () => ref.ask.log(),
          log => log.length > 2,
        ),
      ).toEqual(['+timed', '-timed', 'timer'])
    })

    test('nor is one that a timer calls, by another timer’s call', async () => {
      const ref = await the().system.spawn(slow, undefined, far)
      expect(await ref.ask.timerBehind(3)).toBe(undefined)
    })

    test('readonly handlers run beside each other, and beside no other', async () => {
      const ref = await the().system.spawn(gated, undefined, far)
      const readers = [ref.ask.read('a'), ref.ask.read('b')]
      const writer = ref.ask.note('w')
      const last = ref.ask.read('c')
      await logged(ref, '+b')
      expect(await ref.ask.log()).toEqual(['+a', '+b']) // the writer waits, and nothing overtakes it
      await ref.ask.release()
      await Promise.all([...readers, writer])
      await logged(ref, '+c')
      await ref.ask.release()
      await last
      expect(await ref.ask.log()).toEqual(['+a', '+b', '-a', '-b', 'w', '+c', '-c'])
      expect(await ref.ask.most()).toBe(2)
    })

    test('a readonly handler waits for one that holds the actor', async () => {
      const ref = await the().system.spawn(gated, undefined, far)
      const [holding, reading] = [ref.ask.hold('a'), ref.ask.read('b')]
      await logged(ref, '+a')
      expect(await ref.ask.log()).toEqual(['+a'])
      await ref.ask.release()
      await holding
      await logged(ref, '+b')
      await ref.ask.release()
      await reading
    })
  })

  describe('who asks', () => {
    test('sender is the actor whose ref it was sent with; nobody for code that is no actor', async () => {
      const { system } = the()
      const [on, by] = [await system.spawn(witness, undefined, far), await system.spawn(asker, undefined, near)]
      expect(await on.ask.who()).toBe(undefined)
      expect(await by.ask.ask(on, 'who', [])).toBe(by.id)
      expect(await by.ask.ask(on, 'whoAfterAwait', [])).toBe(by.id)
      await by.ask.tell(on, 'who', [])
      expect(
        await eventually(
          () => on.ask.heard(),
          ({ length }) => length === 3,
        ),
      ).toEqual([undefined, by.id, by.id])
    })

    test('a ref that an actor sends on is the next one’s own', async () => {
      const { system } = the()
      const on = await system.spawn(witness, undefined, far)
      const [one, two] = [await system.spawn(asker, undefined, near), await system.spawn(asker, undefined, far)]
      await one.ask.keep(on)
      await one.ask.ask(two, 'keep', [await one.ask.kept()])
      expect(await two.ask.askKept('who')).toBe(two.id)
      expect(await one.ask.askKept('who')).toBe(one.id)
      expect(await ((await two.ask.kept()) as typeof on).ask.who()).toBe(undefined) // the program's again
    })

    test('sender can be answered', async () => {
      const { system } = the()
      const [on, by] = [await system.spawn(witness, undefined, far), await system.spawn(asker, undefined, near)]
      await by.ask.callMe(on)
      expect(
        await eventually(
          () => by.ask.notes(),
          ({ length }) => length > 0,
        ),
      ).toEqual(['called back'])
    })

    test('handlers that run beside each other have each their own sender', async () => {
      const { system } = the()
      const on = await system.spawn(gated, undefined, far)
      const by = await Promise.all([1, 2, 3].map(() => system.spawn(asker)))
      const holding = on.ask.hold('h')
      await logged(on, '+h')
      const replies = await Promise.all(by.map(one => one.ask.ask(on, 'beside', [one.id])))
      expect(replies).toEqual(by.map(({ id }) => [id, id]))
      await on.ask.release()
      await holding
    })
  })

  describe('ask cycles', () => {
    /** Members that each ask the next; the last one's next is the first. */
    async function ring(size: number): Promise<Ref<typeof member>[]> {
      const places = [thread(0), near.on, far.on]
      const members = await Promise.all(
        Array.from({ length: size }, (_, i) => the().system.spawn(member, undefined, { on: places[i % 3]! })),
      )
      await Promise.all(members.map((one, i) => one.ask.join(members[(i + 1) % size]!)))
      return members
    }

    test.each([1, 2, 3])('an ask that would wait on itself fails at once: a ring of %i, spelt out', async size => {
      const members = await ring(size)
      const error = await thrown(members[0]!.ask.pass(size))
      const spelt = [...members, members[0]!].map(({ id }) => `${id}.pass`).join(' → ')
      expect(error.message).toContain(`this ask would wait on itself: ${spelt}; tell instead of ask somewhere`)
      const cycle = size === 1 ? error.cause : rootOf(error)
      expect(cycle).toBeInstanceOf(AskCycle)
      expect(cycle).toMatchObject({ code: 'ask-cycle', actor: members[0]!.id, method: 'pass', ran: 'no' })
    })

    test('the way round is no cycle when the turn that began it has ended', async () => {
      const members = await ring(3)
      members[0]!.tell.passAndForget(7)
      await eventually(
        () => members[1]!.ask.done(),
        done => done === 1,
      )
      expect(members.flatMap(one => the().of('fault', one))).toEqual([])
    })

    test('interleaving and readonly handlers may come round', async () => {
      const members = await ring(3)
      expect(await members[0]!.ask.open(7)).toBe('through')
      expect(await members[0]!.ask.read(7)).toBe('through')
    })

    test('what a turn asks is not laid to another that is open beside it', async () => {
      const { system } = the()
      const [on, by] = [await system.spawn(gated, undefined, far), await system.spawn(asker, undefined, near)]
      const holding = by.ask.ask(on, 'hold', ['h']) // now `by` waits for `on`, which asks it from beside
      await logged(on, '+h')
      const beside = on.ask.askBeside(by)
      await on.ask.beside('later')
      await on.ask.release()
      expect(await holding).toBe('h')
      expect(await beside).toEqual([])
    })

    test('a call that comes round through another handler of the same turn’s actor is a cycle too', async () => {
      const members = await ring(2)
      await members[1]!.ask.join(members[0]!)
      const [one, two] = members as [Ref<typeof member>, Ref<typeof member>]
      const viaOther = await the().system.spawn(asker, undefined, far)
      await one.ask.join(viaOther as never)
      const error = await thrown(one.ask.askNext('ask', [one, 'done', []]))
      expect(error.message).toContain(`${one.id}.askNext → ${viaOther.id}.ask → ${one.id}.done`)
      expect(two.id).not.toBe(one.id)
    })

    test('independent asks that cross each other end by deadline, naming both', async () => {
      const { system } = the()
      const [one, two] = [await system.spawn(member, undefined, near), await system.spawn(member, undefined, far)]
      await Promise.all([one.ask.join(two), two.ask.join(one)])
      const both = [one.with({ deadline: 300 }).ask.cross(), two.with({ deadline: 300 }).ask.cross()]
      const errors = await Promise.all(both.map(reply => thrown(reply)))
      for (const error of errors) expect(rootOf(error)).toBeInstanceOf(Expired)
      await eventually(
        async () => the().of('fault', one).length + the().of('fault', two).length,
        faults => faults > 0,
      )
      const texts = [...the().of('fault', one), ...the().of('fault', two)].map(({ error }) => String(error))
      expect(texts.some(text => text.includes(one.id) && text.includes(two.id))).toBe(true)
    })
  })

  describe('deadlines', () => {
    test('who asks on behalf of an ask waits no longer than that one does', async () => {
      const { system } = the()
      const [on, by] = [await system.spawn(gated, undefined, far), await system.spawn(asker, undefined, near)]
      await by.ask.note('kept')
      const began = performance.now()
      const error = await thrown(by.with({ deadline: 50 }).ask.ask(on, 'hold', ['x'], 60_000))
      expect(error).toBeInstanceOf(Expired)
      // the inner ask has ended with the outer one, so its actor is free again, and it is no fault: nothing is lost
      expect(await by.ask.notes()).toEqual(['kept'])
      expect(performance.now() - began).toBeLessThan(5_000)
      await on.ask.release()
    })

    test('a message whose asker no longer waits does not run', async () => {
      const { system } = the()
      const on = await system.spawn(gated, undefined, far)
      const holding = on.ask.hold('h')
      const error = await thrown(on.with({ deadline: 20 }).ask.note('never'))
      expect(error).toMatchObject({ code: 'expired' })
      await on.ask.release()
      await holding
      await on.ask.note('after')
      expect(await on.ask.log()).toEqual(['+h', '-h', 'after'])
      await the().until('deadLetter', ({ to, reason }) => to === on.id && reason === 'expired')
      expect(the().dead(on)).toEqual({ 'note expired': 1 })
    })
  })

  describe('replies given later', () => {
    test('later() is kept in state and resolved in a later turn', async () => {
      const ref = await the().system.spawn(giver, undefined, far)
      const replies = [ref.ask.want(), ref.ask.wantSlowly()]
      await eventually(
        () => ref.ask.waiting(),
        waiting => waiting === 2,
      )
      await ref.ask.give({ of: new Map([[1, 'a']]) })
      await ref.ask.give('second')
      expect(await Promise.all(replies)).toEqual([{ of: new Map([[1, 'a']]) }, 'second'])
    })

    test('it can be sent on, and resolved by whoever holds it', async () => {
      const { system } = the()
      const [one, two] = [await system.spawn(giver, undefined, near), await system.spawn(giver, undefined, far)]
      const three = await system.spawn(giver, undefined, { on: thread(0) })
      const by = await system.spawn(asker, undefined, far)
      const replies = [one.ask.want(), by.ask.ask(one, 'want', [])]
      await eventually(
        () => one.ask.waiting(),
        waiting => waiting === 2,
      )
      for (const to of [two, three]) await one.ask.handOn(to)
      for (const holder of [two, three]) {
        await eventually(
          () => holder.ask.waiting(),
          waiting => waiting === 1,
        )
        await holder.ask.give(holder.id)
      }
      expect(await Promise.all(replies)).toEqual([two.id, three.id])
    })

    test('only the first resolve counts', async () => {
      const ref = await the().system.spawn(giver, undefined, far)
      const reply = ref.ask.want()
      await ref.ask.giveTwice('first', 'second')
      expect(await reply).toBe('first')
    })

    test('it can refuse; a plain error is told as one too', async () => {
      const ref = await the().system.spawn(giver, undefined, far)
      const refused = thrown(ref.ask.want())
      await ref.ask.deny()
      expect(Insufficient.is(await refused)).toBe(true)
      expect((await refused).data).toEqual({ missing: 3 })
      const plain = thrown(ref.ask.want())
      await ref.ask.denyPlainly()
      expect(await plain).toBeInstanceOf(Refusal)
      expect(await plain).toMatchObject({ message: 'nothing left', cause: { name: 'RangeError' } })
    })

    test('a value that cannot travel throws where it is given; the ask still waits', async () => {
      const ref = await the().system.spawn(giver, undefined, far)
      const reply = ref.ask.want()
      expect(await ref.ask.giveFunction()).toMatch(/is a function, which cannot travel/)
      await ref.ask.give('at last')
      expect(await reply).toBe('at last')
    })

    test('it is void after the asker has given up, and in a turn that nobody waits for', async () => {
      const ref = await the().system.spawn(giver, undefined, far)
      expect(await thrown(ref.with({ deadline: 20 }).ask.want())).toBeInstanceOf(Expired)
      ref.tell.want()
      await eventually(
        () => ref.ask.waiting(),
        waiting => waiting === 2,
      )
      await ref.ask.give('to nobody')
      await ref.ask.give('to nobody either')
      expect(await ref.ask.echo('still here')).toBe('still here')
    })

    test('given after its ask has ended, it never reaches another ask', async () => {
      const ref = await the().system.spawn(giver, undefined, far)
      expect(await thrown(ref.with({ deadline: 20 }).ask.want())).toBeInstanceOf(Expired)
      for (let i = 0; i < 1_100; i++) {
        // each of these takes the place of the ask that has ended
        const reply = ref.ask.want()
        ref.tell.giveAndKeep('stale')
        ref.tell.giveLast(i)
        expect(await reply).toBe(i)
      }
    })
  })

  describe('limits', () => {
    test('a turn past its limit is a fault: its ask fails, its context is revoked, the actor starts again', async () => {
      const { system } = the()
      const ref = await system.spawn(lingering, 30, far)
      const error = await thrown(ref.ask.linger())
      expect(error).toBeInstanceOf(TurnExpired)
      expect(error).toMatchObject({ code: 'turn-expired', actor: ref.id, method: 'linger', ran: 'unknown' })
      expect(error.message).toBe(`${ref.id}.linger: its turn took longer than 40 ms`)
      await the().until('restarted', ({ actor }) => actor === ref.id)
      expect(the().of('fault', ref)).toMatchObject([{ method: 'linger', decision: 'restart' }])
      const late = await ref.ask.lateUse()
      expect(Object.keys(late).length).toBeGreaterThan(12)
      for (const [what, how] of Object.entries(late)) expect(`${what}: ${how}`).toBe(`${what}: turn-ended`)
      expect(await ref.ask.signalled()).toBe(true)
    })

    test('told turns have the limit too', async () => {
      const ref = await the().system.spawn(lingering, 30, far)
      ref.tell.linger()
      await the().until('fault', ({ actor, method }) => actor === ref.id && method === 'linger')
      expect(await ref.ask.state()).toBe(30)
    })

    test.each(['interleaved', 'reading'] as const)('and those that run beside others: %s', async how => {
      const ref = await the().system.spawn(lingering, 30, far)
      expect(await thrown(ref.ask[how]())).toBeInstanceOf(TurnExpired)
      await the().until('restarted', ({ actor }) => actor === ref.id)
      expect(await ref.ask.signalled()).toBe(true)
      expect(new Set(Object.values(await ref.ask.lateUse()))).toEqual(new Set(['turn-ended']))
    })

    test('the system’s own limit holds where a handler sets none; a start and a stop have it too', async () => {
      const own: Stage = await stage({ threads, turnLimit: 50 })
      const ref = await own.system.spawn(gated, undefined, far)
      const error = await thrown(ref.ask.hold('x'))
      expect(error.message).toBe(`${ref.id}.hold: its turn took longer than 50 ms`)
      const start = await thrown(own.system.spawn(lingering, -1, far))
      expect(start.message).toMatch(/could not start: lingering#.*\.started: its turn took longer than 50 ms$/)
      const stop = await own.system.spawn(lingering, -2, far)
      await stop.stop()
      expect(own.of('fault', stop)).toMatchObject([{ method: 'stopping', error: { code: 'turn-expired' } }])
      expect(TurnEnded.name).toBe('TurnEnded')
    })
  })
})

/** Waits until a line is in the log. */
function logged(ref: Ref<typeof gated>, line: string): Promise<string[]> {
  return eventually(
    () => ref.ask.log(),
    log => log.includes(line),
  )
}

/** The error at the end of the causes. */
function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error
}
