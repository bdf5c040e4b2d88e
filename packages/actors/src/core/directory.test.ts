// Which actors a thread hosts, and what it makes of those that it has not heard of.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Address } from './address.ts'
import { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { Directory } from './directory.ts'
import { Places } from './places.ts'
import type { Protocol } from './protocol.ts'

const THREADS = 3
function open(thread = 0) {
  const world = { hosted: 0, lost: new Set<number>() }
  const core = {
    platform: { thread, threads: THREADS, hosts: (change: number) => void (world.hosted += change) },
    hasLost: (other: number) => world.lost.has(other),
    routes: { size: 0, cells: () => [] }, // none has moved
  } as unknown as Core
  return { world, core, directory: new Directory(core) }
}
const protocol = { name: 'it', core: { platform: { thread: 0 }, places: new Places(undefined) } } as unknown as Protocol

test('addresses are numbered by the thread they are for; one that was not used is given again', () => {
  const { directory } = open()
  const ids = [0, 0, 1, 2, 1].map(home => directory.next(protocol, home).id)
  expect(ids).toEqual(['it#0.0.1', 'it#0.0.2', 'it#1.0.1', 'it#2.0.1', 'it#1.0.2'])
  directory.takeBack(directory.next(protocol, 1))
  expect(directory.next(protocol, 1).id).toBe('it#1.0.3')
})

test('an actor whose spawn is still to come is expected; one that has gone is not', () => {
  const { directory, world } = open()
  const expected = directory.reach(protocol, 1, 3)!
  expect(expected.cell!.status).toBe('expected')
  expect(directory.reach(protocol, 1, 3)).toBe(expected)
  directory.arrived(1, 3)
  directory.remove(expected.cell!)
  expect(expected.cell).toBe(undefined)
  expect(directory.reach(protocol, 1, 3)).toBe(undefined)
  expect(directory.reach(protocol, 1, 2)).toBe(undefined) // spawns come in order: it had come before
  expect(directory.reach(protocol, 1, 4)!.cell!.status).toBe('expected')
  expect(directory.reach(protocol, 2, 1)!.cell!.status).toBe('expected') // each thread counts its own
  expect(directory.reach(protocol, 0, 1)).toBe(undefined) // its own spawns are always there
  expect([directory.size, world.hosted]).toEqual([2, 2])
})

test('from a thread that was lost nothing is expected any more', () => {
  const { directory, world } = open()
  const found = directory.reach(protocol, 1, 1)
  world.lost.add(1)
  expect(directory.reach(protocol, 1, 1)).toBe(found)
  expect(directory.reach(protocol, 1, 2)).toBe(undefined)
})

test('it lists, counts and reports exactly those that were added and not removed', () => {
  const steps = fc.array(fc.record({ birth: fc.nat(THREADS - 1), remove: fc.boolean() }), { maxLength: 100 })
  fc.assert(
    fc.property(steps, list => {
      const { directory, core, world } = open()
      const model: Cell[] = []
      let serial = 0
      for (const { birth, remove } of list) {
        if (remove && model.length > 0) {
          const cell = model.splice(model.length >> 1, 1)[0]!
          directory.remove(cell)
          directory.remove(cell) // again: nothing more happens
        } else {
          const address = new Address(protocol, 0, birth, ++serial)
          const cell = new Cell(core, address, 'placed', undefined, undefined)
          directory.add(cell)
          model.push(cell)
          expect(directory.find(birth, serial)).toBe(address)
        }
        expect(new Set(directory)).toEqual(new Set(model))
        expect([directory.size, world.hosted]).toEqual([model.length, model.length])
      }
    }),
  )
})
