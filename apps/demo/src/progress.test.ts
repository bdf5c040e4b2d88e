import { stripVTControlCharacters, styleText } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headed, progressOn } from './progress.ts'
import type { Screen } from './screen.ts'

function recorded(live: boolean, columns = 80): { screen: Screen; written: string[] } {
  const written: string[] = []
  const paint: Screen['paint'] = (how, text) => (live ? styleText(how, text, { validateStream: false }) : text)
  return { written, screen: { live, columns, write: text => void written.push(text), paint } }
}

test('a bar is drawn over itself, at most every 80 ms, and wiped away at the end', () => {
  const { screen, written } = recorded(true)
  let time = 1_000
  const progress = progressOn(screen, () => time)
  for (; time < 1_200; time++) progress.update({ landed: 1_234_500, fraction: 0.5 })
  expect(written.map(stripVTControlCharacters)).toEqual([
    `\r${'█'.repeat(14)}${'░'.repeat(14)}   50%  1,234,500 flights landed  15,431,250/s`,
    `\r${'█'.repeat(14)}${'░'.repeat(14)}   50%  1,234,500 flights landed  7,715,625/s`,
  ])
  progress.end()
  expect(written.at(-1)).toBe('\r\x1b[K')
})

test('elsewhere plain lines, at most two a second', () => {
  const { screen, written } = recorded(false)
  let time = 0
  const progress = progressOn(screen, () => time)
  for (; time <= 1_000; time++) progress.update({ landed: time * 1_000, fraction: time / 2_000 })
  progress.end()
  expect(written).toEqual([
    ' 25%  500,000 flights landed  1,000,000/s\n',
    ' 50%  1,000,000 flights landed  1,000,000/s\n',
  ])
})

test('without a known end there is no bar and no percentage', () => {
  const { screen, written } = recorded(true)
  let time = 0
  const progress = progressOn(screen, () => time)
  time = 1_000
  progress.update({ landed: 7, fraction: undefined })
  expect(written).toEqual(['\r7 flights landed  7/s\x1b[K'])
})

test('nothing is told before the first landing', () => {
  for (const live of [true, false]) {
    const { screen, written } = recorded(live)
    let time = 0
    const progress = progressOn(screen, () => time)
    for (; time < 5_000; time += 100) progress.update({ landed: 0, fraction: 0.1 })
    expect(written).toEqual([])
    progress.update({ landed: 1, fraction: 0.1 })
    expect(written).toHaveLength(1)
  }
})

test('nothing drawn, nothing to wipe away', () => {
  const { screen, written } = recorded(true)
  progressOn(screen, () => 0).end()
  expect(written).toEqual([])
})

test('a bar never reaches the last column, however narrow the screen', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 10 ** 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (columns, landed, fraction) => {
        const { screen, written } = recorded(true, columns)
        let time = 0
        const progress = progressOn(screen, () => time)
        time = 100
        progress.update({ landed, fraction })
        const line = stripVTControlCharacters(written.join('')).replace('\r', '')
        expect(line.length).toBeLessThan(Math.max(2, columns))
        if (columns >= 100) expect(line).toContain(`${Math.floor(fraction * 100)}%`)
      },
    ),
  )
})

test('a heading stands above the first of it, once; without any, there is none', () => {
  const { screen, written } = recorded(false)
  let time = 0
  const progress = headed(
    progressOn(screen, () => time),
    screen,
    'Replaying\n',
  )
  expect(written).toEqual([])
  progress.update({ landed: 0, fraction: 0 })
  expect(written).toEqual(['Replaying\n'])
  time = 1_000
  progress.update({ landed: 7, fraction: 0.5 })
  progress.end()
  expect(written).toEqual(['Replaying\n', ' 50%  7 flights landed  7/s\n'])
})
