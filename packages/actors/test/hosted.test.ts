// What packages make hosts of: hosted behaviors, composed ones, refs with a route.
import { composed, hosted, InvalidCall, keyed, thread } from '@troupe/actors'
import { expect, test } from 'vitest'
import { counter } from './fixtures/actors.ts'
import { friend, routed, router } from './fixtures/routers.ts'
import { onBoth, thrown } from './fixtures/stage.ts'

onBoth((the, threads) => {
  test('spawning a hosted behavior gives its handle, whose refs lead to the actors of keys', async () => {
    const all = await the().system.spawn(routed(friend, 'friends', [0, threads]))
    const [one, other] = [all.at('one'), all.at('other')]
    expect(await one.ask.tell(other, all)).toEqual(['one', 'other', 'third', 'friends/one'])
    expect([one.id, all.at('one').id]).toEqual(['friends/one', 'friends/one'])
    expect(JSON.stringify(one)).toBe('{"ref":"friends/one"}')
    await one.stop()
    expect(await one.ask.name()).toBe('one')
  })

  test('a child with such a ref stands beside its router', async () => {
    const { system } = the()
    const one = await system.spawn(router(friend, 'wrong'))
    const other = await system.spawn(counter, 1)
    expect(await one.ask.wrongly('other', other)).toMatch(/takes a ref that leads by way of this very actor/)
    for (const how of ['on', 'name'] as const) {
      expect(await one.ask.wrongly(how, other)).toMatch(/stands beside its router/)
    }
  })

  test('what makes no sense is refused', async () => {
    const { system } = the()
    expect(() => hosted(undefined as never)).toThrow(InvalidCall)
    expect(() => keyed(friend, 'empty', [] as never)).toThrow(/there is no router/)
    expect(() => keyed(friend, '', [] as never)).toThrow(/a group has a name/)
    const bad = composed(import.meta, 'bad', () => ({ state: () => 0, handlers: {}, hadlers: {} }) as never)
    expect(() => bad(friend, 0)).toThrow(/there is no 'hadlers'/)
    expect(() => bad({} as never, 0)).toThrow(/its first argument is a behavior/)
    const all = await system.spawn(routed(friend, 'moveless', [0]))
    expect(await thrown(system.move(all.at('x'), thread(0)))).toBeInstanceOf(InvalidCall)
  })
})
