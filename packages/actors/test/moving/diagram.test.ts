// docs/moving.md says what the code says: the states, the messages, and the reasons for which an actor does not move.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { MoveFailed } from '../../src/core/errors.ts'
import * as messages from '../../src/core/handoff-frame.ts'
import { steps } from '../../src/core/handoff-states.ts'
import { path, printed, stateDiagram, stateTable } from './diagram.ts'

const document = readFileSync(path, 'utf8')

/** The first cells of the table whose head begins so. */
function firstCells(text: string, head: string): string[] {
  const lines = text.split('\n')
  const from = lines.findIndex(line => line.startsWith(head)) + 2
  const to = lines.findIndex((line, at) => at >= from && !line.startsWith('|'))
  return lines.slice(from, to).map(line => /^\| `?(.*?)`? \|/.exec(line)![1]!)
}

test('its table and its diagram of the states are those that are printed from the code', () => {
  expect(printed(document), 'run node packages/actors/test/moving/diagram.ts').toBe(document)
})

test('each step is in both, once', () => {
  for (const [from, next] of Object.entries(steps)) {
    for (const [step, to] of Object.entries(next)) {
      expect(stateTable().split(`| ${from} | ${step} | ${to} |`)).toHaveLength(2)
      expect(stateDiagram().split(`    ${from} --> ${to}: ${step}\n`)).toHaveLength(2)
    }
  }
})

test('a document that says something else is told apart, and so is one without a place for it', () => {
  const other = document.replace('here --> leaving: offer', 'here --> given: offer')
  expect(other).not.toBe(document)
  expect(printed(other)).toBe(document)
  expect(() => printed('# Moving')).toThrow('the document has no <!-- begin --> … <!-- end -->')
})

test('it has each message, and no other', () => {
  const others = ['HANDOFF_WORDS', 'REVIVED'] // how long one is, and a ticket
  const known = Object.entries(messages).filter(([name, value]) => typeof value === 'number' && !others.includes(name))
  expect(firstCells(document, '| message |')).toEqual(known.map(([name]) => name))
})

test('it has each reason for which an actor does not move', () => {
  const why: Record<MoveFailed['why'], true> = {
    state: true,
    'too-large': true,
    behavior: true,
    gone: true,
    late: true,
    pinned: true,
    fault: true,
    upgrade: true,
  }
  expect(firstCells(document, '| `why` |').toSorted()).toEqual(Object.keys(why).toSorted())
})
