// Who runs, who waits, and who is turned away. The pool here is one that ends a run when the test says so.
import { describe, expect, test } from 'vitest'
import { MailboxFull } from './errors.ts'
import type { Job, Outcome } from './offload-job.ts'
import { defaultLimits, type Offloading } from './platform.ts'
import { RunQueue } from './run-queue.ts'

const outcome: Outcome = { kind: 'value', value: 5 }
const job = (name: string, bytes = 0): Job => ({ url: '', name, args: [], single: false, beside: [], bytes })

function pool(width: number, limits = defaultLimits) {
  const running = new Map<string, PromiseWithResolvers<Outcome>>()
  const offloading = {
    width,
    run({ name }: Job, signal: AbortSignal) {
      const run = Promise.withResolvers<Outcome>()
      running.set(name, run)
      signal.addEventListener('abort', () => run.reject(signal.reason as Error))
      return run.promise.finally(() => running.delete(name))
    },
  } as unknown as Offloading
  const queue = new RunQueue(offloading, limits)
  const add = (name: string, bytes = 0) => queue.add(job(name, bytes))
  const run = (name: string, bytes = 0) => add(name, bytes).outcome
  /** All that can go on has gone on. */
  const settled = async (): Promise<string[]> => {
    await new Promise(setImmediate)
    return [...running.keys()]
  }
  const end = (name: string): void => running.get(name)!.resolve(outcome)
  return { add, run, end, settled, running }
}

test('as many run as there are threads; the others follow in the order in which they came', async () => {
  const { run, end, settled } = pool(2)
  const runs = ['a', 'b', 'c', 'd', 'e'].map(name => run(name))
  expect(await settled()).toEqual(['a', 'b'])
  end('b')
  expect(await settled()).toEqual(['a', 'c'])
  end('a')
  end('c')
  expect(await settled()).toEqual(['d', 'e'])
  end('e')
  end('d')
  expect(await Promise.all(runs)).toEqual(Array.from(runs, () => outcome))
  const last = run('f')
  expect(await settled()).toEqual(['f'])
  end('f')
  await last
})

test('a run that fails makes room like any other', async () => {
  const { run, running, end, settled } = pool(1)
  const [first, second] = [run('a'), run('b')]
  await settled()
  running.get('a')!.reject(new Error('lost'))
  await expect(first).rejects.toThrow('lost')
  expect(await settled()).toEqual(['b'])
  end('b')
  await second
})

describe('a run that is ended', () => {
  test.each([
    ['first', 'b'],
    ['in the middle', 'c'],
    ['last', 'd'],
  ])('never starts when it waits (%s)', async (_, name) => {
    const { add, end, settled } = pool(1)
    const names = ['a', 'b', 'c', 'd']
    const runs = names.map(each => add(each))
    await settled()
    const ended = runs[names.indexOf(name)]!
    ended.end(new Error('no more'))
    ended.end(new Error('again'))
    await expect(ended.outcome).rejects.toThrow('no more')
    const order: string[] = []
    for (let [next] = await settled(); next !== undefined; [next] = await settled()) {
      order.push(next)
      end(next)
    }
    expect(order).toEqual(names.filter(each => each !== name))
    await Promise.allSettled(runs.map(run => run.outcome))
  })

  test('makes room when it is under way', async () => {
    const { add, run, settled, end } = pool(1)
    const [first, second] = [add('a'), run('b')]
    await settled()
    first.end(new Error('no more'))
    await expect(first.outcome).rejects.toThrow('no more')
    expect(await settled()).toEqual(['b'])
    end('b')
    await second
    first.end(new Error('too late'))
    expect(await settled()).toEqual([])
  })
})

describe('at the limit', () => {
  const full = /^run 'd': 2 runs with 20 bytes of arguments wait for a thread already; wait for some of them to end$/
  test.each([
    ['of runs', { ...defaultLimits, capacity: 2 }],
    ['of bytes', { ...defaultLimits, bytes: 25 }],
  ])('%s, the new one is refused, and those that wait are not', async (_, limits) => {
    const { run, end, settled } = pool(1, limits)
    const runs = ['a', 'b', 'c'].map(name => run(name, 10))
    expect(() => run('d', 10)).toThrow(MailboxFull)
    expect(() => run('d', 10)).toThrow(full)
    for (const name of ['a', 'b']) {
      expect(await settled()).toEqual([name])
      end(name)
    }
    await settled()
    const later = run('d', 10)
    for (const name of ['c', 'd']) {
      expect(await settled()).toEqual([name])
      end(name)
    }
    await Promise.all([...runs, later])
  })

  test('one alone may always wait, and what was ended counts no longer', async () => {
    const { add, run, end, settled } = pool(1, { ...defaultLimits, bytes: 25 })
    const [first, large] = [run('a', 10), add('b', 1000)]
    expect(() => run('c', 1)).toThrow(MailboxFull)
    large.end(new Error('no more'))
    await expect(large.outcome).rejects.toThrow('no more')
    const small = run('c', 1)
    for (const name of ['a', 'c']) {
      expect(await settled()).toEqual([name])
      end(name)
    }
    await Promise.all([first, small])
  })
})
