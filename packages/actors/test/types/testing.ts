// Probes and stubs are typed by the behavior, or the interface, that they stand for.
import { behavior, type Ref } from '@troupe/actors'
import { probe, simulate, stub } from '@troupe/actors/testing'
import { counter, type Eq, is, noInit } from './basic.ts'

const p = probe(counter, 5)
is<Eq<ReturnType<typeof p.ask.add>, Promise<number>>>()
is<Eq<ReturnType<typeof p.tell.add>, void>>()
const count: number = p.state.count
probe(noInit)
// @ts-expect-error init missing
probe(counter)
// @ts-expect-error wrong init
probe(counter, 'x')
// @ts-expect-error no such method
p.ask.nope()

interface Reader { get(): number; name(of: string): string }
const fake: Ref<Reader> = stub<Reader>({ get: () => 3 })
const late: Ref<Reader> = stub<Reader>({ get: async () => 3, name: of => of.toUpperCase() })
// @ts-expect-error wrong reply
stub<Reader>({ get: () => 'x' })
export const watcher = behavior(import.meta, { name: 'watcher', state: () => ({}), handlers: { async observe(ctx, r: Ref<Reader>) { return r.ask.get() } } })
is<Eq<ReturnType<typeof observed>, Promise<number>>>()
async function observed() { return probe(watcher).ask.observe(fake) }

is<Eq<Awaited<ReturnType<typeof simulated>>, number>>()
async function simulated() { return simulate(1, async sim => (await sim.spawn(counter, 1)).ask.add(1)) }
