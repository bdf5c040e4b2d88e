// The core under thousands of random programs, each on simulated threads in virtual time: whatever the seed chooses, the
// audit finds nothing wrong. And since a check that cannot fail is worth nothing, every one of them is shown a core or a
// platform that is broken on purpose, and must find out.
//
// SIMULATION_RUNS and SIMULATION_SEED in the environment run more, or others.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Ask, Asks } from '../src/core/ask.ts'
import { Behaviors } from '../src/core/behaviors.ts'
import { ActorCalls } from '../src/core/actor-calls.ts'
import { Cell } from '../src/core/cell.ts'
import { Context } from '../src/core/context.ts'
import { Core } from '../src/core/core.ts'
import { Extra, UserTimer } from '../src/core/extra.ts'
import * as frame from '../src/core/frame.ts'
import { Names } from '../src/core/names.ts'
import { Timers } from '../src/core/timers.ts'
import { Turn } from '../src/core/turn.ts'
import { Watch } from '../src/core/watches.ts'
import { SimLane } from '../src/testing/sim-lane.ts'
import { SimThread } from '../src/testing/sim-thread.ts'
import { breaks } from './breaking.ts'
import { runProgram } from './simulation-program.ts'

const RUNS = Number(process.env['SIMULATION_RUNS'] ?? 2_000)
const FIRST = Number(process.env['SIMULATION_SEED'] ?? 0)
const CHUNK = 250

/** What the runs together must have met: each fault, decision, error and transition that a program can bring about. */
const WANTED = [
  ...['reply', 'no', 'later', 'rejected', 'fault', 'turn-expired', 'expired', 'aborted', 'stopped', 'mailbox-full'],
  ...['ask-cycle', 'thread-lost', 'system-closed', 'unknown-method', 'not-sendable'],
].map(code => `ask: ${code}`)
WANTED.push(
  ...['stopped', 'expired', 'full', 'unknown', 'lost'].map(reason => `dead letter: ${reason}`),
  ...['restart', 'resume', 'stop', 'escalate'].map(decision => `fault: ${decision}`),
  ...['name-taken', 'spawn-failed', 'mailbox-full', 'thread-lost'].map(code => `spawn: ${code}`),
  ...['spawned', 'restarted'].map(why => `started: ${why}`),
  ...['stopped', 'faulted'].map(why => `stopping: ${why}`),
  ...['stopped', 'faulted', 'lost'].map(why => `watch heard: ${why}`),
  ...['child here', 'child placed', 'drain', 'stop', 'stop awaited', 'thread lost', 'restarted'],
  ...['lookup: found', 'lookup: none', 'pipe', 'late reply', 'watch', 'unwatch', 'timer fired', 'timer cancelled'],
  ...['ready', 'ready: stopped', 'ready: thread-lost', 'readonly alone', 'readonly beside readonly'],
  ...['closed in the middle', 'turn threw: turn-ended', 'send: not-sendable'],
)

// Each error takes a stack, which nobody looks at here.
const { stackTraceLimit } = Error
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

describe('random programs', () => {
  const coverage = new Map<string, number>()
  let runs = 0
  let steps = 0

  const chunks = Array.from({ length: Math.ceil(RUNS / CHUNK) }, (_, i) => FIRST + i * CHUNK)
  test.each(chunks)('from seed %i on', { timeout: 300_000 }, async from => {
    for (let seed = from; seed < Math.min(from + CHUNK, FIRST + RUNS); seed++) {
      const outcome = await runProgram(seed, { coverage })
      expect(outcome.violations, `seed ${seed}`).toEqual([])
      expect(outcome.steps, `seed ${seed}`).toBeGreaterThanOrEqual(200)
      runs++
      steps += outcome.steps
    }
  })

  test('they met everything that can happen', () => {
    const lines = [...coverage].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `  ${what}: ${times}`)
    console.log(`${runs} simulated runs, ${steps} events; met:\n${lines.join('\n')}`)
    expect(WANTED.filter(what => !coverage.has(what))).toEqual([])
  })

  test('the same seed takes the same course, another seed another one', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { trace, steps } = await runProgram(seed)
      expect(await runProgram(seed)).toMatchObject({ trace, steps })
      expect((await runProgram(seed + 1)).trace).not.toBe(trace)
    }
  })
})

