// API.md section 1, sentence by sentence, on both placements: spawn, tell, ask, with, names, ready, stop; refs as data.
import { getEventListeners } from 'node:events'
import { inspect } from 'node:util'
import {
  Aborted,
  ActorFault,
  ActorStopped,
  type AnyRef,
  Expired,
  InvalidCall,
  NameTaken,
  NotSendable,
  Refusal,
  SpawnFailed,
  thread,
  TroupeError,
  UnknownMethod,
} from '@troupe/actors'
import { expect, test } from 'vitest'
import { asker, counter, gated, Insufficient, witness } from './fixtures/actors.ts'
import { faulty } from './fixtures/lives.ts'
import { eventually, onBoth, stage, thrown } from './fixtures/stage.ts'

const wild = (value: unknown) => value as any

onBoth((the, threads) => {
  test('spawn resolves when the actor has started; tell returns nothing; ask gives the reply', async () => {
    const { system } = the()
    const ref = await system.spawn(counter, 5)
    expect(ref.tell.add(1)).toBe(undefined)
    expect(await ref.ask.add(1)).toBe(7)
    expect(await ref.ask.addLater(3)).toBe(10)
  })

  test('messages from one sender come in the order sent, tells and asks, small and large', async () => {
    const { system } = the()
    const ref = await system.spawn(asker)
    for (let i = 0; i < 1_000; i++) ref.tell.note(i % 100 === 0 ? 'x'.repeat(50_000) : i)
    const last = ref.ask.note('last')
    ref.tell.note('after')
    await last
    const notes = (await ref.ask.notes()).map((note, i) => (i % 100 === 0 && i < 1_000 ? i : note))
    expect(notes).toEqual([...Array.from({ length: 1_000 }, (_, i) => i), 'last', 'after'])
  })

  test('spawn rejects with why the actor could not start', async () => {
    const { system } = the()
    const inState = await thrown(system.spawn(faulty, { failIn: 'state' }))
    expect(inState).toBeInstanceOf(SpawnFailed)
    expect(inState.message).toMatch(/^faulty#\d\.0\.\d+ could not start: no state$/)
    expect(inState.cause).toMatchObject({ name: 'RangeError', message: 'no state' })
    expect(inState.ran).toBe('no')
    const inStarted = await thrown(system.spawn(faulty, { failIn: 'started' }))
    expect(inStarted).toBeInstanceOf(SpawnFailed)
    expect(inStarted.cause).toMatchObject({ message: 'not started' })
    const asynchronous = await thrown(system.spawn(faulty, { failIn: 'startedLater' }))
    expect(asynchronous).toBeInstanceOf(SpawnFailed)
    const events = the().events.spawnFailed.slice(-3)
    expect(events.map(({ behavior, error }) => `${behavior}: ${(error as Error).message}`)).toEqual(
      [inState, inStarted, asynchronous].map(({ message }) => `faulty: ${message}`),
    )
  })

  test('state is made by the actor, from its own copy of the init', async () => {
    const { system } = the()
    const init = { failIn: 'nothing', list: [1] }
    const ref = await system.spawn(faulty, init)
    init.list.push(2)
    expect(await ref.ask.list()).toEqual([1])
    const promised = await thrown(system.spawn(faulty, { failIn: 'promise' }))
    expect(promised.message).toContain(`the state of 'faulty' is a promise; do what takes time in started()`)
  })

  test('an init that cannot travel is refused with the path to it', async () => {
    const { system } = the()
    const error = await thrown(system.spawn(faulty, wild({ failIn: 'nothing', list: [1, () => 1] })))
    expect(error).toBeInstanceOf(NotSendable)
    expect(error).toMatchObject({ code: 'not-sendable', path: '.list[1]', what: 'a function', ran: 'no' })
    expect(error.message).toMatch(/^init\.list\[1\] is a function, which cannot travel in a message; /)
    expect(the().events.spawnFailed.at(-1)).toMatchObject({ behavior: 'faulty', error: { path: '.list[1]' } })
    expect(await (await system.spawn(counter, 1)).ask.get()).toBe(1) // the next spawn is none the worse
  })

  test('an argument that cannot travel is refused at the sender: a tell throws, an ask rejects', async () => {
    const { system } = the()
    const ref = await system.spawn(counter, 0)
    const told = await thrown(() => wild(ref.tell).add({ a: [Symbol('x')] }))
    expect(told).toBeInstanceOf(NotSendable)
    expect(told).toMatchObject({ path: '.a[0]', what: 'a symbol', actor: ref.id, method: 'add', ran: 'no' })
    expect(told.message).toMatch(/^counter\.add: argument\.a\[0\] is a symbol/)
    const asked = await thrown(wild(ref.ask).add(1, { fn: () => 1 }))
    expect(asked).toMatchObject({ code: 'not-sendable', actor: ref.id, method: 'add', ran: 'no' })
    expect(asked.message).toMatch(/^counter\.add: arguments\[1\]\.fn is a function/)
    expect(await ref.ask.get()).toBe(0)
  })

  test('a reply that cannot travel rejects the ask, and says that the handler ran', async () => {
    const { system } = the()
    const ref = await system.spawn(counter, 0)
    const error = await thrown(ref.ask.replyWithFunction())
    expect(error).toBeInstanceOf(NotSendable)
    expect(error).toMatchObject({ path: '.list[1]', actor: ref.id, method: 'replyWithFunction', ran: 'yes' })
    expect(error.message).toMatch(/^the reply of replyWithFunction\.list\[1\] is a function/)
    expect(await ref.ask.add(1)).toBe(1)
  })

  test('what is sent is a copy, and what comes back is one', async () => {
    const { system } = the()
    const ref = await system.spawn(asker)
    const sent = { list: [1] }
    ref.tell.note(sent)
    sent.list.push(2)
    const [first] = (await ref.ask.notes()) as [{ list: number[] }]
    expect(first).toEqual({ list: [1] })
    first.list.push(3)
    expect(await ref.ask.notes()).toEqual([{ list: [1] }])
  })

  test('a ref is plain data: it travels in messages, compares by id and is not thenable', async () => {
    const { system } = the()
    const [holder, other] = [await system.spawn(asker), await system.spawn(counter, 3)]
    await holder.ask.keep(other)
    const back = (await holder.ask.kept()) as typeof other
    expect(back.id).toBe(other.id)
    expect(await back.ask.get()).toBe(3)
    expect(await Promise.resolve(other)).toBe(other)
    expect(wild(other).then).toBe(undefined)
    expect(wild(other.ask).then).toBe(undefined)
    expect(wild(other.tell).then).toBe(undefined)
    expect(JSON.stringify({ other })).toBe(`{"other":{"ref":"${other.id}"}}`)
    expect(inspect({ other })).toBe(`{ other: Ref(${other.id}) }`)
    expect(wild(other).toString()).toBe(`Ref(${other.id})`)
  })

  test('looking at a ref and its parts sends nothing', async () => {
    const { system } = the()
    const ref = await system.spawn(counter, 3)
    expect(inspect(ref.ask, { depth: 5 })).toBeTypeOf('string')
    expect(() => expect(ref.tell).toEqual({ other: 1 })).toThrow('to deeply equal')
    expect(() => expect({ ref }).toEqual({ ref: { other: 1 } })).toThrow('to deeply equal')
    await ref.ask.get()
    expect(the().of('deadLetter', ref)).toEqual([])
    expect(the().events.unhandledRejection).toEqual([])
  })

  test('with({ deadline }): the ask ends with Expired, and says whether a retry is safe', async () => {
    const { system } = the()
    const ref = await system.spawn(gated)
    const running = await thrown(ref.with({ deadline: 20 }).ask.hold('first'))
    expect(running).toBeInstanceOf(Expired)
    expect(running).toMatchObject({ code: 'expired', actor: ref.id, method: 'hold', ran: 'unknown' })
    expect(running.message).toMatch(/hold: no reply within \d+ ms; the handler may still run$/)
    const waiting = await thrown(ref.with({ deadline: 20 }).ask.note('never'))
    expect(waiting).toBeInstanceOf(Expired)
    await ref.ask.release()
    await ref.ask.note('later')
    expect(await ref.ask.log()).toEqual(['+first', '-first', 'later']) // what had expired did not run
  })

  test('with({ signal }): the ask ends with Aborted; nothing is sent where it was aborted before', async () => {
    const { system } = the()
    const ref = await system.spawn(gated)
    const controller = new AbortController()
    const reply = thrown(ref.with({ signal: controller.signal }).ask.hold('first'))
    await ref.ask.log()
    controller.abort(new Error('enough'))
    const error = await reply
    expect(error).toBeInstanceOf(Aborted)
    expect(error).toMatchObject({ code: 'aborted', actor: ref.id, method: 'hold', ran: 'unknown' })
    expect(error.cause).toMatchObject({ message: 'enough' })
    const before = await thrown(ref.with({ signal: controller.signal }).ask.note('never'))
    expect(before).toBeInstanceOf(Aborted)
    expect(before.ran).toBe('no')
    await ref.ask.release()
    await ref.ask.note('last')
    expect(await ref.ask.log()).toEqual(['+first', '-first', 'last'])
  })

  test('a deadline may be as long as one likes', async () => {
    const { system } = await stage({ threads, askDeadline: Infinity })
    const ref = await system.spawn(counter, 1)
    expect(await ref.ask.get()).toBe(1)
    expect(await ref.with({ deadline: Infinity }).ask.get()).toBe(1)
    expect(await ref.with({ deadline: 1e12 }).ask.get()).toBe(1)
    const on = await system.spawn(asker)
    expect(await on.ask.ask(ref, 'get', [])).toBe(1)
  })

  test('a signal that many asks share hears of none that has ended', async () => {
    const { system } = the()
    const ref = await system.spawn(counter, 1)
    const { signal } = new AbortController()
    const patient = ref.with({ signal })
    await Promise.all(Array.from({ length: 50 }, () => patient.ask.get()))
    await thrown(patient.ask.withdraw(100))
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('as many arguments as one likes', async () => {
    const ref = await the().system.spawn(asker)
    const many = Array.from({ length: 1_000 }, (_, i) => i)
    await ref.ask.note(...many)
    ref.tell.note()
    ref.tell.note(undefined, null)
    expect(await ref.ask.notes()).toEqual([...many, undefined, null])
  })

  test('with() keeps what an earlier with() said; the limits do not travel with the ref', async () => {
    const { system } = the()
    const ref = await system.spawn(gated)
    const controller = new AbortController()
    const both = ref.with({ deadline: 60_000 }).with({ signal: controller.signal })
    controller.abort()
    expect(await thrown(both.ask.log())).toBeInstanceOf(Aborted)
    const holder = await system.spawn(asker)
    await holder.ask.keep(both)
    expect(await holder.ask.askKept('log')).toEqual([])
  })

  test('lookup finds an actor by behavior and name, until it has stopped', async () => {
    const { system } = the()
    const ref = await system.spawn(counter, 5, { name: 'visits' })
    const again = await system.lookup(counter, 'visits')
    expect(again?.id).toBe(ref.id)
    expect(await again!.ask.get()).toBe(5)
    expect(await system.lookup(counter, 'other')).toBe(undefined)
    expect(await system.lookup(witness, 'visits')).toBe(undefined) // names of other behaviors are others
    await ref.stop()
    expect(await system.lookup(counter, 'visits')).toBe(undefined)
    expect((await system.spawn(counter, 6, { name: 'visits' })).id).not.toBe(ref.id)
  })

  test('a name belongs to one actor: NameTaken, whatever thread the others stand on', async () => {
    const { system } = the()
    const first = await system.spawn(counter, 1, { name: 'it', on: thread(threads) })
    const error = await thrown(system.spawn(counter, 2, { name: 'it', on: thread(0) }))
    expect(error).toBeInstanceOf(NameTaken)
    expect(error.message).toBe(`the name 'it' belongs to ${first.id}; look it up, or choose another`)
    expect((await system.lookup(counter, 'it'))?.id).toBe(first.id)
    const failed = await thrown(system.spawn(faulty, { failIn: 'state' }, { name: 'free' }))
    expect(failed).toBeInstanceOf(SpawnFailed)
    await system.spawn(faulty, { failIn: 'nothing' }, { name: 'free' }) // a failed start gives its name back
  })

  test('names with a slash belong to the behavior they were given for', async () => {
    const { system } = the()
    await system.spawn(counter, 1, { name: 'a/b' })
    const other = { ...counter, name: 'counter/a' }
    expect(await system.lookup(other as typeof counter, 'b')).toBe(undefined)
  })

  test('ready resolves when all that was sent before has been taken in', async () => {
    const { system } = the()
    const ref = await system.spawn(asker)
    for (let i = 0; i < 100; i++) ref.tell.note(i)
    await ref.ready()
    await ref.stop()
    expect(await thrown(ref.ready())).toBeInstanceOf(ActorStopped)
  })

  test('stop ends the actor after its current turn; what waits becomes dead letters and failed asks', async () => {
    const each = the()
    const ref = await each.system.spawn(gated, undefined, { on: thread(threads) })
    const opener = await each.system.spawn(gated, undefined, { on: thread(threads) })
    const current = ref.ask.hold('current')
    await ref.ask.log()
    const waiting = thrown(ref.ask.note('waiting'))
    ref.tell.note('told')
    const stopped = ref.stop()
    await opener.ask.releaseOther(ref.id) // no message reaches the actor any more
    expect(await current).toBe('current')
    const error = await waiting
    expect(error).toBeInstanceOf(ActorStopped)
    expect(error).toMatchObject({ code: 'stopped', actor: ref.id, method: 'note', ran: 'no' })
    await stopped
    expect(await thrown(ref.ask.log())).toBeInstanceOf(ActorStopped)
    await each.until('deadLetter', ({ to, method }) => to === ref.id && method === 'note')
  })

  test('stop({ drain: true }) ends it after its mailbox', async () => {
    const { system } = the()
    const [ref, keeper] = [await system.spawn(asker), await system.spawn(asker)]
    for (let i = 0; i < 50; i++) ref.tell.tell(keeper, 'note', [i])
    const reply = ref.ask.notes()
    await ref.stop({ drain: true })
    expect(await reply).toEqual([])
    const notes = await eventually(
      () => keeper.ask.notes(),
      ({ length }) => length === 50,
    )
    expect(notes).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(await thrown(ref.ask.notes())).toBeInstanceOf(ActorStopped)
    await ref.stop() // of a stopped actor: nothing to do
  })

  test('messages to stopped actors are dead letters, counted by actor, method and reason', async () => {
    const each = the()
    const ref = await each.system.spawn(counter, 0)
    await ref.stop()
    for (let i = 0; i < 1_000; i++) ref.tell.add(1)
    expect(await thrown(ref.ask.get())).toMatchObject({ code: 'stopped', ran: 'no', actor: ref.id, method: 'get' })
    await each.until('deadLetter', ({ to, method }) => to === ref.id && method === 'get')
    expect(each.dead(ref)).toEqual({ 'add stopped': 1_000, 'get stopped': 1 })
    expect(each.of('deadLetter', ref).length).toBeLessThan(20) // alike ones come together
  })

  test('an unknown method: the ask rejects and names those there are; the tell is a dead letter', async () => {
    const each = the()
    const ref = await each.system.spawn(witness)
    const error = await thrown(wild(ref.ask).nope(1))
    expect(error).toBeInstanceOf(UnknownMethod)
    expect(error).toMatchObject({ code: 'unknown-method', actor: ref.id, method: 'nope', ran: 'no' })
    expect(error.message).toBe(`${ref.id} has no method 'nope'; it has: who, heard, whoAfterAwait, callBack`)
    wild(ref.tell).toString()
    wild(ref.tell).hasOwnProperty('x')
    await each.until('deadLetter', ({ method }) => method === 'hasOwnProperty')
    expect(each.dead(ref)).toEqual({ 'nope unknown': 1, 'toString unknown': 1, 'hasOwnProperty unknown': 1 })
  })

  test('a Refusal rejects the ask, with its data, and harms nobody; what had changed stays', async () => {
    const { system } = the()
    const ref = await system.spawn(counter, 5)
    const error = await thrown(ref.ask.withdraw(8))
    expect(Insufficient.is(error)).toBe(true)
    expect(error).toBeInstanceOf(Refusal)
    expect(error).toBeInstanceOf(TroupeError)
    expect(error).toMatchObject({ code: 'insufficient-funds', actor: ref.id, method: 'withdraw', ran: 'yes' })
    expect(error.data).toEqual({ missing: 3 })
    const changed = await thrown(ref.ask.changeAndRefuse())
    expect(changed.data).toEqual(new Map([['at', new Date(7)]]))
    expect(Insufficient.is(changed)).toBe(false)
    expect(await ref.ask.get()).toBe(6)
    ref.tell.withdraw(100) // told, nobody hears
    expect(await ref.ask.get()).toBe(6)
    expect(await thrown(ref.ask.refuseOddly())).toMatchObject({ code: 'not-sendable', path: '.fn', ran: 'yes' })
    expect(await ref.ask.get()).toBe(6)
    expect(the().of('fault', ref)).toEqual([])
  })

  test('a Refusal that a handler lets through keeps the actor that said no', async () => {
    const { system } = the()
    const [ref, between] = [await system.spawn(counter, 5), await system.spawn(asker)]
    const error = await thrown(between.ask.ask(ref, 'withdraw', [8]))
    expect(Insufficient.is(error)).toBe(true)
    expect(error).toMatchObject({ actor: ref.id, method: 'withdraw', ran: 'yes', data: { missing: 3 } })
    expect(the().of('fault', ref)).toEqual([])
  })

  test('any other throw is a fault: class, code, ran and cause reach the asker', async () => {
    const each = the()
    const ref = await each.system.spawn(counter, 5)
    const error = await thrown(ref.ask.fail('oh'))
    expect(error).toBeInstanceOf(ActorFault)
    expect(error).toMatchObject({ name: 'ActorFault', code: 'fault', actor: ref.id, method: 'fail', ran: 'yes' })
    expect(error.message).toBe(`${ref.id}.fail threw: oh`)
    expect(error.cause).toBeInstanceOf(Error)
    expect(error.cause).toMatchObject({ message: 'oh', code: 'E_ODD' })
    expect(error.cause.cause).toBeInstanceOf(RangeError)
    expect(error.cause.cause.message).toBe('too far')
    const fault = await each.until('fault', ({ actor }) => actor === ref.id)
    expect(fault).toMatchObject({ actor: ref.id, method: 'fail', decision: 'restart' })
    expect(fault.error).toMatchObject({ message: 'oh', code: 'E_ODD' })
  })

  test.each(['a function', 'undefined', 'an object'])('a handler may throw %s', async what => {
    const each = the()
    const ref = await each.system.spawn(counter, 5)
    const error = await thrown(ref.ask.failWith(what))
    expect(error).toBeInstanceOf(ActorFault)
    expect(error).toMatchObject({ actor: ref.id, method: 'failWith', ran: 'yes' })
    await each.until('restarted', ({ actor }) => actor === ref.id)
    expect(await ref.ask.get()).toBe(5)
  })

  test('a ref of another system is refused, as an argument, in a reply and in an init', async () => {
    const [one, two] = [await stage({ threads }), await stage({ threads })]
    const foreign: AnyRef = await two.system.spawn(counter, 1)
    const ref = await one.system.spawn(asker)
    for (const attempt of [() => ref.tell.note({ foreign }), () => ref.ask.note(foreign, 1)]) {
      const error = await thrown(attempt)
      expect(error).toBeInstanceOf(NotSendable)
      expect(error.what).toBe('a ref of another system')
    }
    expect(await thrown(one.system.spawn(faulty, wild({ failIn: 'nothing', foreign })))).toMatchObject({
      path: '.foreign',
      what: 'a ref of another system',
    })
    expect(await ref.ask.notes()).toEqual([])
  })

  test('two systems in one process know nothing of each other', async () => {
    const [one, two] = [await stage({ threads }), await stage({ threads })]
    const mine = await one.system.spawn(counter, 1, { name: 'it' })
    const other = await two.system.spawn(counter, 2, { name: 'it' })
    expect(await (await one.system.lookup(counter, 'it'))!.ask.get()).toBe(1)
    expect(await (await two.system.lookup(counter, 'it'))!.ask.get()).toBe(2)
    await thrown(other.ask.fail('x'))
    await two.until('restarted')
    expect(one.events.fault).toEqual([])
    await one.system.close()
    expect(await other.ask.get()).toBe(2)
    expect(await thrown(mine.ask.get())).toBeInstanceOf(TroupeError)
  })

  test('placement: thread(n), and what there is not is refused', async () => {
    const { system } = the()
    for (let n = 0; n <= threads; n++) {
      expect((await system.spawn(counter, 0, { on: thread(n) })).id).toMatch(new RegExp(`^counter#${n}\\.`))
    }
    const error = await thrown(system.spawn(counter, 0, { on: thread(threads + 1) }))
    expect(error).toBeInstanceOf(InvalidCall)
    expect(error.message).toBe(`spawn: there is no thread ${threads + 1}; this system has threads 0 to ${threads}`)
  })
})
