import { expect, test } from 'vitest'
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import { ASKED, METHOD_SHIFT, ONE_ARGUMENT } from './mailbox.ts'
import type { Platform } from './platform.ts'
import { Scheduler } from './scheduler.ts'
import { notedTurn, TURN_WORDS } from './turn-words.ts'

const addressOf = (number: number, home: number, birth: number, serial: number): Address =>
  ({ protocol: { number }, home, birth, serial }) as unknown as Address

/** A scheduler whose words can be read from outside, not at their start. */
function scheduled() {
  const words = new Int32Array(TURN_WORDS + 3)
  const turnWords = words.subarray(3)
  const platform = { now: () => 0, wake: () => {}, turnWords } as unknown as Platform
  const scheduler = new Scheduler(platform, () => {})
  const seen: unknown[] = []
  const look = () => void seen.push(notedTurn(words, 3))
  const run = (address: Address, run: () => void) => {
    const cell = { queued: false, address, run } as unknown as Cell
    scheduler.enqueue(cell)
    scheduler.run(Infinity)
    return cell
  }
  return { scheduler, seen, look, run, now: () => notedTurn(words, 3) }
}

test('the words tell of the turn that runs, and of none between slices', () => {
  const { scheduler, seen, look, run, now } = scheduled()
  expect(now()).toBe(undefined)
  run(addressOf(7, 3, 4095, 2 ** 39 + 5), () => {
    for (const method of [0, 65_535]) {
      scheduler.begins((method << METHOD_SHIFT) | ASKED | ONE_ARGUMENT)
      look()
    }
  })
  const actor = { protocol: 7, home: 3, birth: 4095, serial: 2 ** 39 + 5 }
  expect(seen).toEqual([
    { ...actor, method: 0 },
    { ...actor, method: 65_535 },
  ])
  expect(now()).toBe(undefined)
})

test('words that nobody has written tell of no turn', () => {
  expect(notedTurn(new Int32Array(TURN_WORDS), 0)).toBe(undefined)
})

test('a hook in the middle of another actor’s turn is noted, and then that turn again', () => {
  const { scheduler, seen, look, run, now } = scheduled()
  const other = { address: addressOf(2, 1, 0, 9) } as unknown as Cell
  run(addressOf(1, 1, 0, 8), () => {
    scheduler.begins(5 << METHOD_SHIFT)
    scheduler.inHook(other, 'stopping', () => {
      look()
      scheduler.inHook(other, 'body', look)
    })
    look()
    scheduler.begins(5 << METHOD_SHIFT)
    look()
  })
  expect(seen).toEqual([
    { protocol: 2, home: 1, birth: 0, serial: 9, method: 'stopping' },
    { protocol: 2, home: 1, birth: 0, serial: 9, method: 'body' },
    { protocol: 1, home: 1, birth: 0, serial: 8, method: 5 },
    { protocol: 1, home: 1, birth: 0, serial: 8, method: 5 },
  ])
  scheduler.inHook(other, 'started', () => expect(now()?.method).toBe('started'))
  expect(now()).toBe(undefined)
})
