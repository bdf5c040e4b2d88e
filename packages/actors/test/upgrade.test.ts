// New code for a running system: its actors go on, with their state, mailboxes, timers, watches, names and channels.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ActorStopped, type AnyRef, type Behavior, MoveFailed, type Ref, thread, UpgradeFailed } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { eventually, placements, stage, thrown } from './fixtures/stage.ts'
import { counted, counter, deaf, ledger, maker, polite, source } from './fixtures/upgrade/counter-1.ts'
import type { counter as counter2 } from './fixtures/upgrade/counter-2.ts'

const version = (name: string | number) => new URL(`./fixtures/upgrade/counter-${name}.ts`, import.meta.url)
const newer = (ref: AnyRef) => ref as Ref<typeof counter2>
/** Reads what an actor has in the way only its second version has. */
const adds = (ref: AnyRef) => newer(ref).ask.adds()

test(
  'ten thousand counters are upgraded under load: no message is lost, and no ask fails',
  { timeout: 60_000 },
  async () => {
    const { system, events } = await stage({ threads: 2 })
    const COUNT = 10_000
    const refs = await Promise.all(
      Array.from({ length: COUNT }, (_, i) => system.spawn(counter, 0, i % 100 === 0 ? { on: thread(0) } : {})),
    )
    const sent = new Array<number>(COUNT).fill(0)
    let going = true
    const sender = async (from: number): Promise<void> => {
      for (let i = from; going; i = (i + 7) % COUNT) {
        refs[i]!.tell.add(1)
        await refs[i]!.ask.add(1)
        sent[i]! += 2
      }
    }
    const senders = Array.from({ length: 32 }, (_, i) => sender(i * 311))
    const upgraded = await system.upgrade(version(2))
    expect(upgraded).toEqual({
      behaviors: [
        { name: 'counter', from: 1, to: 2 },
        { name: 'ledger', from: undefined, to: 2 },
      ],
      actors: COUNT,
    })
    going = false
    await Promise.all(senders)
    expect(await Promise.all(refs.map(ref => ref.ask.get()))).toEqual(sent)
    await Promise.all(refs.map(adds))
    expect([events.deadLetter, events.fault, events.threadLost]).toEqual([[], [], []])
  },
)

