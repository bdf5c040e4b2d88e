// `run` as programs use it: by a system, by actors and by goroutines, with everything on one thread and on several; what
// arrives, what is refused, and what becomes of a run when whoever asked for it ends.
import { mkdtempSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ActorFault,
  BehaviorUnavailable,
  InvalidCall,
  MailboxFull,
  moved,
  NotSendable,
  offload,
  SystemClosed,
  thread,
  ThreadLost,
} from '@troupe/actors'
import { afterAll, describe, expect, test } from 'vitest'
import { counter } from './fixtures/actors.ts'
import { type Heart, heart } from './fixtures/heart.ts'
import * as pool from './fixtures/offloads.ts'
import { program } from './fixtures/program.ts'
import { eventually, onBoth, stage, thrown } from './fixtures/stage.ts'

const { runner, notes } = pool
const width = availableParallelism()
const directory = mkdtempSync(join(tmpdir(), 'troupe-offload-'))
afterAll(() => rmSync(directory, { recursive: true }))

const here = offload(import.meta, 'here', () => 1)

onBoth((the, threads) => {
  const spawned = () => the().system.spawn(runner, undefined, { on: thread(threads) })

  describe('a run', () => {
    test('gives what the function returns, from a thread that hosts no actors', async () => {
      const { system } = the()
      expect(await system.run(pool.square, 7)).toBe(49)
      expect((await system.run(pool.where)).isMainThread).toBe(false)
      const actor = await spawned()
      expect(await actor.ask.squares(1)).toBe(0)
      expect(await system.go(pool.waiting(9), { on: thread(threads) }).done).toBe(81)
    })

    test('takes and gives whatever a message would', async () => {
      const { system } = the()
      const value = {
        list: [undefined, -0, new Map([['a', new Set([1n])]])],
        date: new Date(7),
        error: new TypeError('x'),
      }
      expect(await system.run(pool.echo, value, undefined)).toStrictEqual([value, undefined])
      const money = await system.run(pool.double, new pool.Money(21))
      expect(money).toBeInstanceOf(pool.Money)
      expect(money.cents).toBe(42)
    })

    test('is one of thousands', async () => {
      const { system } = the()
      const n = 3_000
      const actor = await spawned()
      const expected = ((n - 1) * n * (2 * n - 1)) / 6
      const own = Promise.all(Array.from({ length: n }, (_, i) => system.run(pool.square, i)))
      expect(await actor.with({ deadline: 60_000 }).ask.squares(n)).toBe(expected)
      expect((await own).reduce((sum, each) => sum + each)).toBe(expected)
    })
  })

  describe('bytes that are moved', () => {
    test('leave the system’s hands at once, and the result is its own', async () => {
      const { system } = the()
      const image = new Uint8Array(1_000_000).fill(3)
      const run = system.run(pool.resize, moved(image), 500_000)
      expect(image.length).toBe(0)
      expect(await run).toStrictEqual(new Uint8Array(500_000).fill(3))
      const made = (await system.run(pool.noise, 100_000, true)) satisfies Uint8Array
      expect(made).toStrictEqual(new Uint8Array(100_000).fill(7))
    })

    test('leave an actor’s hands at once, however many there are', async () => {
      const actor = (await spawned()).with({ deadline: 60_000 })
      expect(await actor.ask.resize(8, 3)).toEqual({ left: 0, result: new Uint8Array(3).fill(9) })
      // more than a lane holds
      const { left, result } = await actor.ask.resize(20_000_000, 18_000_000)
      expect([left, result.length, result[0], result.at(-1)]).toEqual([0, 18_000_000, 9, 9])
    })

    test('are refused where nobody takes them: in a message, inside an argument', async () => {
      const { system } = the()
      const bytes = new Uint8Array(4)
      const actor = await spawned()
      const to = await system.spawn(notes)
      const error = await thrown<ActorFault>(actor.ask.tellMoved(to))
      expect(error.cause).toBeInstanceOf(NotSendable)
      expect((error.cause as NotSendable).path).toBe('.bytes')
      const refused = await thrown<NotSendable>(system.run(pool.echo, { bytes: moved(bytes) }))
      expect(refused).toBeInstanceOf(NotSendable)
      expect(refused.message).toMatch(/^echo: argument\.bytes is moved\(…\) \(only a whole argument of run/)
      expect(bytes.length).toBe(4)
    })
  })

  describe('what goes wrong', () => {
    test('the function’s errors arrive as themselves', async () => {
      const { system } = the()
      const width = await thrown(system.run(pool.resize, new Uint8Array(1), 2))
      expect(pool.TooWide.is(width) && width.data).toEqual({ width: 2 })
      const range = await thrown(system.run(pool.fail, 'out of range'))
      expect(range).toBeInstanceOf(RangeError)
      expect(range).toMatchObject({ message: 'out of range', width: 5 })
      expect(range.stack).toContain('offloads.ts')
      const actor = await spawned()
      expect(await actor.ask.fails('there')).toEqual({ error: Object.assign(new RangeError('there'), { width: 5 }) })
      const fault = await thrown<ActorFault>(actor.ask.fail('uncaught'))
      expect(fault).toBeInstanceOf(ActorFault)
      expect(fault.cause).toMatchObject({ message: 'uncaught', width: 5 })
    })

    test('refs, late replies and channels have no meaning there', async () => {
      const { system } = the()
      const refs = await system.spawn(counter, 1)
      const own = await thrown<NotSendable>(system.run(pool.echo, [refs]))
      expect(own).toBeInstanceOf(NotSendable)
      expect(own.message).toMatch(/^echo: argument\[0\] is a ref \(there is no system where this goes\), which cannot/)
      const actor = await spawned()
      for (const [method, path, what] of [
        ['sendSelf', '[1].who', /a ref \(there is no system/],
        ['sendLater', '', /a late reply \(there is no system/],
        ['sendChannel', '[0]', /a channel \(there is no system/],
      ] as const) {
        const { cause } = await thrown<ActorFault>(actor.ask[method]())
        expect(cause).toBeInstanceOf(NotSendable)
        expect(cause).toMatchObject({ path, what: expect.stringMatching(what) })
      }
    })

    test('a thread that ends fails its run, and the next one gets another', async () => {
      const { system } = the()
      const lost = await thrown<ThreadLost>(system.run(pool.exit, 3))
      expect(lost).toBeInstanceOf(ThreadLost)
      expect(lost.message).toBe("run 'exit': the thread for it has ended: worker exited with code: 3")
      expect(lost.ran).toBe('unknown')
      const { cause } = await thrown<ActorFault>((await spawned()).ask.exit())
      expect(cause).toBeInstanceOf(ThreadLost)
      expect((cause as Error).cause).toMatchObject({ message: 'worker exited with code: 1' })
      expect(await system.run(pool.square, 3)).toBe(9)
    })

    test('a rejection that a function leaves behind is an event', async () => {
      const { system, until } = Object.assign(the(), { until: the().until.bind(the()) })
      expect(await system.run(pool.stray, 'left')).toBe('done')
      const { actor, error } = await until('unhandledRejection', ({ error }) => String(error).includes('left behind'))
      expect([actor, String(error)]).toEqual([undefined, 'Error: a function that was run left behind: left'])
    })

    test('what cannot be run says why', async () => {
      const { system } = the()
      const cases: [unknown, unknown, RegExp][] = [
        [
          () => 1,
          InvalidCall,
          /^run: the function without a name is not what offload\(\) returned; declare it at module/,
        ],
        [undefined, InvalidCall, /^run: undefined is not what offload/],
        [counter, InvalidCall, /^run: an object is not what offload/],
        [pool.twice, InvalidCall, /offloads\.ts gives offload\(\) the name 'twice' twice/],
        [
          pool.inside(`inside-${threads}`),
          BehaviorUnavailable,
          /^'inside-\d' is not defined when .*offloads\.ts is loaded on another thread: it must/,
        ],
        [here, BehaviorUnavailable, /offload\.test\.ts fails there.*: put the function into a file of its own\.$/s],
      ]
      for (const [what, Class, message] of cases) {
        const error = await thrown<Error>(system.run(what as typeof pool.count))
        expect(error).toBeInstanceOf(Class)
        expect(error.message).toMatch(message)
      }
    })
  })

  describe('a run ends with its owner', () => {
    /** A run that keeps a thread busy, and the note that says how it ended. */
    async function begun() {
      const { system } = the()
      const [actor, to, alive] = [await spawned(), await system.spawn(notes), heart()]
      actor.tell.begin(alive.name, to)
      await alive.beats
      const told = async (): Promise<string[]> => {
        await alive.stopped()
        return await eventually(
          () => to.ask.all(),
          ({ length }) => length > 0,
        )
      }
      return { actor, told }
    }

    test('when the actor stops', async () => {
      const { actor, told } = await begun()
      await actor.stop()
      expect(await told()).toEqual(['stopped'])
    })

    test('when it restarts', async () => {
      const { actor, told } = await begun()
      actor.tell.crash()
      expect(await told()).toEqual(['stopped'])
      expect(await actor.ask.ping()).toBe('pong')
    })

    test('when its turn is past its limit', async () => {
      const [actor, alive] = [await spawned(), heart()]
      const error = await thrown(actor.ask.beginAndWait(alive.name))
      expect(error.code).toBe('turn-expired')
      await alive.stopped()
    })

    test('when a goroutine is stopped', async () => {
      const { system } = the()
      const [alive, to] = [heart(), await system.spawn(notes)]
      const task = system.go(pool.running(alive.name, to), { on: thread(threads) })
      await alive.beats
      task.done.catch(() => {})
      await task.stop()
      const all = await eventually(
        () => to.ask.all(),
        ({ length }) => length > 1,
      )
      expect(all.toSorted()).toEqual(['late stopped', 'stopped'])
      await alive.stopped()
    })

    test('also when nobody waits for it, without a word', async () => {
      const [actor, alive] = [await spawned(), heart()]
      actor.tell.beginAndForget(alive.name)
      await alive.beats
      const before = the().events.unhandledRejection.length
      await actor.stop()
      await alive.stopped()
      expect(the().events.unhandledRejection).toHaveLength(before)
    })

    test('before it has begun, if it still waits for a thread', async () => {
      const { system } = the()
      const hearts = await filled(system)
      const [actor, to] = [await spawned(), await system.spawn(notes)]
      const file = join(directory, `never-${threads}`)
      actor.tell.write(100, file, to)
      await actor.ask.ping()
      await actor.stop()
      expect(
        await eventually(
          () => to.ask.all(),
          ({ length }) => length === 100,
        ),
      ).toEqual(Array(100).fill('stopped'))
      await hearts.stop()
      await system.run(pool.square, 1) // behind them
      expect(existsSync(file)).toBe(false)
    })
  })

  test('the functions of an actor that goes on are run, all of them', async () => {
    const { system } = the()
    const [actor, to] = [await spawned(), await system.spawn(notes)]
    const file = join(directory, `written-${threads}`)
    actor.tell.write(100, file, to)
    await eventually(
      () => Promise.resolve(existsSync(file) ? readFileSync(file, 'utf8') : ''),
      ({ length }) => length === 100,
    )
    expect(await to.ask.all()).toEqual([])
  })
})

/** Keeps all threads of the pool busy, until told otherwise. */
async function filled(system: Awaited<ReturnType<typeof stage>>['system']) {
  const [holder, to] = [await system.spawn(runner), await system.spawn(notes)]
  const hearts: Heart[] = Array.from({ length: width }, () => heart())
  for (const { name } of hearts) holder.tell.begin(name, to)
  await Promise.all(hearts.map(({ beats }) => beats))
  return {
    async stop() {
      await holder.stop()
      await Promise.all(hearts.map(({ stopped }) => stopped()))
    },
  }
}

describe('at the limit', () => {
  test('a run is refused, and those that wait are not', async () => {
    const { system } = await stage({ threads: 0, mailbox: { capacity: 20 } })
    const hearts = await filled(system)
    const waiting = Array.from({ length: 20 }, (_, i) => system.run(pool.square, i))
    const refused = await thrown<MailboxFull>(system.run(pool.square, 20))
    expect(refused).toBeInstanceOf(MailboxFull)
    expect(refused.message).toMatch(/^run 'square': 20 runs with \d+ bytes of arguments wait for a thread already/)
    expect(refused.ran).toBe('no')
    await hearts.stop()
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 20 }, (_, i) => i * i))
  })
})

describe('close', () => {
  test.each([0, 2])('ends what runs and what waits, with %i threads', async threads => {
    const { system } = await stage({ threads })
    const hearts = Array.from({ length: width }, () => heart())
    const runs = hearts.map(({ name }) => system.run(pool.beat, name))
    await Promise.all(hearts.map(({ beats }) => beats))
    const waiting = system.run(pool.square, 2)
    const ends = [...runs, waiting].map(run => thrown(run))
    await system.close()
    for (const error of await Promise.all(ends)) expect(error).toBeInstanceOf(SystemClosed)
    expect((await thrown(system.run(pool.square, 1))).message).toBe("run 'square': the system is closed")
    await Promise.all(hearts.map(({ stopped }) => stopped()))
  })
})

test('a thread that is lost takes its runs with it', async () => {
  const { system, until } = await stage({ threads: 2 }).then(stage => ({
    system: stage.system,
    until: stage.until.bind(stage),
  }))
  const [actor, to, alive] = [
    await system.spawn(runner, undefined, { on: thread(1) }),
    await system.spawn(notes),
    heart(),
  ]
  actor.tell.begin(alive.name, to)
  await alive.beats
  actor.tell.endThread()
  await until('threadLost')
  await alive.stopped()
  expect(await system.run(pool.square, 4)).toBe(16)
})

describe('offload', () => {
  const { meta } = { meta: import.meta }
  test.each<[string, unknown[], RegExp]>([
    ['without import.meta', ['name', () => 1], /^offload: its first argument is import\.meta/],
    ['without a name', [meta, () => 1], /^offload: its second argument is a name/],
    ['with an empty one', [meta, '', () => 1], /^offload: its second argument is a name/],
    ['without a function', [meta, 'work', 5], /^offload 'work': 5 is no function to run$/],
  ])('%s is an error that says so', (_, args, message) => {
    const wrong = () => (offload as (...args: unknown[]) => unknown)(...args)
    expect(wrong).toThrow(InvalidCall)
    expect(wrong).toThrow(message)
  })
})

describe('whole programs', () => {
  test.each([0, 1])(
    'with functions above the system run as they stand, and end by themselves (%i threads)',
    async threads => {
      const { code, stdout, stderr } = await program('offloads', threads)
      expect(stderr).toBe('')
      expect(stdout.split('\n').filter(line => line !== 'above')).toEqual([
        'not loaded',
        '832040',
        '1346269',
        'closed ',
        '',
      ])
      expect(code).toBe(0)
    },
  )

  test('a function that runs out of memory fails alone', async () => {
    const { code, stdout } = await program('offload-memory')
    expect(stdout).toMatch(/^thread-lost run 'hoard': the thread for it has ended: .*memory.*\n4\n$/)
    expect(code).toBe(0)
  })
})
