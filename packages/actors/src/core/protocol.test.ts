// What a ref's `tell` and `ask` are: methods by name, without a closure a call, and no trap for whoever looks at them.
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { ActorRef } from './actor-ref.ts'
import { type BehaviorValue, source } from './behavior-value.ts'
import type { Core } from './core.ts'
import { Loaded, Protocol, protocolText } from './protocol.ts'

function open() {
  const names: string[] = []
  const intern = (name: string): number => {
    if (!names.includes(name)) names.push(name)
    return names.indexOf(name)
  }
  const limits = { capacity: 10, bytes: 100 }
  return { platform: { methods: { intern } }, limits } as unknown as Core
}
const handler = () => {}
const behavior = {
  name: 'b',
  version: 2,
  state: () => 0,
  handlers: { add: handler, toString: handler, get: handler },
  options: { get: { readonly: true }, add: { deadline: 5 } },
  mailbox: { capacity: 3 },
  [source]: { url: 'file:///b.ts', name: 'b' },
} as unknown as BehaviorValue

/** A ref that notes what it is asked to send. */
function noting() {
  const sent: unknown[] = []
  const ref = {
    sendTell: (...what: unknown[]) => void sent.push(['tell', ...what]),
    sendAsk: (...what: unknown[]) => sent.push(['ask', ...what]),
    tellUnknown: (name: string) => void sent.push(['tell?', name]),
    askUnknown: (name: string) => sent.push(['ask?', name]),
  } as unknown as ActorRef
  return { ref, sent }
}

test('a protocol is known from its text alone', () => {
  const text = protocolText(behavior)
  expect(JSON.parse(text)).toEqual({ name: 'b', version: 2, methods: ['add', 'toString', 'get'] })
  const protocol = new Protocol(open(), 7, text)
  expect([protocol.number, protocol.name, [...protocol.methods]]).toEqual([
    7,
    'b',
    [
      ['add', 0],
      ['toString', 1],
      ['get', 2],
    ],
  ])
})

test('a call says which method, how many arguments, and what they are', () => {
  const { Tells, Asks } = new Protocol(open(), 0, protocolText(behavior))
  const { ref, sent } = noting()
  const [tell, ask] = [new Tells(ref), new Asks(ref)] as any[]
  tell.get()
  tell.add(undefined)
  tell.add([1, 2])
  ask.add(1, 2, 3)
  ask.toString(5)
  tell.nothing(1)
  ask.hasOwnProperty('x')
  expect(sent).toEqual([
    ['tell', 2, 0, undefined],
    ['tell', 0, 1, undefined],
    ['tell', 0, 1, [1, 2]],
    ['ask', 0, 'add', 2, [1, 2, 3]],
    ['ask', 1, 'toString', 1, 5],
    ['tell?', 'nothing'],
    ['ask?', 'hasOwnProperty'],
  ])
})

test('looking at it sends nothing, and it is no promise', async () => {
  const { Asks } = new Protocol(open(), 0, protocolText({ ...behavior, handlers: { add: handler } }))
  const { ref, sent } = noting()
  const ask = new Asks(ref) as any
  expect(await ask).toBe(ask)
  inspect(ask, { showHidden: true, depth: 9 })
  JSON.stringify(ask)
  expect(ask).not.toEqual({ a: 1 })
  expect(ask).not.toBe(1)
  expect(sent).toEqual([])
})

test('each protocol has methods of its own', () => {
  const core = open()
  const one = new Protocol(core, 0, '{"name":"a","methods":["x"]}')
  const two = new Protocol(core, 1, '{"name":"b","methods":["y"]}')
  const { ref, sent } = noting()
  ;(new one.Tells(ref) as any).x()
  ;(new two.Tells(ref) as any).x()
  expect(sent).toEqual([
    ['tell', 0, 0, undefined],
    ['tell?', 'x'],
  ])
})

test('a behavior as a thread runs it: its rules, and the system’s limits where it has none', () => {
  const core = open()
  const loaded = new Loaded(core, new Protocol(core, 0, protocolText(behavior)), behavior)
  expect([loaded.capacity, loaded.bytes, loaded.overflow, loaded.interleaves]).toEqual([3, 100, 'refuse', false])
  expect(
    loaded.methods.map(method => method && [method.name, method.readonly, method.interleave, method.limit]),
  ).toEqual([
    ['add', false, false, 5],
    ['toString', false, false, undefined],
    ['get', true, false, undefined],
  ])
})
