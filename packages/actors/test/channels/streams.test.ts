// Streams of values over channels in the simulation, from seeds: any number of senders and receivers on up to four threads,
// plain and by select, with capacities that make homes promise room, and long enough for them to move.
//
// What must hold: each value is received exactly once, per sender and channel in order; who closes ends all loops; nothing is
// left waiting.
import { expect, test } from 'vitest'
import { Channel as End } from '../../src/core/channel-end.ts'
import type { Core } from '../../src/core/core.ts'
import { Peers } from '../../src/core/channel-peers.ts'
import { Proxy } from '../../src/core/channel-proxy.ts'
import { defaultLimits } from '../../src/core/platform.ts'
import type { Channel } from '../../src/channel.ts'
import { after, type Case, select } from '../../src/select.ts'
import { Random } from '../../src/testing/random.ts'
import { runWorld, type Simulation } from '../../src/testing/simulation.ts'

const SEEDS = 1_500
type Text = Channel<string>

/** The end of the same channel on another thread. */
function sendTo(end: Text, core: Core): Text {
  const from = End.chanOf(end as never).core
  if (from === core) return end
  const { bytes, start, end: last } = from.platform.codec.pack(end)
  const own = bytes.slice(start, last)
  return core.platform.codec.decode(own, 0, own.length, core) as Text
}

class Streams {
  readonly sent: string[] = []
  readonly got: string[] = []
  readonly #sim: Simulation
  readonly #random: Random
  #senders: number
  constructor(sim: Simulation, random: Random, senders: number) {
    this.#sim = sim
    this.#random = random
    this.#senders = senders
  }
  chance(one: number): boolean {
    return this.#random.below(one) === 0
  }

  async send(name: number, channels: Text[], count: number): Promise<void> {
    const selects = this.chance(2)
    for (let i = 0; i < count; i++) {
      const value = `${name}.${i}`
      if (!selects) await channels[this.#random.below(channels.length)]!.send(value)
      else while (!(await this.#sendByOne(channels, value)));
      this.sent.push(value)
      if (this.chance(5)) await this.#sim.sleep(this.#random.delay(3))
    }
    if (--this.#senders === 0) for (const channel of channels) channel.close()
  }
  async #sendByOne(channels: Text[], value: string): Promise<boolean> {
    const cases: Record<string, Case<any> | null> = this.#time()
    channels.forEach((channel, i) => (cases[i] = channel.sending(value)))
    return (await select(cases)).case !== 'late'
  }

  async receive(channels: Text[]): Promise<void> {
    const last = new Map<string, number>()
    if (!this.chance(2)) {
      await Promise.all(
        channels.map(async (channel, c) => {
          for await (const value of channel) this.#take(value, c, last)
        }),
      )
      return
    }
    const open = new Set(channels.keys())
    while (open.size > 0) {
      const cases: Record<string, Case<any> | null> = this.#time()
      channels.forEach((channel, c) => (cases[c] = open.has(c) ? channel.receiving() : null))
      const won = (await select(cases)) as { case: string; value?: string; done?: boolean }
      if (won.case === 'late') continue
      if (won.done === true) open.delete(Number(won.case))
      else this.#take(won.value!, Number(won.case), last)
    }
  }
  #time(): Record<string, Case<any>> {
    return this.chance(4) ? { late: after(this.#random.delay(2)) } : {}
  }
  #take(value: string, channel: number, last: Map<string, number>): void {
    this.got.push(value)
    const [sender, number] = value.split('.') as [string, string]
    const stream = `${sender} at ${channel}`
    if (Number(number) <= (last.get(stream) ?? -1)) throw new Error(`${value} is out of order`)
    last.set(stream, Number(number))
  }
}

/** Runs the streams of a seed; gives how often a home has moved. */
function run(seed: number): Promise<number> {
  const random = new Random(seed + 2 ** 33)
  return runWorld({ seed, count: 4, limits: defaultLimits, latency: 3, steps: 300_000 }, async (sim, { threads }) => {
    const cores = threads.map(({ core }) => core)
    const anyCore = (): Core => cores[random.below(4)]!
    const channels = Array.from({ length: 1 + random.below(3) }, () => {
      const capacity = [0, 0, 1, 2, 5, 16][random.below(6)]!
      return new End(anyCore().channels.make({ capacity }), undefined) as unknown as Text
    })
    const senders = 1 + random.below(4)
    const count = random.below(60)
    const streams = new Streams(sim, random, senders)
    const ends = (): Text[] => {
      const core = anyCore()
      return channels.map(channel => sendTo(channel, core))
    }
    const all = Array.from({ length: senders }, (_, name) => streams.send(name, ends(), count))
    for (let receivers = 1 + random.below(4); receivers > 0; receivers--) all.push(streams.receive(ends()))
    await Promise.all(all)
    expect(streams.got.toSorted()).toEqual(streams.sent.toSorted())
    expect(streams.got.length).toBe(senders * count)
    expect(cores.map(core => core.channels.waiting)).toEqual([0, 0, 0, 0])
    return Math.max(0, ...cores.flatMap(core => [...core.channels.entries].map(({ epoch }) => epoch)))
  })
}

test('streams come out even', async () => {
  let moves = 0
  for (let seed = 1; seed <= SEEDS; seed++) moves = Math.max(moves, await run(seed))
  expect(moves).toBeGreaterThan(2)
}, 120_000)

test('promised room that never comes back is noticed', async () => {
  const { revoke } = Peers.prototype
  const { fire } = Proxy.prototype
  Peers.prototype.revoke = Proxy.prototype.fire = () => {}
  const many = async (): Promise<void> => {
    for (let seed = 1; seed <= 200; seed++) await run(seed)
  }
  try {
    await expect(many()).rejects.toThrow(/nothing is left to happen/)
  } finally {
    Peers.prototype.revoke = revoke
    Proxy.prototype.fire = fire
  }
})