describe.each(placements)('$name', ({ threads }) => {
  test('old refs reach new handlers; and whoever spawns, spawns the newest', async () => {
    const { system } = await stage({ threads })
    const ref = await system.spawn(counter, 3)
    const made = await system.spawn(maker)
    const before = await made.ask.make(1)
    await system.upgrade(version(2))
    await ref.ask.add(2)
    expect([await ref.ask.get(), await adds(ref)]).toEqual([5, 1])
    expect([await before.ask.get(), await adds(before)]).toEqual([1, 0])
    const here = await system.spawn(counter, 7)
    const there = await made.ask.make(8)
    expect([await here.ask.get(), await adds(here), await there.ask.get(), await adds(there)]).toEqual([7, 0, 8, 0])
  })

  test('timers, watches, children and names go along', async () => {
    const { system } = await stage({ threads })
    const watched = await system.spawn(counter, 0)
    const ref = await system.spawn(counter, 0, { name: 'the' })
    const parent = await system.spawn(maker)
    const child = await parent.ask.make(2)
    await ref.ask.watch(watched)
    await ref.ask.every(20)
    await system.upgrade(version(2))
    const found = await system.lookup(counter, 'the')
    expect(found?.id).toBe(ref.id)
    await watched.stop()
    const heard = await eventually(
      () => ref.ask.heard(),
      all => all.includes('stopped 2') && all.includes('tick 2'),
    )
    expect(heard.filter(one => one === 'stopped 2' || one === 'upgraded from 1')).toEqual([
      'upgraded from 1',
      'stopped 2',
    ])
    expect(heard.lastIndexOf('tick 1')).toBeLessThan(heard.indexOf('upgraded from 1'))
    await parent.stop()
    expect(await thrown(child.ask.get())).toBeInstanceOf(ActorStopped)
    await ref.stop()
    expect(await system.lookup(counter, 'the')).toBeUndefined()
  })

  test('a wrapped behavior gets the newer one inside', async () => {
    const { system } = await stage({ threads })
    const ref = await system.spawn(counted(counter), 4)
    await ref.ask.add(1)
    await system.upgrade(version(2))
    expect([await ref.ask.get(), await ref.ask.calls()]).toEqual([5, 2])
    expect(await adds(ref)).toBe(0)
    const next = await system.spawn(counted(counter), 9)
    expect([await next.ask.get(), await adds(next), await next.ask.calls()]).toEqual([9, 0, 2])
  })

  test('the turn that is open ends before', async () => {
    const { system } = await stage({ threads })
    const ref = await system.spawn(counter, 6)
    const slow = ref.ask.slow()
    await system.upgrade(version(2))
    expect(await slow).toBe(6)
    expect(await adds(ref)).toBe(0)
  })

  test('one that refuses its old state stays as it was, and ends the upgrade; another goes on from there', async () => {
    const { system } = await stage({ threads })
    const good = await system.spawn(counter, 1)
    const bad = await system.spawn(counter, -5)
    const error = await thrown<UpgradeFailed>(system.upgrade(version(2)))
    expect(error).toBeInstanceOf(UpgradeFailed)
    expect(error.message).toMatch(
      /^upgrade: stopped at thread \d: counter#\S+ stays where it is: upgrade\(1, …\) threw: .*below zero/,
    )
    expect(error.cause).toBeInstanceOf(MoveFailed)
    expect(error.cause).toMatchObject({ why: 'upgrade', actor: bad.id })
    expect(await bad.ask.add(1)).toBe(-4)
    expect(await good.ask.add(1)).toBe(2)
    expect(await system.upgrade(version(3))).toMatchObject({ behaviors: [{ name: 'counter', to: 3 }] })
    for (const [ref, sum] of [
      [good, 2],
      [bad, -4],
    ] as const) {
      expect([await ref.ask.get(), await version3(ref)]).toEqual([sum, 3])
    }
  })

  test.each([
    ['plain', `version 2 of 'counter' has no upgrade\\(fromVersion, old\\)`],
    ['mute', `version 2 of 'counter' has no handler 'tick', which a timer or a watch of it calls`],
  ])('an upgrade to counter-%s fails, and says why', async (name, why) => {
    const { system } = await stage({ threads })
    const ref = await system.spawn(counter, 1)
    await ref.ask.every(60_000)
    expect((await thrown<Error>(system.upgrade(version(name)))).message).toMatch(new RegExp(why))
    expect(await ref.ask.add(1)).toBe(2)
  })

  test('several upgrades, at once and one after the other', { timeout: 30_000 }, async () => {
    const { system } = await stage({ threads })
    const ref = await system.spawn(counter, 1)
    await Promise.all([system.upgrade(version(2)), system.upgrade(version(3))])
    // the same code again: actors move to fresh threads, and keep their state
    for (let round = 0; round < 3; round++) await system.upgrade(version(3))
    expect([await ref.ask.get(), await version3(ref)]).toEqual([1, 3])
    expect(await thrown(system.upgrade(version(2)))).toMatchObject({
      code: 'invalid-call',
      message: `upgrade: 'counter' is version 2 in the new module, and 3 has been there: give it a higher version`,
    })
  })
})
const version3 = (ref: AnyRef) => (ref as Ref<{ version: () => number }>).ask.version()

test('what is no newer code is refused', async () => {
  const { system } = await stage({ threads: 1 })
  await system.spawn(counter, 1)
  const refused = async (module: unknown, options?: object) =>
    (await thrown<Error>(() => system.upgrade(module as URL, options))).message
  expect(await refused(version('other'))).toBe(
    `upgrade: 'counter' has other handlers in the new module than before, and the same version 1: give it a higher one`,
  )
  expect(await refused(new URL('./fixtures/stage.ts', import.meta.url))).toMatch(
    /stage\.ts makes no behavior at module level$/,
  )
  expect(await refused(new URL('./nowhere.ts', import.meta.url))).toMatch(
    /^upgrade: .*nowhere\.ts cannot be loaded: Error/,
  )
  expect(await refused('counter-2')).toMatch(/^upgrade: the string 'counter-2' is no URL of a module/)
  expect(await refused(version(2), { deadlines: 3 })).toBe(
    `upgrade: there is no 'deadlines'; there are deadline, goroutines`,
  )
  expect(await refused(version(2), { deadline: -1 })).toMatch(/^upgrade: deadline is -1/)
})

