// The shared table: the same ids on every thread whatever the order of things, also when threads race for the same texts,
// end in the middle, or find it full.

import fc from 'fast-check'
import { once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { Worker } from 'node:worker_threads'
import { TroupeError } from '../core/errors.ts'
import { SharedTable } from './shared-table.ts'

const TABLE = new URL('./shared-table.ts', import.meta.url).href

/** A thread that runs `body(table, post, data)` on the table in `memory`. */
function threadOn(memory: SharedArrayBuffer, body: string, data: unknown): Worker {
  const code = `const { parentPort, workerData } = require('node:worker_threads')
    import(workerData.url).then(({ SharedTable }) => {
      (${body})(new SharedTable(workerData.memory), (value) => parentPort.postMessage(value), workerData.data)
    })`
  return new Worker(code, { eval: true, workerData: { url: TABLE, memory, data } })
}

describe('one thread', () => {
  test('ids are dense from 0, and a text keeps its id', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 60 }), texts => {
        const table = SharedTable.create({ entries: 64, units: 4096 })
        const ids = texts.map(text => table.intern(text))
        const distinct = [...new Set(texts)]
        expect(ids).toEqual(texts.map(text => distinct.indexOf(text)))
        expect(table.length).toBe(distinct.length)
        const other = new SharedTable(table.memory)
        expect(distinct.map((_, id) => other.text(id))).toEqual(distinct)
        expect(distinct.map(text => other.idOf(text))).toEqual(distinct.map((_, id) => id))
      }),
      { numRuns: 30 },
    )
  })

  test('texts come out as they went in: empty, long, lone surrogates, names of prototypes', () => {
    const table = SharedTable.create({ entries: 8, units: 1 << 18 })
    const texts = ['', 'x'.repeat(200_000), '\ud800', 'żółć', '__proto__', 'constructor', '\0']
    for (const text of texts) table.intern(text)
    const other = new SharedTable(table.memory)
    expect(texts.map((_, id) => other.text(id) === texts[id])).toEqual(texts.map(() => true))
    expect(other.idOf('toString')).toBe(-1)
  })

  test('what another has added is seen by id, by text and in the length', () => {
    const one = SharedTable.create({ entries: 8, units: 64 })
    const two = new SharedTable(one.memory)
    expect([one.intern('a'), two.intern('b'), one.intern('c')]).toEqual([0, 1, 2])
    expect([two.text(2), one.idOf('b'), two.length]).toEqual(['c', 1, 3])
    expect(() => one.text(3)).toThrow(/no entry 3/)
  })

  test.each([[{ entries: 2, units: 100 }], [{ entries: 100, units: 6 }]])(
    'full (%o): a typed error, and what is there stays',
    size => {
      const table = SharedTable.create(size)
      table.intern('a')
      table.intern('b')
      expect(table.tryIntern('c')).toBe(-1)
      expect(() => table.intern('c')).toThrow(TroupeError)
      expect(() => table.intern('c')).toThrow(expect.objectContaining({ code: 'table-full' }))
      expect([table.intern('a'), table.intern('b'), table.length]).toEqual([0, 1, 2])
    },
  )

  test('a text too long for what is left does not take the room from a shorter one', () => {
    const table = SharedTable.create({ entries: 8, units: 20 })
    expect(table.tryIntern('x'.repeat(30))).toBe(-1)
    expect(table.tryIntern('short')).toBe(0)
  })

  test('sizes that make no sense are refused', () => {
    expect(() => SharedTable.create({ entries: 0, units: 10 })).toThrow(TroupeError)
    expect(() => SharedTable.create({ entries: 1.5, units: 10 })).toThrow(TroupeError)
    expect(SharedTable.create({ entries: 3, units: 7 }).memory.byteLength).toBe(
      SharedTable.bytesFor({ entries: 3, units: 7 }),
    )
  })
})

describe('many threads', () => {
  /** Runs `meanwhile` just before the first compare-and-swap of the word that publishes an entry. */
  function beforePublishing(meanwhile: () => void): void {
    const swap = Atomics.compareExchange
    const spy = vi.spyOn(Atomics, 'compareExchange').mockImplementation(((
      words: Int32Array,
      at: number,
      was: number,
      is: number,
    ) => {
      if (at === 0) return swap(words, at, was, is)
      spy.mockRestore()
      meanwhile()
      return swap(words, at, was, is)
    }) as typeof Atomics.compareExchange)
  }

  test('a loser of the race for a place takes the next one, or the id of its own text', () => {
    const one = SharedTable.create({ entries: 8, units: 100 })
    const two = new SharedTable(one.memory)
    beforePublishing(() => two.intern('theirs'))
    expect([one.intern('ours'), two.intern('ours'), one.intern('theirs')]).toEqual([1, 1, 0])
    beforePublishing(() => {
      two.intern('more')
      two.intern('same')
    })
    expect([one.intern('same'), two.intern('same'), one.length]).toEqual([3, 3, 4])
    expect([0, 1, 2, 3].map(id => one.text(id))).toEqual(['theirs', 'ours', 'more', 'same'])
  })

  test('a loser of the last place is told that the table is full', () => {
    const one = SharedTable.create({ entries: 1, units: 100 })
    const two = new SharedTable(one.memory)
    beforePublishing(() => two.intern('theirs'))
    expect([one.tryIntern('ours'), one.tryIntern('theirs')]).toEqual([-1, 0])
  })

  test('racing for the same texts in different orders agree on every id', async () => {
    const texts = Array.from({ length: 600 }, (_, i) => `text ${i} ${'y'.repeat(i % 50)}`)
    const table = SharedTable.create({ entries: 600, units: 1 << 17 })
    const gate = new Int32Array(new SharedArrayBuffer(4))
    const body = `(table, post, { texts, gate, step }) => {
      post('ready'); Atomics.wait(gate, 0, 0)
      post(texts.map((_, i) => { const text = texts[(i * step) % texts.length]; return [text, table.intern(text)] }))
    }`
    const threads = [1, 7, 11, 599].map(step => threadOn(table.memory, body, { texts, gate, step }))
    await Promise.all(threads.map(thread => once(thread, 'message')))
    const answers = threads.map(thread => once(thread, 'message'))
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
    for (const [pairs] of (await Promise.all(answers)) as [[string, number][]][]) {
      expect(pairs).toHaveLength(texts.length)
      for (const [text, id] of pairs) expect(table.text(id)).toBe(text)
    }
    expect(table.length).toBe(texts.length)
    await Promise.all(threads.map(thread => thread.terminate()))
  })

  test('threads ended anywhere leave a table that works', async () => {
    const table = SharedTable.create({ entries: 4000, units: 1 << 17 })
    const body = `(table, post, name) => {
      for (let i = 0; ; i++) { table.tryIntern(name + ' ' + i % 1500 + '!'); if (i === 5) post('on the way') }
    }`
    for (let round = 0; round < 4; round++) {
      const threads = ['a', 'b'].map(name => threadOn(table.memory, body, `${name}${round}`))
      await Promise.all(threads.map(thread => once(thread, 'message')))
      await Promise.all(threads.map(thread => thread.terminate()))
    }
    const fresh = new SharedTable(table.memory)
    for (let id = 0; id < fresh.length; id++) expect(fresh.text(id)).toMatch(/^[ab]\d \d+!$/)
    expect(new Set(Array.from({ length: fresh.length }, (_, id) => fresh.text(id))).size).toBe(fresh.length)
  })
})
