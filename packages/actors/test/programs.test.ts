// Whole programs, each run by Node itself in a process of its own: how modules are found on other threads, when a process
// ends, and what happens to it when actors, threads or listeners go wrong.
import { behavior, BehaviorUnavailable, thread } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import { program } from './fixtures/program.ts'
import { stage, thrown } from './fixtures/stage.ts'

describe('behaviors on other threads', () => {
  test('a whole program in one file runs as it stands; what is above the system runs once on each thread', async () => {
    const { code, stdout } = await program('whole')
    expect(code).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(lines.filter(line => line !== 'above')).toEqual(['below', '41'])
    expect(lines.filter(line => line === 'above')).toHaveLength(3)
  })

  test('a behavior below `await createSystem` is an error that says to move it up', async () => {
    const { code, stdout } = await program('below')
    expect(code).toBe(0)
    const [here, there] = stdout.trim().split('\n')
    expect(here).toBe('0') // on the calling thread it is known
    expect(there).toMatch(
      /^behavior-unavailable 'late' is not defined when .*below\.ts is loaded on another thread: move it above the 'await createSystem\(…\)' in .*below\.ts/,
    )
  })

  test('two behaviors of one name: said at spawn', async () => {
    const { code, stdout } = await program('clash')
    expect(code).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line).toMatch(/^invalid-call (?=.*clash\.ts)(?=.*'same').*two behaviors/)
  })

  test('a behavior made inside a function: said at spawn', async () => {
    const { code, stdout } = await program('inside')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^behavior-unavailable 'inside' is not defined when .*inside\.ts is loaded on another thread: .* to module level if a function makes it/,
    )
  })

  test('one module that ends at its createSystem ends no other that loads meanwhile', async () => {
    expect(await program('two-modules')).toEqual({ code: 0, stdout: "[ 'slowly', 'quickly' ]\n", stderr: '' })
  })

  const inTestFile = behavior(import.meta, { name: 'inTestFile', state: () => 0, handlers: { get: ctx => ctx.state } })
  test('a module that Node cannot load fails at spawn with that explanation: a test file, an alias', async () => {
    const { aliased } = await aliasedModule()
    const { system, events } = await stage({ threads: 1 })
    for (const [what, file] of [
      [inTestFile, 'programs.test.ts'],
      [aliased, 'aliased.ts'],
    ] as const) {
      for (let i = 0; i < 2; i++) {
        const error = await thrown(system.spawn(what, undefined, { on: thread(1) }))
        expect(error).toBeInstanceOf(BehaviorUnavailable)
        expect(error.message).toContain(`'${what.name}' cannot be loaded on another thread: `)
        expect(error.message).toContain(`${file} fails there: `)
        expect(error.message).toContain('put the behavior into a file of its own, or use threads: 0')
        expect(error.cause).toBeInstanceOf(Error)
      }
    }
    expect(events.spawnFailed).toHaveLength(4)
    const here = await system.spawn(inTestFile, undefined, { on: thread(0) })
    expect(await here.ask.get()).toBe(0)
  })
})

describe.each([0, 2])('the process, with %i threads', threads => {
  test('ends by itself after close(), with nothing left open', async () => {
    expect(await program('exits', threads)).toEqual({ code: 0, stdout: 'closed \n', stderr: '' })
  })

  test('so it does when close() comes while asks are pending', async () => {
    const { code, stdout, stderr } = await program('exits', threads, 'later')
    expect(stderr).toBe('')
    expect(stdout).toBe('rejected system-closed\nrejected system-closed\nclosed \n')
    expect(code).toBe(0)
  })

  test('stays alive while a system is open', async () => {
    expect(await program('stays', threads)).toEqual({ code: 0, stdout: 'end of the file\nawake\n', stderr: '' })
  })

  test('a listener that throws is the program’s uncaught error, and harms no actor', async () => {
    expect(await program('listener', threads)).toMatchObject({ code: 0, stdout: 'fault\nfine\nin a listener\n' })
  })

  test.each(['take', 'aside'])('a sender in an endless loop does not exhaust memory (%s)', async how => {
    const { code, stdout, stderr } = await program('flood', threads, 1_000_000, how)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const { lost, taken, grown } = JSON.parse(stdout) as { lost: number; taken: number; grown: number }
    expect(lost).toBe(0) // every message was handled, or is a dead letter
    expect(taken).toBeGreaterThan(10_000)
    expect(grown).toBeLessThan(150) // a million messages would take 300 MB
  })
})

describe('what goes wrong', () => {
  test('a thread out of memory is lost, typed and told; the others go on', async () => {
    const { code, stdout } = await program('memory')
    const [first, second, ...rest] = stdout.trim().split('\n')
    expect(new Set([first, second])).toEqual(new Set(['lost 1 ERR_WORKER_OUT_OF_MEMORY', 'thread-lost unknown']))
    expect(rest).toEqual(['fine', 'fine again', 'closed'])
    expect(code).toBe(0)
  })

  test.each([
    ['thread', 1],
    ['heard', 0],
  ] as const)('an unhandled rejection is an event and ends no thread (%s)', async (where, n) => {
    const { code, stdout } = await program('rejections', where, 1)
    // whose it is can be known only while nobody else has run
    expect(stdout.replace(/careless#\S+/, 'undefined')).toBe(`heard undefined ${n} from a timer\nfine\n`)
    expect(code).toBe(0)
  })

  test.each([1, 2])(
    'a rejection that is no actor’s, and that nobody hears, ends the process (%i systems)',
    async systems => {
      const { code, stdout, stderr } = await program('rejections', 'program', systems)
      expect(stdout).toBe('')
      expect(stderr).toContain('of the program itself')
      expect(code).toBe(1)
    },
  )

  test('a system may be made in a worker thread of the user’s own', async () => {
    const { code, stdout } = await program('in-worker')
    expect(stdout).toMatch(/^hello Ann from greeter#1\./)
    expect(code).toBe(0)
  })
})

/** The module cannot be loaded here either, so its behavior is made in its name. */
async function aliasedModule() {
  const url = new URL('./fixtures/aliased.ts', import.meta.url).href
  return { aliased: behavior({ url } as ImportMeta, { name: 'aliased', state: () => 0, handlers: {} }) }
}
