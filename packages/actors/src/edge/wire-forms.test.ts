// The arguments of calls between nodes, as they are and as they should not be.
import { describe, expect, test } from 'vitest'
import { operationNames } from '../core/actor-calls.ts'
import { baggageForm, callForms, errorForm, type Form, knowersForm } from '../core/call-forms.ts'
import { packError, TroupeError } from '../core/errors.ts'
import { Places } from '../core/places.ts'
import { byHub, withinNode } from '../core/thread-calls.ts'
import { Moment, ThreadNumber } from '../core/thread-number.ts'
import { travelKinds } from '../core/travel-kinds.ts'
import { BadFrame } from './bad-frame.ts'
import { Codec } from './codec.ts'
import { SharedTable } from './shared-table.ts'
import { WireForms } from './wire-forms.ts'
import { wireNames } from './wire-names.ts'

const table = (): SharedTable => SharedTable.create({ entries: 64, units: 4096 })
const protocols = table()
const places = new Places({ id: 'a~1', places: table() })
const codec = new Codec(
  table(),
  travelKinds,
  undefined,
  wireNames(places, protocols, () => 0),
)
const forms = new WireForms(travelKinds)
const check = (form: Form, value: unknown) => () => {
  const { bytes, start, end } = codec.packWire(value)
  forms.check(form, bytes, start, end, { place: () => true, protocol: text => text === protocol }, 24)
}
const protocol = JSON.stringify({ name: 'x', version: 1, methods: ['m'] })
const behavior = [{ name: 'x' }, protocol]
const composed = [{ name: 'cached', options: [{ ttl: 5 }], inner: { name: 'x' } }, protocol]
const { spawn, move, find, spoken, childFault, piped } = callForms as Record<string, Form>
const thread = (): ThreadNumber => new ThreadNumber(0)
const at = new Moment(5)
const error = new TroupeError('odd', 'something')

test('every call is one that other nodes may make, with a form, or may not, without one', () => {
  for (const name of operationNames) expect(name in callForms, name).toBe(!byHub.has(name) && !withinNode.has(name))
  expect(Object.keys(callForms).filter(name => !operationNames.includes(name))).toEqual([])
})

describe('what is right passes', () => {
  test.each<[string, Form, unknown]>([
    ['a spawn', spawn!, [behavior, 1, 1, { any: [thing()] }, undefined, undefined, undefined]],
    ['one of a composed behavior, with a name', spawn!, [composed, 1, 1, undefined, undefined, 'name', true]],
    ['a text that looks like a mark', find!, ['\0k']],
    ['half a surrogate', find!, ['\ud800']],
    ['threads', spoken!, [[thread(), thread()], []]],
    ['baggage of an actor', baggageForm, [behavior, undefined, 3, 0, 0]],
    [
      'all that it may take along',
      baggageForm,
      [
        ...[behavior, undefined, 3, 0, 0, true, 'init', undefined, 'name', [new Moment(4)], undefined, undefined],
        { timers: [[1, 'm', [1], undefined, at, true, false]], watching: [], calls: [[1], ['m', []]] },
      ],
    ],
    ['who knows an actor', knowersForm, [thread()]],
    ['an error', errorForm, packError(error)],
  ])('%s', (_, form, value) => {
    expect(check(form, value)).not.toThrow()
  })
})
function thing(): unknown {
  return new Map([[1, new Date(5)]])
}

describe('what is not is refused', () => {
  test.each<[string, Form, unknown]>([
    ['a primitive', find!, 5],
    ['an object instead of a list', find!, { 0: 'name' }],
    ['a Map', find!, new Map([[0, 'name']])],
    ['a number as a text', find!, [5]],
    ['too many', find!, ['a', 'b']],
    ['too few', find!, []],
    ['no ref', move!, ['a', thread(), at]],
    ['a moment as a thread', spoken!, [[at], []]],
    ['a number as a thread', spoken!, [[5], []]],
    ['a list in a list', spoken!, [[[thread()]], []]],
    ['a negative serial', spawn!, [behavior, 1, -1, undefined, undefined, undefined, undefined]],
    ['a serial that is none', spawn!, [behavior, 1, Number.NaN, undefined, undefined, undefined, undefined]],
    [
      'a module to be loaded',
      spawn!,
      [[{ name: 'x', url: 'file:///x' }, protocol], 1, 1, 0, undefined, undefined, undefined],
    ],
    ['a protocol that is not admitted', spawn!, [[{ name: 'x' }, 'y'], 1, 1, 0, undefined, undefined, undefined]],
    ['a behavior without a protocol', spawn!, [[{ name: 'x' }], 1, 1, 0, undefined, undefined, undefined]],
    [
      'a wrapper without an inner behavior',
      spawn!,
      [[{ name: 'x', options: [] }, protocol], 1, 1, 0, undefined, undefined, undefined],
    ],
    ['a text as an error', childFault!, [thread(), 'wrong']],
    ['a call without arguments', piped!, [thread(), 0, 'm']],
    ['baggage of a thread of one process', baggageForm, [undefined, 3, 3, 0, 0]],
    [
      'timers that are none',
      baggageForm,
      [behavior, undefined, 3, 0, 0, true, 0, undefined, 'n', [], [], [], { timers: [5], watching: [], calls: [] }],
    ],
    ['an error of another kind', errorForm, { ...packError(error), kind: 'error' }],
    ['an error with more to it', errorForm, { ...packError(error), url: 'file:///x' }],
  ])('%s', (_, form, value) => {
    expect(check(form, value)).toThrow(BadFrame)
  })
})
