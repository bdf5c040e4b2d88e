// What can be declared a goroutine, and what calling one gives.
import { describe, expect, test } from 'vitest'
import { defined } from './core/behavior-value.ts'
import { InvalidCall } from './core/errors.ts'
import { goroutineValue, refuseGoroutine, type Start, startOf } from './core/goroutine-value.ts'
import { goroutine } from './goroutine.ts'

const { url } = import.meta
const body = async () => 1
const work = goroutine(import.meta, 'work', async (_ctx, a: number, b: string) => `${a} ${b}`)

describe('goroutine()', () => {
  test('defines it under its module and name, like a behavior', () => {
    expect(defined({ url, name: 'work' })).toBe(startOf(work(1, 'x'), []).goroutine)
    expect(work.name).toBe('work')
  })

  test.each([
    ['import.meta', () => goroutine(undefined as never, 'a', body), 'its first argument is import.meta'],
    ['a name', () => goroutine(import.meta, body as never, body), 'its second argument is a name'],
    ['a name that is not empty', () => goroutine(import.meta, '', body), 'its second argument is a name'],
    ['a body', () => goroutine(import.meta, 'a', {} as never), "goroutine 'a': its third argument is its body"],
  ])('needs %s', (_what, declare, words) => {
    expect(declare).toThrow(InvalidCall)
    expect(declare).toThrow(words)
  })

  test('two of one name cannot be told apart', () => {
    for (const n of [1, 2]) goroutine(import.meta, 'twice', async () => n)
    expect(() => defined({ url, name: 'twice' })).toThrow(/two behaviors or goroutines named 'twice'/)
  })
})

describe('what `go` takes', () => {
  test('a Start and options, or a goroutine and its arguments', () => {
    const { goroutine } = work(1, 'x') as unknown as Start
    expect(startOf(work(1, 'x'), [])).toEqual({ goroutine, args: [1, 'x'], options: {} })
    expect(startOf(work(1, 'x'), [{ name: 'n' }])).toEqual({ goroutine, args: [1, 'x'], options: { name: 'n' } })
    expect(startOf(work, [1, 'x'])).toEqual({ goroutine, args: [1, 'x'], options: {} })
  })

  test.each([
    [goroutineValue(url, 'inner', body), "'inner' is a behavior; its actors are spawned: spawn(inner, …)"],
    [body, 'the function body is no goroutine; declare it at module level'],
    [body(), 'a promise is no goroutine'],
    ['work', "the string 'work' is no goroutine"],
    [null, 'null is no goroutine'],
  ])('nothing else: %o', (wrong, words) => {
    expect(() => startOf(wrong, [])).toThrow(InvalidCall)
    expect(() => startOf(wrong, [])).toThrow(words)
  })

  test('nobody else takes it', () => {
    expect(() => refuseGoroutine('spawn', work)).toThrow("spawn: 'work' is a goroutine; start it: go(work(…))")
    expect(() => refuseGoroutine('lookup', work(1, 'x'))).toThrow("lookup: 'work' is a goroutine")
    expect(() => refuseGoroutine('spawn', {})).not.toThrow()
  })
})
