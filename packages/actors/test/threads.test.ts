// Section 3 of the design: where actors stand, what crosses threads and in which order, and what a lost thread leaves.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ActorStopped, type AnyRef, type Ref, SystemClosed, thread, ThreadLost, TroupeError } from '@troupe/actors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asker, counter } from './fixtures/actors.ts'
import { host, marker, mortal, store, user } from './fixtures/travellers.ts'
import { eventually, onBoth, type Stage, stage, thrown } from './fixtures/stage.ts'

const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
afterAll(() => rmSync(folder, { recursive: true }))
const homeOf = (ref: AnyRef) => Number(/#(\d+)\./.exec(ref.id)![1])

onBoth((the, threads) => {
  const far = { on: thread(threads) }

  test('a child stands beside its parent unless told otherwise', async () => {
    const { system } = the()
    for (let on = 0; on <= threads; on++) {
      const by = await system.spawn(host, undefined, { on: thread(on) })
      expect(homeOf(await by.ask.child())).toBe(on)
      expect(homeOf(await by.ask.namedChild(`child-${on}`))).toBe(on)
    }
  })

  test('messages that overtake a spawn wait for its start', async () => {
    const { system } = the()
    const [by, third] = [
      await system.spawn(host, undefined, far),
      await system.spawn(user, undefined, { on: thread(0) }),
    ]
    for (let i = 0; i < 100; i++) {
      const on = i % (threads + 1)
      expect(await by.ask.handOut(on, third, i)).toBe(1)
    }
    expect(the().of('fault', by)).toEqual([])
  })

  test('frames larger than a lane keep their place among small ones', async () => {
    const { system } = the()
    const ref = await system.spawn(store, undefined, far)
    const large = 'x'.repeat(10_000_000)
    const expected: number[] = []
    for (let i = 0; i < 50; i++) {
      const isLarge = i === 20
      ref.tell.put(isLarge ? large : i)
      expected.push(isLarge ? large.length : i)
    }
    expect(await ref.ask.values()).toEqual(expected)
  })

  test('arguments and replies of 10 MB', async () => {
    const ref = await the().system.spawn(store, undefined, far)
    const bytes = await ref.ask.make(10_000_000)
    expect(bytes.length).toBe(10_000_000)
    expect(bytes[9_999_999]).toBe(7)
    const back = (await ref.ask.echo({ bytes })) as { bytes: Uint8Array }
    expect(Buffer.compare(back.bytes, bytes)).toBe(0)
  })
})

describe('placement', () => {
  test('actors go to the least loaded thread; the calling one hosts none by itself', async () => {
    const { system } = await stage({ threads: 2 })
    const refs = await Promise.all(Array.from({ length: 10 }, () => system.spawn(counter, 0)))
    expect(refs.filter(ref => homeOf(ref) === 1)).toHaveLength(5)
    expect(refs.filter(ref => homeOf(ref) === 2)).toHaveLength(5)
    await Promise.all(refs.filter(ref => homeOf(ref) === 1).map(ref => ref.stop()))
    for (let i = 0; i < 4; i++) expect(homeOf(await system.spawn(counter, 0))).toBe(1)
  })
})

test('a lane opens with the first thread blocked: it needs nobody but its two ends', async () => {
  const { system } = await stage({ threads: 2 })
  const [one, two] = [
    await system.spawn(marker, undefined, { on: thread(1) }),
    await system.spawn(store, undefined, { on: thread(2) }),
  ]
  const file = join(folder, 'answered')
  one.tell.markWhenAnswered(two, file)
  // the frame leaves with the microtask; then this thread does nothing but look for the file
  await Promise.resolve()
  await Promise.resolve()
  const nothing = new Int32Array(new SharedArrayBuffer(4))
  for (let looks = 0; looks < 5_000 && !(existsSync(file) && readFileSync(file, 'utf8') !== ''); looks++) {
    Atomics.wait(nothing, 0, 0, 1)
  }
  expect(readFileSync(file, 'utf8')).toBe('1')
})

describe.each([
  ['process.exit in a handler', 'exit'],
  ['an error thrown in a timer’s callback', 'throwInTimer'],
] as const)('a thread lost by %s, for good', (_what, how) => {
  let own: Stage
  let [ref, beside, other]: [Ref<typeof mortal>?, Ref<typeof store>?, Ref<typeof store>?] = []
  let pending: Promise<TroupeError>[]

  beforeAll(async () => {
    own = await stageToKeep()
    const { system } = own
    ref = await system.spawn(mortal, undefined, { on: thread(1) })
    beside = await system.spawn(store, undefined, { on: thread(1), name: 'beside' })
    other = await system.spawn(store, undefined, { on: thread(2) })
    const by = await system.spawn(asker, undefined, { on: thread(2) })
    await other.ask.watch(beside)
    const another = await system.spawn(mortal, undefined, { on: thread(1) })
    const files = [`${how}-one`, `${how}-two`] as const
    pending = [
      thrown(ref.ask.wait(join(folder, files[0]))),
      thrown(by.ask.ask(another, 'wait', [join(folder, files[1])])),
    ]
    for (const file of files) await begun(file)
    pending.push(thrown(ref.ask[how]()))
    await own.until('threadLost')
  })
  afterAll(() => own.system.close())

  test('is an event that names it', () => {
    expect(own.events.threadLost).toHaveLength(1)
    expect(own.events.threadLost[0]).toMatchObject({ thread: 1, error: expect.any(Error) })
  })

  test('asks that wait for it are rejected, from every thread', async () => {
    const [waiting, acrossThreads, last] = await Promise.all(pending)
    for (const error of [waiting, last]) {
      expect(error).toBeInstanceOf(ThreadLost)
      expect(error).toMatchObject({ code: 'thread-lost', actor: ref!.id, ran: 'unknown' })
    }
    expect(acrossThreads!.cause).toMatchObject({ code: 'thread-lost', method: 'wait', ran: 'unknown' })
  })

  test('watchers are told `lost`, also those that watch only afterwards', async () => {
    const line = `${beside!.id} lost: thread 1 has ended`
    await eventually(
      () => other!.ask.heard(),
      heard => heard.length === 1,
    )
    await other!.ask.watch(beside!)
    await eventually(
      () => other!.ask.heard(),
      heard => heard.length === 2,
    )
    expect(await other!.ask.heard()).toEqual([line, line])
  })

  test('later asks fail at once, later tells are dead letters', async () => {
    const error = await thrown(beside!.ask.size())
    expect(error).toBeInstanceOf(ThreadLost)
    expect(error).toMatchObject({ actor: beside!.id, method: 'size', ran: 'no' })
    beside!.tell.put(1)
    await own.until('deadLetter', ({ method, reason }) => method === 'put' && reason === 'lost')
    expect(await thrown(beside!.ready())).toBeInstanceOf(TroupeError)
    await beside!.stop() // it has stopped already
  })

  test('its names are free; nothing is placed there', async () => {
    const { system } = own
    expect(await system.lookup(store, 'beside')).toBe(undefined)
    expect(homeOf(await system.spawn(store, undefined, { name: 'beside' }))).toBe(2)
    expect(homeOf(await system.spawn(store))).toBe(2)
    expect(await thrown(system.spawn(store, undefined, { on: thread(1) }))).toBeInstanceOf(ThreadLost)
    expect(await other!.ask.put(1)).toBe(1)
    expect(own.events.threadReplaced).toEqual([])
  })
})

test('frames that nobody will read any more are dead letters', async () => {
  const own = await stage({ threads: 1, replaceThreads: false })
  const ref = await own.system.spawn(mortal)
  const other = await own.system.spawn(store)
  const file = join(folder, 'go')
  ref.tell.block(file)
  await begun('go')
  ref.tell.exit() // behind it, what will not be read
  for (let i = 0; i < 500; i++) other.tell.put('x'.repeat(2_000))
  const asked = thrown(other.ask.size())
  writeFileSync(file, '')
  await own.until('threadLost')
  expect(await asked).toBeInstanceOf(ThreadLost)
  const all = () => Object.values(own.dead(other)).reduce((sum, count) => sum + count, 0)
  expect(all()).toBeLessThanOrEqual(501)
})

test('an actor whose spawn was lost with its thread is stopped, for those that were told of it before', async () => {
  const own = await stage({ threads: 3 })
  const { system } = own
  const by = await system.spawn(host, undefined, { on: thread(1) })
  const third = await system.spawn(user, undefined, { on: thread(3) })
  by.tell.handOutAndDie(2, third)
  await own.until('threadLost')
  // the ref may have gone down with the thread too: then there is nothing to see
  const kept = await third.ask.hasKept()
  const error = kept ? await thrown(third.ask.askKept()) : undefined
  expect([undefined, 'stopped', 'fault']).toContain(error?.code)
  if (kept) expect(error.cause).toBeInstanceOf(ActorStopped)
})

test('on host threads that are blocked for good, close() ends all the same', { timeout: 20_000 }, async () => {
  const own = await stage({ threads: 1 })
  const ref = await own.system.spawn(mortal)
  const reply = thrown(ref.with({ deadline: 60_000 }).ask.block(join(folder, 'never')))
  await begun('never')
  await own.system.close()
  expect(await reply).toBeInstanceOf(SystemClosed)
  expect(await ref.stop()).toBe(undefined)
  expect(await thrown(ref.ask.fine())).toBeInstanceOf(SystemClosed)
})

/** Waits until a thread has been blocked. */
const begun = (name: string) =>
  eventually(
    async () => existsSync(join(folder, `${name}.begun`)),
    yes => yes,
  )

/** One that outlives its first test. */
async function stageToKeep(): Promise<Stage> {
  const { createSystem } = await import('@troupe/actors')
  const { Stage } = await import('./fixtures/stage.ts')
  return new Stage(await createSystem({ threads: 2, replaceThreads: false }))
}
