// What docs/ring.md shows is what was measured, and what does not depend on the machine is measured again.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { evenness } from './ring-evenness.ts'
import { drawn, pictures, tableOf, type Figures } from './ring-pictures.ts'

const read = (file: string) => readFileSync(new URL(`../docs/${file}`, import.meta.url), 'utf8')
const figures = JSON.parse(read('pictures/ring.json')) as Figures[]

test.each(Object.entries(pictures))('%s is drawn from the figures', (name, picture) => {
  expect(read(`pictures/${name}.svg`)).toBe(drawn(figures, picture))
  expect(read('ring.md')).toContain(`pictures/${name}.svg`)
})

test('the table has the figures', () => {
  expect(read('ring.md')).toContain(`\n${tableOf(figures)}\n`)
})

describe.each(figures)('$strategy', ({ strategy, evenness: found }) => {
  test('its keys are spread, and move, as the figures say', () => {
    expect(evenness(strategy, 10)).toEqual(found['10'])
  })
})
