// Host threads on real workers, where a whole system would not come to what is to be seen.
import { afterEach, expect, test } from 'vitest'
import { Core } from '../core/core.ts'
import { defaultLimits } from '../core/platform.ts'
import { HostThreads } from './host-threads.ts'
import { NodePlatform } from './node-platform.ts'
import { createParts } from './system-parts.ts'
import { MOST_LIVES, NOBODY } from './thread-board.ts'
import { emptyVault } from './vault.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** The first thread and one host thread; before that starts, numbers are used up to `lives`. */
function hosted({ lives = 2, replaceThreads = true, url = new URL('../host.ts', import.meta.url) } = {}) {
  const parts = createParts(2, 2)
  const platform = new NodePlatform(parts, 0, () => {})
  const core = new Core(platform, defaultLimits)
  const { memory } = platform.lanes!
  const { board } = memory
  while (board.lives < lives) {
    const thread = board.seat(3)!
    board.enter(thread)
    board.end(thread)
    board.vacate(3)
  }
  platform.start(core)
  const told: string[] = []
  let changed = Promise.withResolvers<void>()
  const tell = (line: string): void => {
    told.push(line)
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const hosts = new HostThreads({
    memory,
    pool: { url, count: 1, resourceLimits: undefined },
    task: { parts, limits: defaultLimits },
    quarantined: () => [],
    rules: { replaceThreads, blockedAfter: Infinity, endBlockedAfter: Infinity, endWhileInspected: false },
    events: {
      lost: (thread, error) => tell(`${thread} lost: ${(error as Error).message}`),
      replaced: (thread, by) => tell(`${thread} replaced by ${by}`),
      notReplaced: (thread, why) => tell(`${thread} not replaced: ${why}`),
      blocked: thread => tell(`${thread} blocked`),
      stuck: thread => tell(`${thread} stuck`),
      unwatched: error => tell(error.message),
    },
    because: () => new Error('declared'),
  })
  const heirs: [number, number][] = []
  platform.onGone = thread => void hosts.reasonOf(thread)
  platform.onHeir = (lost, heir) => heirs.push([lost, heir])
  platform.onChange = () => {
    hosts.look()
    changed.resolve()
    changed = Promise.withResolvers()
  }
  open.push(async () => {
    hosts.close()
    hosts.expectEnd()
    for (const thread of hosts.living) core.calls.send(thread, 'end', undefined)
    await hosts.end(url.href.includes('heir-host') ? 0 : 5_000)
    platform.close()
  })
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await changed.promise
  }
  return { parts, board, hosts, told, heirs, until }
}

test('when numbers are used up a lost thread is not replaced, and that is said', async () => {
  const last = MOST_LIVES - 1
  const { board, hosts, told, heirs, until } = hosted({ lives: last })
  await until(() => board.entered(1))
  board.declareLost(1)
  await until(() => heirs.length === 1)
  expect(hosts.living).toEqual([last])
  board.declareLost(last)
  await until(() => heirs.length === 2)
  expect(told).toEqual([
    '1 lost: declared',
    `1 replaced by ${last}`,
    `${last} lost: declared`,
    `${last} not replaced: the system has had all of its 4095 threads`,
  ])
  expect(heirs).toEqual([
    [1, last],
    [last, NOBODY],
  ])
  expect([hosts.living, board.current(1)]).toEqual([[], last])
})

test('a successor that is lost before it was there is no heir: who comes next is that of both', async () => {
  const { board, told, heirs, until } = hosted()
  await until(() => board.entered(1))
  board.declareLost(1)
  await until(() => board.lives === 3)
  board.declareLost(2)
  await until(() => heirs.length === 2)
  expect(told.filter(line => line.includes('replaced'))).toEqual(['1 replaced by 3', '2 replaced by 3'])
  expect(heirs).toEqual([
    [1, 3],
    [2, 3],
  ])
  expect([board.current(1), board.current(2)]).toEqual([3, 3])
})

test('an heir inherits from all before it whose vaults have not been emptied, and from those that were never there', async () => {
  const url = new URL('../../test/fixtures/heir-host.ts', import.meta.url)
  const { parts, board, heirs, until } = hosted({ url })
  const inherited = new Int32Array(parts.claims)
  const loses = async (thread: number): Promise<void> => {
    board.declareLost(thread)
    await until(() => heirs.length === thread)
  }
  await until(() => board.entered(1))
  await loses(1)
  await loses(2)
  expect([...inherited.subarray(1, 4)]).toEqual([0, 0b10, 0b110])
  for (const lost of [1, 2]) emptyVault(parts.vaults[board.slotOf(lost)]!, lost)
  await loses(3)
  expect(inherited[4]).toBe(0b1000)
})

test('nobody takes the place of one that is not to be replaced, nor of one that is lost while all is closed', async () => {
  const not = hosted({ replaceThreads: false })
  await not.until(() => not.board.entered(1))
  not.board.declareLost(1)
  await not.until(() => not.heirs.length === 1)
  const closing = hosted()
  await closing.until(() => closing.board.entered(1))
  closing.hosts.close()
  closing.board.declareLost(1)
  await closing.until(() => closing.heirs.length === 1)
  for (const { heirs, told, hosts } of [not, closing]) {
    expect([heirs, told, hosts.living]).toEqual([[[1, NOBODY]], ['1 lost: declared'], []])
  }
})
