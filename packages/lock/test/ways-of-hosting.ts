// The ways in which a lock server is hosted: each must pass the same suite. One more way is one more row.
import { createSystem, type Ref, type System, thread } from '@troupe/actors'
import { lockServer, type LockServer, type LockServerOptions } from '@troupe/lock'
import { afterAll, beforeAll, describe } from 'vitest'

export interface Host {
  readonly system: System
  /** A lock server of the test's own. */
  locks(options?: LockServerOptions): Promise<Ref<LockServer>>
}
interface Way {
  readonly name: string
  readonly threads: number
  host(system: System, options: LockServerOptions): Promise<{ locks: Ref<LockServer>; close(): Promise<void> }>
}

const plain = (name: string, threads: number): Way => ({
  name,
  threads,
  async host(system, options) {
    const locks = await system.spawn(lockServer, options, { on: thread(threads) })
    return { locks, close: () => locks.stop() }
  },
})

/** From thread to thread, again and again, with whoever holds, waits, and was promised a reply. */
const moving: Way = {
  name: 'moved about all the while',
  threads: 2,
  async host(system, options) {
    const locks = await system.spawn(lockServer, options, { on: thread(1) })
    let open = true
    const moves = (async () => {
      for (let n = 0; open; n++) {
        await locks.move(thread(n % 3))
        await new Promise(done => setTimeout(done, 1))
      }
    })()
    return {
      locks,
      async close() {
        open = false
        await moves
        await locks.stop()
      },
    }
  },
}

const ways = [plain('on the calling thread', 0), plain('on another thread', 2), moving]

export function eachHost(tests: (the: () => Host) => void): void {
  describe.each(ways)('$name', ({ threads, host }) => {
    let system: System
    const open: { close(): Promise<void> }[] = []
    beforeAll(async () => {
      system = await createSystem({ threads })
    })
    afterAll(async () => {
      await Promise.all(open.map(each => each.close()))
      await system.close()
    })
    const locks = async (options: LockServerOptions = {}): Promise<Ref<LockServer>> => {
      const hosted = await host(system, options)
      open.push(hosted)
      return hosted.locks
    }
    tests(() => ({ system, locks }))
  })
}

/** What a promise rejects with; fails when it does not. */
export async function thrown<T = any>(promise: Promise<unknown>): Promise<T> {
  try {
    await promise
  } catch (error) {
    return error as T
  }
  throw new Error('it did not throw')
}

/** Asks again until the answer is as meant. */
export async function eventually<T>(ask: () => T | Promise<T>, meant: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (meant(answer)) return answer
    await new Promise(setImmediate)
  }
}

/** Resolves once so many wait for the lock. */
export const waiting = (locks: Ref<LockServer>, name: string, count: number): Promise<unknown> =>
  eventually(
    () => locks.ask.inspect(name),
    ({ listed }) => (listed[0]?.waiters.length ?? 0) === count,
  )
