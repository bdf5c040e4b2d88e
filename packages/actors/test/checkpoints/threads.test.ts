// What a real thread has left in its vault, whatever ended it.
import { type AnyRef, createSystem, type Ref, thread } from '@troupe/actors'
import { describe, expect, test } from 'vitest'
import type { Core } from '../../src/core/core.ts'
import { host } from '../../src/core/hosting.ts'
import { type Remains, remainsOf } from '../../src/core/remains.ts'
import { account, ender, hourly, Money } from '../fixtures/checkpoints.ts'

const coreOf = (system: unknown): Core => (system as { [host](): Core })[host]()

interface Adding {
  asked: number
  /** What it was told: each time how often it has added. */
  told: number[]
}
/** Adds all the time, 20 at a time, while `wanted`. */
async function add(ref: Ref<typeof account>, wanted: () => boolean): Promise<Adding> {
  const adding: Adding = { asked: 0, told: [] }
  const one = async (): Promise<void> => {
    while (wanted()) {
      adding.asked++
      await ref.ask.add(1).then(
        count => adding.told.push(count),
        () => {},
      )
    }
  }
  await Promise.all(Array.from({ length: 20 }, one))
  return adding
}

const owners = ['ann', 'bob', 'eve']
const small = { maxOldGenerationSizeMb: 64 }
const one = { on: thread(1) }

describe.each(['exit', 'throws', 'fills'] as const)('a thread that ends (%s)', how => {
  test('leaves all that anybody was told of', async () => {
    const system = await createSystem({ threads: 2, resourceLimits: small, replaceThreads: false })
    let left: Remains[] | undefined
    system.on('threadLost', () => (left ??= remainsOf(coreOf(system), 1)))
    try {
      const refs = await Promise.all(owners.map(name => system.spawn(account, name, { ...one, name })))
      const lazy = await system.spawn(hourly, undefined, one)
      await system.spawn(account, 'elsewhere', { on: thread(2) })
      for (let i = 0; i < 200; i++) await lazy.ask.add()
      const end = await system.spawn(ender, undefined, one)
      const adding = refs.map(ref => add(ref, () => left === undefined))
      setTimeout(() => end.tell[how](), 100)
      const all = await Promise.all(adding)
      const ids = (list: { id: string }[]) => list.map(({ id }) => id).sort() // prettier-ignore
      expect(ids(left!.map(({ address }) => address))).toEqual(ids([...refs, lazy, end] as AnyRef[]))
      for (const [i, ref] of refs.entries()) {
        const remains = left!.find(({ address }) => address.id === ref.id)!
        expect(remains).toMatchObject({ hasState: true, epoch: 0, name: owners[i], pinned: true })
        const { state, extra, init } = await remains.actor()
        const { count, money, lines, owner } = state as { count: number; money: Money; lines: string[]; owner: string }
        const { asked, told } = all[i]!
        expect(told.length).toBeGreaterThan(0)
        expect(count).toBeGreaterThanOrEqual(Math.max(...told))
        expect(count).toBeLessThanOrEqual(asked)
        expect(money).toEqual(new Money(count))
        expect([lines.length, owner, init]).toEqual([Math.ceil(count / 10), remains.name, remains.name])
        expect(extra!.timers!.size).toBe(1)
      }
    } finally {
      await system.close()
    }
  })

  test('is followed by one on which its actors go on: nothing is told twice', async () => {
    const system = await createSystem({ threads: 2, resourceLimits: small })
    let replaced = false
    let after = 0
    system.on('threadReplaced', () => (replaced = true))
    try {
      const refs = await Promise.all(owners.map(name => system.spawn(account, name, { ...one, name })))
      const end = await system.spawn(ender, undefined, one)
      const adding = refs.map(ref => add(ref, () => !replaced || after++ < 3_000))
      setTimeout(() => end.tell[how](), 100)
      for (const [i, { asked, told }] of (await Promise.all(adding)).entries()) {
        expect(new Set(told).size).toBe(told.length)
        const count = await refs[i]!.ask.add(1)
        expect(count).toBeGreaterThan(Math.max(...told))
        expect(count).toBeLessThanOrEqual(asked + 1)
        expect((await system.lookup(account, owners[i]!))!.id).toBe(refs[i]!.id)
      }
    } finally {
      await system.close()
    }
  })
})

test('a system of one thread keeps nothing, and asks for nothing', async () => {
  const system = await createSystem({ threads: 0 })
  const ref = await system.spawn(account, 'ann')
  expect(await ref.ask.add(1)).toBe(1)
  expect(coreOf(system).platform.vault).toBe(undefined)
  await system.close()
})

test('a vault has the size that the system says', async () => {
  const system = await createSystem({ threads: 1, vault: 70_000 })
  const full = new Promise(done => system.on('vaultFull', done))
  const refs = []
  for (let i = 0; i < 300; i++) refs.push(await system.spawn(account, 'x'.repeat(200)))
  expect(await full).toMatchObject({ thread: 1, bytes: 70_000 })
  expect(await refs[299]!.ask.add(1)).toBe(1)
  await system.close()
  await expect(createSystem({ vault: 0 })).rejects.toThrow('createSystem: vault is 0; it must be a number above 0')
})
