// A holder in a process of its own, stopped by the operating system past its lease: it is the token that keeps it out.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createSystem } from '@troupe/actors'
import { lockServer, mutex } from '@troupe/lock'
import { expect, test } from 'vitest'
import { fencedLedger } from './fixtures/holders.ts'

test.skipIf(process.platform === 'win32')(
  'a process that is stopped past its lease writes nothing',
  async () => {
    const cluster = `lock-test-${process.pid}`
    await using system = await createSystem({ threads: 0, node: { name: 'keeper', cluster } })
    const locks = await system.spawn(lockServer, undefined, { name: 'locks' })
    const to = await system.spawn(fencedLedger, 0, { name: 'ledger' })
    const child = fork(new URL('./fixtures/paused-holder.ts', import.meta.url), [cluster, '300'], { execArgv: [] })
    try {
      const [{ token }] = (await once(child, 'message')) as [{ token: string }]
      expect(await to.ask.peek()).toBe(1)
      child.kill('SIGSTOP')
      await using lock = await mutex(locks, 'ledger').acquire()
      expect(lock.token).toBeGreaterThan(BigInt(token))
      expect(await lock.guard(to).ask.write(2)).toBe(2)
      child.send('write')
      child.kill('SIGCONT')
      const [late] = (await once(child, 'message')) as [unknown]
      expect(late).toEqual({ outcome: 'stale-token', aborted: true })
      expect(await to.ask.peek()).toBe(2)
    } finally {
      child.kill('SIGKILL')
    }
  },
  30_000,
)
