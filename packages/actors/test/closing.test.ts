// close(): the order in which things end, what is rejected, and what can still be called afterwards.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ActorStopped, createSystem, SystemClosed, thread, TroupeError } from '@troupe/actors'
import { afterAll, describe, expect, test } from 'vitest'
import { asker, counter, gated } from './fixtures/actors.ts'
import { giver } from './fixtures/late-replies.ts'
import { diary, liver } from './fixtures/lives.ts'
import { eventually, placements, Stage, stage, thrown } from './fixtures/stage.ts'

const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(placements)('$name', ({ threads }) => {
  const far = { on: thread(threads) }

  test('actors finish their turns and stop in order, children first', async () => {
    const { system } = await stage({ threads })
    const ref = await system.spawn(gated, undefined, far)
    const opener = await system.spawn(gated, undefined, far)
    const holding = ref.ask.hold('x')
    await eventually(
      () => ref.ask.log(),
      log => log.length === 1,
    )
    await opener.ask.releaseAtEnd(ref.id)
    const closed = system.close()
    expect(await holding).toBe('x') // the turn ended by itself, and its reply came
    await closed
  })

  test('a parent’s own hook comes after its children’s, over all threads', async () => {
    const { system } = await stage({ threads })
    const book = await system.spawn(diary)
    const places = [[threads, 0], [Math.min(1, threads)]]
    const file = join(folder, `stops-${threads}`)
    const ref = await system.spawn(liver, { label: 'a', diary: book, children: places, stops: file }, far)
    await eventually(
      () => book.ask.lines(),
      lines => lines.length === 5,
    )
    expect(await ref.ask.add(1)).toBe(1)
    await system.close()
    const stops = readFileSync(file, 'utf8').trim().split('\n')
    expect(new Set(stops)).toEqual(new Set(['a', 'a.0', 'a.0.0', 'a.1', 'a.1.0']))
    expect(stops.at(-1)).toBe('a')
    for (const child of ['a.0', 'a.1']) expect(stops.indexOf(`${child}.0`)).toBeLessThan(stops.indexOf(child))
  })

  test('asks that still wait are rejected: in a mailbox, for a late reply, between actors', async () => {
    const { system } = await stage({ threads })
    const [holder, later] = [await system.spawn(gated, undefined, far), await system.spawn(giver, undefined, far)]
    const by = await system.spawn(asker)
    const opener = await system.spawn(gated, undefined, far)
    const holding = holder.ask.hold('x')
    await eventually(
      () => holder.ask.log(),
      log => log.length === 1,
    )
    const waiting = [holder.ask.note('y'), by.ask.ask(holder, 'note', ['z']), later.ask.want()].map(ask => thrown(ask))
    await eventually(
      () => later.ask.waiting(),
      count => count === 1,
    )
    await opener.ask.releaseAtEnd(holder.id)
    await system.close()
    await holding
    for (const error of await Promise.all(waiting)) {
      expect(error).toBeInstanceOf(TroupeError)
      expect(['stopped', 'system-closed']).toContain(error.cause?.code ?? error.code)
    }
  })

  test('afterwards everything ends at once, and says why', async () => {
    const { system } = await stage({ threads })
    const ref = await system.spawn(counter, 1, { ...far, name: 'it' })
    await ref.ask.get()
    await system.close()
    const asked = await thrown(ref.ask.get())
    expect(
      [ActorStopped, SystemClosed].some(Class => asked instanceof Class),
      String(asked),
    ).toBe(true)
    expect(asked.ran).toBe('no')
    expect(ref.tell.add(1)).toBe(undefined)
    expect(await thrown(system.spawn(counter, 1))).toBeInstanceOf(SystemClosed)
    expect(await thrown(ref.ready())).toBeInstanceOf(TroupeError)
    expect(await ref.stop()).toBe(undefined)
    expect(await system.lookup(counter, 'it')).toBe(undefined)
    await system.close() // again: the same
  })

  test('close() can be called twice, by using and by an actor’s own program', async () => {
    await using system = await createSystem({ threads })
    const first = system.close()
    expect(system.close()).toBe(first)
    await first
  })

  test('a spawn that is under way ends one way or the other', async () => {
    const { system } = await stage({ threads })
    const spawns = Array.from({ length: 20 }, (_, i) => system.spawn(counter, i))
    const closed = system.close()
    const ends = (await Promise.allSettled(spawns)).map(end =>
      end.status === 'rejected' ? end.reason.code : 'started',
    )
    for (const end of ends) expect(['started', 'system-closed', 'stopped']).toContain(end)
    expect(ends).toHaveLength(20)
    await closed
  })

  test('a spawn that close() overtakes is refused', async () => {
    const own = new Stage(await createSystem({ threads }))
    const ref = await own.system.spawn(counter, 0, far)
    const long = 'x'.repeat(10_000)
    for (let i = 0; i < 1_000; i++) ref.tell.fail(long) // more than a lane takes at once
    const spawn = thrown(own.system.spawn(counter, 1, far))
    await own.system.close()
    expect(['system-closed', 'stopped']).toContain((await spawn).code)
  })
})
