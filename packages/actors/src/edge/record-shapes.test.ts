// Record shapes within msgpackr's own key tree: it must hold the shapes that have a number and a bounded rest, whatever
// keys come by. That frames stay readable is tested in codec.test.ts.

import { Packr } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import { MOST_SHAPES, RecordShapes } from './record-shapes.ts'
import { SharedTable } from './shared-table.ts'

function encoder(table: SharedTable): { shapes: RecordShapes; encode: (value: object) => void } {
  const shapes = new RecordShapes(table)
  const packr = new Packr(shapes.encoderOptions())
  const encode = (value: object): void => {
    shapes.beforeEncode()
    packr.pack(value)
  }
  return { shapes, encode }
}

function nodesIn(tree: object | null | undefined): number {
  let nodes = 0
  for (const [key, value] of Object.entries(tree ?? {})) if (key !== '__keys__') nodes += 1 + nodesIn(value as object)
  return nodes
}

describe('the key tree stays bounded', () => {
  test('when no key comes twice', () => {
    const { shapes, encode } = encoder(SharedTable.create({ entries: 1024, units: 1 << 16 }))
    let most = 0
    for (let i = 0; i < 30_000; i++) {
      encode({ [`user-${i}`]: { [`n${i}`]: 1 } })
      if (i % 500 === 0) most = Math.max(most, nodesIn(shapes.forEncoder.transitions))
    }
    expect(most).toBeGreaterThan(1000)
    expect(most).toBeLessThan(10_000)
  })

  test('when the keys are too long for a shape, and when the table is full', () => {
    const { shapes, encode } = encoder(SharedTable.create({ entries: 1, units: 100 }))
    for (let i = 0; i < 5; i++) encode({ a: 1 })
    for (let i = 0; i < 20_000; i++) encode({ [`${'long'.repeat(200)}-${i}`]: 1, [`x${i % 3000}`]: 1 })
    expect(shapes.forEncoder.sharedLength).toBe(1)
    expect(nodesIn(shapes.forEncoder.transitions)).toBeLessThan(10_000)
  })

  test('when the last number is given away', () => {
    const table = SharedTable.create({ entries: MOST_SHAPES, units: 1 << 16 })
    for (let i = 0; i < MOST_SHAPES; i++) table.intern(JSON.stringify([`taken${i}`]))
    const { shapes, encode } = encoder(table)
    for (let i = 0; i < 3; i++) encode({ taken3: 1 })
    expect(shapes.forEncoder.sharedLength).toBe(MOST_SHAPES)
    for (let i = 0; i < 30_000; i++) encode({ [`user-${i}`]: 1 })
    expect(nodesIn(shapes.forEncoder.transitions)).toBeLessThan(10_000 + MOST_SHAPES)
  })
})