test('code that cannot be loaded on other threads changes nothing', async () => {
  const { system, events } = await stage({ threads: 2 })
  const ref = await system.spawn(counter, 1)
  Object.assign(globalThis, { isFirst: true })
  const error = await thrown<Error>(system.upgrade(version('broken')))
  expect(error).toBeInstanceOf(UpgradeFailed)
  expect(error.message).toMatch(/^upgrade: stopped at thread 1: .*counter-broken\.ts.*not on this thread/)
  expect(await ref.ask.add(1)).toBe(2)
  expect(await (await system.spawn(counter, 5)).ask.slow()).toBe(5)
  expect([events.threadLost, events.threadReplaced]).toEqual([[], []])
})

test('goroutines are told, and stopped when they go on for too long', async () => {
  const { system } = await stage({ threads: 1 })
  const on = { on: thread(1) }
  const heeds = system.go(polite(), on)
  const goesOn = system.go(deaf(), on)
  const ended = thrown(goesOn.done)
  await system.upgrade(version(2), { goroutines: 100 })
  expect(await heeds.done).toBeGreaterThan(0)
  expect(await ended).toBeInstanceOf(ActorStopped)
})

test('channels outlive the threads that they were made on', async () => {
  const { system } = await stage({ threads: 2 })
  const channel = system.channel<number>({ capacity: 4 })
  const emitter = await system.spawn(source, channel.sender, { on: thread(1) })
  const got: unknown[] = []
  const take = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      emitter.tell.emit()
      got.push((await channel.receiver.receive()).value)
    }
  }
  await take(100)
  for (let round = 0; round < 3; round++) {
    const upgraded = system.upgrade(version(2))
    await take(100)
    await upgraded
    await take(100)
  }
  expect(got).toEqual(Array.from({ length: 700 }, (_, n) => n))
})

test('a file that changes by itself changes nothing: a thread that begins later says why it does not run it', async () => {
  const folder = mkdtempSync(join(import.meta.dirname, '.upgrade-'))
  try {
    const file = join(folder, 'clock.ts')
    const text = (version: number, more: string) => `
      import { behavior } from '@troupe/actors'
      export const clock = behavior(import.meta, {
        name: 'clock', version: ${version}, state: () => 0,
        handlers: { exit: () => void process.exit(3), ${more} },
      })`
    writeFileSync(file, text(1, ''))
    const { clock } = (await import(pathToFileURL(file).href)) as { clock: Behavior<[], number, { exit: () => void }> }
    for (const [changed, why] of [
      [text(2, ''), `'clock' in ${file} is version 2, and version 1 on other threads: the file has changed`],
      [text(1, 'late: () => 0'), `'clock' in ${file} has late besides, though its version is 1 as on other threads`],
    ] as const) {
      const on = await stage({ threads: 1 })
      writeFileSync(file, text(1, ''))
      const ref = await on.system.spawn(clock)
      writeFileSync(file, changed)
      ref.tell.exit()
      const { actor, error } = await on.until('fault')
      expect([actor, (error as Error).message]).toEqual([ref.id, expect.stringContaining(why)])
      expect((await thrown<Error>(on.system.spawn(clock))).message).toContain(why)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a thread that is lost later comes back with the newer code; checkpoints are upgraded', async () => {
  const on = await stage({ threads: 1 })
  const { system } = on
  const kept = await system.spawn(ledger)
  await kept.ask.add(3)
  await system.upgrade(version(2))
  await kept.ask.add(4)
  const ref = await system.spawn(counter, 1)
  ref.tell.exit()
  await on.until('threadLost')
  expect(await kept.with({ deadline: 20_000 }).ask.get()).toBe(7)
  const next = await system.spawn(counter, 1)
  expect(await adds(next)).toBe(0)
})
