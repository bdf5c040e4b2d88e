// What a lock promises, however its server is hosted.
import { Aborted, type Ref, thread } from '@troupe/actors'
import {
  Busy,
  type HeldLock,
  LockCycle,
  LockLost,
  LockMismatch,
  LockReentered,
  LockRequestInvalid,
  type LockServer,
  mutex,
  NoToken,
  readWrite,
  semaphore,
  StaleToken,
  WaitTimeout,
} from '@troupe/lock'
import { expect, test } from 'vitest'
import { adder, fencedLedger, holder } from './fixtures/holders.ts'
import { eachHost, eventually, thrown, waiting } from './ways-of-hosting.ts'

const aborted = (lock: HeldLock): Promise<unknown> =>
  new Promise(done => {
    if (lock.signal.aborted) done(lock.signal.reason)
    else lock.signal.addEventListener('abort', () => done(lock.signal.reason), { once: true })
  })

eachHost(the => {
  test('a mutex goes from hand to hand, in the order of asking', async () => {
    const locks = await the().locks()
    const order: number[] = []
    const first = await mutex(locks, 'm').acquire()
    const others: Promise<void>[] = []
    for (let n = 1; n <= 5; n++) {
      others.push(mutex(locks, 'm').using(({ token }) => void order.push(Number(token - first.token))))
      await waiting(locks, 'm', n)
    }
    expect(await first.release()).toBe(true)
    await Promise.all(others)
    expect(order).toEqual([1, 2, 3, 4, 5])
    expect(await first.release(), 'again, the same').toBe(true)
    expect(await locks.ask.inspect()).toEqual({ locks: 0, holders: 0, waiters: 0, listed: [] })
  })

  test('`await using` gives it back; try finds it busy; waiting ends by time, by abort, or not at all', async () => {
    const locks = await the().locks()
    const m = mutex(locks, 'm')
    {
      await using lock = await m.acquire({ lease: 30_000 })
      expect(lock.remaining()).toBeGreaterThan(20_000)
      expect(lock.remaining()).toBeLessThan(30_000)
      expect(await m.tryAcquire()).toBe(undefined)
      expect(await thrown(m.acquire({ wait: 0 }))).toBeInstanceOf(Busy)
      const late = await thrown(m.acquire({ wait: 20 }))
      expect(late).toBeInstanceOf(WaitTimeout)
      expect(late.message).toMatch(/^lock 'm' was not to be had within \d+ ms; wait longer/)
      const abort = new AbortController()
      const waits = thrown(m.acquire({ signal: abort.signal }))
      await waiting(locks, 'm', 1)
      abort.abort()
      expect(await waits).toBeInstanceOf(Aborted)
      await waiting(locks, 'm', 0)
    }
    const again = await m.tryAcquire()
    expect(await again?.release()).toBe(true)
  })

  test('permits, and readers and writers', async () => {
    const locks = await the().locks()
    const pool = semaphore(locks, 'pool', 3)
    const [one, two] = [await pool.acquire({ permits: 2 }), await pool.acquire()]
    expect(await pool.tryAcquire()).toBe(undefined)
    const all = pool.acquire({ permits: 3 })
    await waiting(locks, 'pool', 1)
    await two.release()
    expect(await pool.tryAcquire(), 'nobody overtakes').toBe(undefined)
    await one.release()
    await (await all).release()
    const { read, write } = readWrite(locks, 'rw')
    const readers = [await read.acquire(), await read.acquire()]
    const writer = write.acquire()
    await waiting(locks, 'rw', 1)
    expect(await read.tryAcquire()).toBe(undefined)
    for (const reader of readers) await reader.release()
    await (await writer).release()
    await using _held = await mutex(locks, 'rw').acquire()
    const error = await thrown(read.acquire())
    expect(error).toBeInstanceOf(LockMismatch)
    expect(error.message).toBe(
      "lock 'rw' is in use with one permit, and was asked for with readers and writers; give one of the two another name",
    )
  })

  test('a lease that is not renewed is over, here before there; the next one has it', async () => {
    const locks = await the().locks()
    const first = await mutex(locks, 'm', { renew: false }).acquire({ lease: 60 })
    const next = mutex(locks, 'm').acquire()
    const reason = await aborted(first)
    expect(reason).toBeInstanceOf(LockLost)
    expect(reason).toMatchObject({ code: 'lock-lost', data: { lock: 'm', token: first.token, why: 'lease' } })
    expect(first.remaining()).toBe(0)
    const second = await next
    expect(second.token).toBeGreaterThan(first.token)
    expect(await first.release()).toBe(false)
    expect(await thrown(locks.ask.release('m', first.token))).toMatchObject({ code: 'stale-token' })
    expect(await second.release()).toBe(true)
  })

  test('one that is held is renewed, for as long as it takes', async () => {
    const locks = await the().locks()
    const lock = await mutex(locks, 'm').acquire({ lease: 200 })
    const until = performance.now() + 500
    await eventually(() => performance.now(), now => now > until) // prettier-ignore
    expect(lock.signal.aborted).toBe(false)
    expect(await lock.release()).toBe(true)
  })

  test('a grant that the server does not know any more is lost at the next renewal', async () => {
    const locks = await the().locks()
    const lock = await mutex(locks, 'm').acquire({ lease: 90 })
    expect(await locks.ask.release('m', lock.token)).toBe(true)
    expect(await aborted(lock)).toMatchObject({ data: { why: 'taken' } })
    expect(await thrown(mutex(locks, 'm').using(held => locks.ask.release('m', held.token).then(() => aborted(held)), { lease: 60 }))).toBeInstanceOf(LockLost) // prettier-ignore
  })

  test('the end of an actor frees what it holds, and takes it out of the line', async () => {
    const { system } = the()
    const locks = await the().locks()
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => system.spawn(holder, locks)))
    const token = await a!.ask.grab('m')
    await b!.ask.queue('m')
    await waiting(locks, 'm', 1)
    const last = c!.ask.grab('m')
    await waiting(locks, 'm', 2)
    await b!.stop()
    await waiting(locks, 'm', 1)
    await a!.stop()
    expect(await last).toBeGreaterThan(token)
    expect((await locks.ask.inspect('m')).listed[0]).toMatchObject({ holders: [{ owner: c!.id }], waiters: [] })
    await c!.stop()
    await eventually(
      () => locks.ask.inspect(),
      ({ locks: left }) => left === 0,
    )
  })

  test('who would wait for itself is told, with the way round', async () => {
    const { system } = the()
    const locks = await the().locks()
    const [a, b] = await Promise.all([1, 2].map(() => system.spawn(holder, locks)))
    await a!.ask.grab('m')
    const again = await thrown(a!.ask.grab('m'))
    expect(again).toMatchObject({ code: LockReentered.code, data: { lock: 'm', owner: a!.id } })
    await b!.ask.grab('n')
    const waits = a!.ask.grab('n')
    await waiting(locks, 'n', 1)
    const cycle = await thrown(b!.ask.grab('m'))
    expect(LockCycle.is(cycle)).toBe(true)
    expect(cycle.message).toBe(
      `lock 'm': this wait would never end: ${b!.id} waits for 'm' of ${a!.id}, ${a!.id} waits for 'n' of ${b!.id}; ` +
        'ask for locks in the same order everywhere',
    )
    expect(await b!.ask.drop('n')).toBe(true)
    await waits
    expect(LockReentered.is(await thrown(b!.ask.upgrade('rw')))).toBe(true)
    expect(typeof (await b!.ask.permits('pool', 2))).toBe('bigint')
    const named = mutex(locks, 'o', { owner: 'the nightly job' })
    await using _held = await named.acquire()
    expect(await thrown(named.acquire())).toBeInstanceOf(LockReentered)
    await Promise.all([a!.stop(), b!.stop()])
  })

  test('goroutines on all threads add to one number, one at a time, and no token is given twice', async () => {
    const { system } = the()
    const locks = await the().locks()
    const to = await system.spawn(fencedLedger, 0)
    const tasks = Array.from({ length: 8 }, () => system.go(adder(locks, to, 10)))
    const tokens = (await Promise.all(tasks.map(({ done }) => done))).flat()
    expect(await to.ask.peek()).toBe(80)
    expect(new Set(tokens).size).toBe(80)
    await eventually(
      () => locks.ask.inspect(),
      ({ locks: left }) => left === 0,
    )
  })

  test('the protected side refuses who comes late, by name', async () => {
    const { system } = the()
    const locks = await the().locks()
    const to = await system.spawn(fencedLedger, 0)
    const first = await mutex(locks, 'm', { renew: false }).acquire({ lease: 40 })
    const late = first.guard(to)
    expect(await late.ask.write(1)).toBe(1)
    await aborted(first)
    expect(await thrown(late.ask.write(2)), 'it is not even sent').toBeInstanceOf(LockLost)
    expect(() => late.tell.write(2)).toThrow(LockLost)
    const second = await mutex(locks, 'm').acquire()
    expect(await second.guard(to).with({ deadline: 4_000 }).ask.write(3)).toBe(3)
    const error = await thrown(to.ask.write(first.pass, 4))
    expect(StaleToken.is(error)).toBe(true)
    expect(error.message).toBe(
      `${to.id}.write: token ${first.token} is refused, as ${second.token} is in force; ` +
        'whoever has it has lost its lock to a later holder',
    )
    const untyped = to as unknown as Ref<{ write(value: number): number }>
    expect(await thrown(untyped.ask.write(5))).toMatchObject({ code: NoToken.code })
    expect(await to.ask.peek()).toBe(3)
    const slow = thrown(second.guard(to).ask.slow(9))
    await second.release()
    expect(await slow, 'and what is under way ends with the lock').toBeInstanceOf(Aborted)
  })

  test('holders of a semaphore do not shut each other out; who is older than all of them is', async () => {
    const { system } = the()
    const locks = await the().locks()
    const to = await system.spawn(fencedLedger, 0)
    const pool = semaphore(locks, 'pool', 2)
    const [a, b] = [await pool.acquire(), await pool.acquire()]
    expect(await b.guard(to).ask.write(2)).toBe(2)
    expect(await a.guard(to).ask.write(1)).toBe(1)
    await a.release()
    const c = await pool.acquire()
    expect(await c.guard(to).ask.write(3)).toBe(3)
    expect(await thrown(to.ask.write(a.pass, 4))).toMatchObject({ code: StaleToken.code })
    expect(await b.guard(to).ask.write(5)).toBe(5)
    await Promise.all([b.release(), c.release(), to.stop()])
  })

  test('the server by hand: as simple as it can be asked', async () => {
    const locks = await the().locks({ most: 2, longest: 1_000 })
    const { token } = await locks.ask.acquire('m', 0, 500)
    const waits = locks.ask.acquire('m', 500, 500)
    await waiting(locks, 'm', 1)
    expect(await thrown(locks.ask.acquire('n', 0, 500))).toMatchObject({ code: 'lock-table-full' })
    expect(await locks.ask.renew('m', token, 500)).toBe(true)
    expect(await locks.ask.release('m', token)).toBe(true)
    const next = await waits
    expect(next.token).toBeGreaterThan(token)
    const error = await thrown(locks.ask.acquire('m', 0, 2_000))
    expect(error).toMatchObject({ code: LockRequestInvalid.code })
    expect(error.message).toBe("lock 'm': lease is 2000; it must be above 0, and at most 1000 ms: it is renewed")
    expect(await locks.ask.release('m', next.token)).toBe(true)
    expect(await locks.ask.release('m', next.token)).toBe(false)
  })
})

test('a server that begins anew gives later tokens, and nothing while an earlier lease may last', async () => {
  const { createSystem } = await import('@troupe/actors')
  const { lockServer } = await import('@troupe/lock')
  const { ender } = await import('./fixtures/ender.ts')
  await using system = await createSystem({ threads: 1 })
  const locks: Ref<LockServer> = await system.spawn(lockServer, { longest: 300 }, { on: thread(1) })
  const before = await mutex(locks, 'm', { renew: false }).acquire({ lease: 300 })
  const lost = new Promise(done => void system.on('threadLost', done))
  const victim = await system.spawn(ender, undefined, { on: thread(1) })
  victim.tell.exit()
  await lost
  const after = await mutex(locks, 'm').acquire({ lease: 300 })
  expect(after.token).toBeGreaterThan(before.token)
  expect(before.remaining(), 'the earlier lease is over').toBe(0)
  await after.release()
})
