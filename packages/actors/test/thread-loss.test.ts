// Threads that crash, loop or hang: what is told of them, and that others take their places.
import { type AnyRef, createSystem, InvalidCall, thread, ThreadLost } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { compute, type Deed, sleeper, spinner, villain, worker } from './fixtures/losses.ts'
import { program } from './fixtures/program.ts'
import { stage, thrown } from './fixtures/stage.ts'

const SOON = { blockedAfter: 200, endBlockedAfter: 1_000 }
const homeOf = (ref: AnyRef) => Number(/#(\d+)\./.exec(ref.id)![1])

describe.each<[Deed, string | undefined]>([
  ['exit', undefined],
  ['throwOutside', undefined],
  ['loop', 'loop'],
  ['loopLater', ''],
  ['wait', 'wait'],
  ['backtrack', 'backtrack'],
])('a thread that is lost by %s', (deed, blockedIn) => {
  test('is told of, and replaced; the others go on', async () => {
    const on = await stage({ threads: 2, ...SOON })
    const { system } = on
    const ref = await system.spawn(villain, undefined, { on: thread(1) })
    const other = await system.spawn(villain, undefined, { on: thread(2) })
    const asked = thrown(ref.with({ deadline: 60_000 }).ask[deed]())
    if (blockedIn !== undefined) {
      const blocked = await on.until('threadBlocked')
      const where = blockedIn === '' ? { actor: undefined, method: undefined } : { actor: ref.id, method: blockedIn }
      expect(blocked).toEqual({ thread: 1, ms: expect.any(Number), ...where })
      expect(blocked.ms).toBeGreaterThanOrEqual(SOON.blockedAfter)
    }
    expect(await other.ask.fine()).toBe('fine')
    const { error } = await on.until('threadLost')
    const why = blockedIn === undefined ? /^worker exited with code: 3$|^thrown outside$/ : /^it was blocked for \d+ ms/
    expect((error as Error).message).toMatch(why)
    if (blockedIn) expect((error as Error).message).toContain(` in ${ref.id}.${blockedIn} and ended; `)
    expect(await asked).toBeInstanceOf(ThreadLost)
    expect(await asked).toMatchObject({
      actor: ref.id,
      method: deed,
      ran: 'unknown',
      cause: { message: (error as Error).message },
    })
    expect(await on.until('threadReplaced')).toEqual({ thread: 1, by: 3 })
    const next = await system.spawn(villain, undefined, { on: thread(1) })
    expect([homeOf(next), await next.ask.fine(), await other.ask.fine()]).toEqual([3, 'fine', 'fine'])
    for (const kind of ['threadLost', 'threadReplaced'] as const) expect(on.events[kind]).toHaveLength(1)
  })
})

describe('what is blocked without a message is named too', () => {
  test.each(['state', 'started', 'stopping'] as const)('%s', async where => {
    const on = await stage({ threads: 1, blockedAfter: 200, endBlockedAfter: 400 })
    const spawned = on.system.spawn(sleeper, where)
    spawned.then(ref => ref.stop()).catch(() => {})
    const { actor, method } = await on.until('threadBlocked')
    expect([actor, method]).toEqual([expect.stringMatching(/^sleeper#1\./), where])
    if (where !== 'stopping') expect(await thrown(spawned)).toBeInstanceOf(ThreadLost)
    await on.until('threadReplaced')
  })

  test('a goroutine', async () => {
    const on = await stage({ threads: 1, blockedAfter: 200, endBlockedAfter: 400 })
    const task = on.system.go(spinner())
    expect(await on.until('threadBlocked')).toMatchObject({ actor: task.id, method: 'body' })
    expect(await thrown(task.done)).toBeInstanceOf(ThreadLost)
  })
})

describe('no false alarm', () => {
  test('threads that are busy all the time, more of them than there are processors', { timeout: 60_000 }, async () => {
    const on = await stage({ threads: 4, blockedAfter: 1_000, endBlockedAfter: 2_000 })
    const { system } = on
    const workers = await Promise.all(Array.from({ length: 12 }, () => system.spawn(worker)))
    for (const ref of workers) ref.tell.work()
    const here = await system.spawn(villain, undefined, { on: thread(0) })
    for (const end = performance.now() + 3_000; performance.now() < end;) await here.ask.compute(50)
    for (const ref of workers) expect(await ref.with({ deadline: 60_000 }).ask.count()).toBeGreaterThan(0)
    expect([on.events.threadBlocked, on.events.threadLost]).toEqual([[], []])
  })

  test('a thread that is blocked for a while is told of, and goes on', async () => {
    const on = await stage({ threads: 1, blockedAfter: 200, endBlockedAfter: 0 })
    const ref = await on.system.spawn(villain)
    // as long as it takes until somebody watches
    while (on.events.threadBlocked.length === 0) await ref.with({ deadline: 60_000 }).ask.compute(500)
    expect(on.events.threadBlocked[0]).toMatchObject({ thread: 1, actor: ref.id, method: 'compute' })
    expect(await ref.ask.fine()).toBe('fine')
    expect(on.events.threadLost).toEqual([])
  })

  test('threads with nothing to do', async () => {
    const on = await stage({ threads: 2, blockedAfter: 800, endBlockedAfter: 1_600 })
    const ref = await on.system.spawn(villain)
    // it is watched after half a second, asked a second later, and would be lost 1,600 ms later
    await new Promise(done => setTimeout(done, 3_500))
    expect(await ref.ask.fine()).toBe('fine')
    expect([on.events.threadBlocked, on.events.threadLost]).toEqual([[], []])
  })
})

describe('the first thread', () => {
  test('is told to have been blocked, by whom, once it goes on; it is not ended, and nobody else is', async () => {
    const on = await stage({ threads: 1, blockedAfter: 200, endBlockedAfter: 400 })
    const { system } = on
    const ref = await system.spawn(villain)
    const here = await system.spawn(villain, undefined, { on: thread(0) })
    // as long as it takes until somebody watches; whose timer gets its turn in between
    while (on.events.threadBlocked.length === 0) {
      await here.with({ deadline: 60_000 }).ask.compute(600)
      await new Promise(setImmediate)
    }
    const [blocked] = on.events.threadBlocked
    expect(blocked).toMatchObject({ thread: 0, actor: here.id, method: 'compute' })
    await new Promise(done => setTimeout(done, 100))
    // one that may be asleep is asked after a second; then its time counts
    compute(2_500)
    const whole = await on.until('threadBlocked', ({ actor }) => actor === undefined)
    expect(whole).toMatchObject({ thread: 0, method: undefined })
    expect(whole.ms).toBeGreaterThan(1_000)
    expect(await ref.ask.fine()).toBe('fine')
    expect(on.events.threadLost).toEqual([])
  })
})

describe('while a thread is replaced', () => {
  test('spawns wait for the successor, placed there or anywhere', async () => {
    const on = await stage({ threads: 1, ...SOON })
    const { system } = on
    const ref = await system.spawn(villain)
    for (let life = 1; life <= 4; life++) {
      const victim = life === 1 ? ref : await system.spawn(villain)
      expect(await thrown(victim.ask.exit())).toBeInstanceOf(ThreadLost)
      const [there, anywhere] = await Promise.all([
        system.spawn(villain, undefined, { on: thread(1) }),
        system.spawn(villain),
      ])
      expect([there, anywhere].map(homeOf)).toEqual([life + 1, life + 1])
      expect(await anywhere.ask.fine()).toBe('fine')
    }
    expect(on.events.threadReplaced.map(({ by }) => by)).toEqual([2, 3, 4, 5])
    await system.close()
    expect(on.events.unhandledRejection).toEqual([])
  })

  test('they wait no longer than an ask would', async () => {
    const on = await stage({ threads: 1, askDeadline: 20 })
    const { system } = on
    // each loss makes the next one take longer
    for (let life = 1; life <= 3; life++) {
      const victim = await eventuallySpawned(system)
      await thrown(victim.with({ deadline: 60_000 }).ask.exit())
      await on.until('threadLost', lost => lost.thread === life)
    }
    expect(await thrown(system.spawn(villain))).toMatchObject({ code: 'thread-lost', ran: 'no' })
    expect(homeOf(await eventuallySpawned(system))).toBe(4)
  })

  test('close() ends at any moment of it', { timeout: 60_000 }, async () => {
    for (let moment = 0; moment < 6; moment++) {
      const on = await stage({ threads: 2, blockedAfter: 0, endBlockedAfter: 0 })
      const victims = await Promise.all([1, 2].map(n => on.system.spawn(villain, undefined, { on: thread(n) })))
      const lost = victims.map(ref => thrown(ref.ask.exit()))
      if (moment > 0) await Promise.all(lost)
      await new Promise(done => setTimeout(done, moment * 24))
      const waiting = on.system
        .spawn(villain, undefined, { on: thread(1) })
        .catch((error: { code: string }) => error.code)
      await on.system.close()
      for (const error of await Promise.all(lost))
        expect(['thread-lost', 'system-closed', 'stopped']).toContain(error.code)
      const end = await waiting
      if (typeof end === 'string') expect(['thread-lost', 'system-closed', 'stopped']).toContain(end)
    }
  })
})

// most of their time they wait, so they do that together
describe.concurrent('in a process of its own', { timeout: 40_000 }, () => {
  test('losses in a row leave nothing behind', async () => {
    const { code, stdout, stderr } = await program('losses')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const { lost, replaced, grown, resources } = JSON.parse(stdout) as Record<string, number>
    expect([lost, replaced, resources]).toEqual([21, 21, 0])
    expect(grown).toBeLessThan(60) // MB: 21 threads that stay would be more than 100
  })

  test('a thread in a native call is given up: its place is taken, and close() does not wait for it', async () => {
    const { code, stdout } = await program('stuck')
    const lines = stdout.trim().split('\n')
    expect(lines).toEqual(['threadBlocked 1', 'threadLost 1', 'threadReplaced 1 2', 'fine', 'threadStuck 1', 'closed'])
    expect(code).toBe(0)
  })

  test('a thread is not lost while an open inspector may hold it, and is when that has been closed', async () => {
    const { code, stdout } = await program('inspected')
    expect(stdout.trim().split('\n')).toEqual(['still there', 'threadBlocked 1', 'threadLost 1', 'closed'])
    expect(code).toBe(0)
  })

  test('a thread with a full heap is told of, and takes no new actors', async () => {
    const { code, stdout } = await program('full')
    expect(stdout).toMatch(/^full 1 0\.\d+\nplaced 2 2 2 2\nclosed\n$/)
    expect(code).toBe(0)
  })
})

test('options that make no sense are refused', async () => {
  for (const options of [
    { replaceThreads: 1 },
    { endWhileInspected: 'no' },
    { blockedAfter: -1 },
    { blockedAfter: '1' },
    { endBlockedAfter: Number.NaN },
  ]) {
    const error = await thrown(createSystem(options as never))
    expect(error).toBeInstanceOf(InvalidCall)
    expect(error.message).toContain(`createSystem: ${Object.keys(options)[0]} is `)
  }
})

/** Spawns as soon as there is a thread for it. */
async function eventuallySpawned(system: Awaited<ReturnType<typeof createSystem>>) {
  for (;;) {
    try {
      return await system.spawn(villain)
    } catch (error) {
      if (!(error instanceof ThreadLost)) throw error
    }
  }
}