describe('what is broken on purpose is found', () => {
  /** Whether one of the first programs shows the violation. */
  async function shows(violation: RegExp, Lane = SimLane): Promise<boolean> {
    for (let seed = 0; seed < 60; seed++) {
      const { violations } = await runProgram(seed, { world: { Lane, steps: 20_000 } })
      if (violations.some(text => violation.test(text))) return true
    }
    return false
  }
  const isTell = (bytes: Uint8Array): boolean => bytes[6] === frame.TELL

  test('frames that change places', async () => {
    class Reordering extends SimLane {
      override post(...args: Parameters<SimLane['post']>): boolean {
        const posted = super.post(...args)
        const [last, before] = [this.user.at(-1), this.user.at(-2)]
        if (last && before && isTell(last.bytes) && isTell(before.bytes)) {
          this.user.splice(-2, 2, { ...last, at: before.at }, { ...before, at: last.at })
        }
        return posted
      }
    }
    expect(await shows(/was handled after/, Reordering)).toBe(true)
  })
  test('frames that come twice', async () => {
    class Doubling extends SimLane {
      override post(...args: Parameters<SimLane['post']>): boolean {
        if (isTell(args[0])) super.post(...args)
        return super.post(...args)
      }
    }
    expect(await shows(/was handled 2 times/, Doubling)).toBe(true)
  })
  test('frames that never come', async () => {
    class Losing extends SimLane {
      #posts = 0
      override post(...args: Parameters<SimLane['post']>): boolean {
        return (isTell(args[0]) && this.#posts++ % 8 === 7) || super.post(...args)
      }
    }
    expect(await shows(/messages \d+ were handled or dead letters/, Losing)).toBe(true)
  })
  test('a reply that overtakes nothing but is lost', async () => {
    class Silent extends SimLane {
      override post(...args: Parameters<SimLane['post']>): boolean {
        return (args[0][7]! & 15) === frame.CALL && args[2] ? true : super.post(...args)
      }
    }
    expect(await shows(/never heard of the end|still waits/, Silent)).toBe(true)
  })
  test('a thread whose turn does not come', async () => {
    let wakes = 0
    breaks(SimThread.prototype, 'wake', old => {
      return function (this: SimThread) {
        if (++wakes % 50 !== 0) old.call(this)
      }
    })
    expect(await shows(/still waits|messages \d+ were handled or dead letters/)).toBe(true)
  })
  test('timers that fire too early', async () => {
    breaks(Timers.prototype, 'set', old => {
      return function (this: Timers, node: UserTimer, due: number) {
        old.call(this, node, node instanceof UserTimer ? due - 3 : due)
      }
    })
    expect(await shows(/fired at .*, due at/)).toBe(true)
  })
  test('timers that nobody can cancel', async () => {
    breaks(Context.prototype, 'cancel', () => () => {})
    expect(await shows(/fired too often/)).toBe(true)
  })
  test('timers that outlive their actor', async () => {
    breaks(Timers.prototype, 'clear', old => {
      return function (this: Timers, node: UserTimer) {
        // one that is not due is cleared because it was cancelled, or its actor's life has ended
        if (node instanceof UserTimer && node.due > node.cell.core.platform.now()) {
          queueMicrotask(() => (node.cancelled = false))
        } else old.call(this, node)
      }
    })
    expect(await shows(/timer .* of another life fired/)).toBe(true)
  })
  test('turns that run beside each other', async () => {
    breaks(Behaviors.prototype, 'load', old => {
      return function (this: Behaviors, behavior: Parameters<Behaviors['load']>[0]) {
        const loaded = old.call(this, behavior)
        for (const method of loaded.methods) if (method?.name === 'work') Object.assign(method, { interleave: true })
        return Object.assign(loaded, { interleaves: true })
      }
    })
    expect(await shows(/a turn of work began beside another/)).toBe(true)
  })
  test('an actor that goes on after its end', async () => {
    breaks(Core.prototype, 'removed', old => {
      return function (this: Core, cell: Cell) {
        if (this.closing) old.call(this, cell)
        else cell.status = 'running'
      }
    })
    expect(await shows(/ran .* after its life had ended/)).toBe(true)
  })
  test('an end that is told twice', async () => {
    breaks(Cell.prototype, 'remind', old => {
      return function (this: Cell, call: Watch) {
        old.call(this, call)
        if (call instanceof Watch) old.call(this, call)
      }
    })
    expect(await shows(/heard of the end of .* twice/)).toBe(true)
  })
  test('an end that is not told', async () => {
    breaks(ActorCalls.prototype, 'ended', () => () => {})
    expect(await shows(/never heard of the end/)).toBe(true)
  })
  test('a parent that does not wait for its children', async () => {
    breaks(Extra.prototype, 'children', () => () => [])
    expect(await shows(/stopped before its child/)).toBe(true)
  })
  test('a name that two actors have', async () => {
    breaks(Names.prototype, 'claimHere', () => () => {})
    expect(await shows(/has the name/)).toBe(true)
  })
  test('an ask that never ends', async () => {
    breaks(Ask.prototype, 'fire', () => () => {})
    expect(await shows(/never ended|still waits/)).toBe(true)
  })
  test('an ask that is not forgotten', async () => {
    breaks(Asks.prototype, 'remove', () => () => {})
    expect(await shows(/still asks/)).toBe(true)
  })
  test('a turn that keeps its place among the timers', async () => {
    breaks(Timers.prototype, 'clear', old => {
      return function (this: Timers, node: Turn) {
        if (!(node instanceof Turn)) old.call(this, node)
      }
    })
    expect(await shows(/still has timers: .*Turn/)).toBe(true)
  })
  test('a message whose sender is somebody else', async () => {
    breaks(Turn.prototype, 'sender', () => () => undefined)
    expect(await shows(/was said to be/)).toBe(true)
  })
})
