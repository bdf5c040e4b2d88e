// Channels on simulated cores that a test drives by itself, without goroutines: it says which thread does what, and when;
// only how long frames take is the seed's choice.
//
// Invariants: an end comes to another thread as in a frame, so its home hears of it; what waits for ever fails the test, as
// a simulation finds that nothing is left to happen.
import { select } from '@troupe/actors'
import type { Channel, ChannelOptions, Receiver, Sender } from '../../src/channel.ts'
import type { Chan } from '../../src/core/chan.ts'
import { Channel as End } from '../../src/core/channel-end.ts'
import type { Entry } from '../../src/core/channel-entries.ts'
import { defaultLimits } from '../../src/core/platform.ts'
import type { SimCore } from '../../src/testing/sim-core.ts'
import { runWorld, type Simulation, type WorldParts } from '../../src/testing/simulation.ts'
import type { World } from '../../src/testing/world.ts'

type AnyEnd = Channel<any> | Sender<any> | Receiver<any>

export type CoresOptions = Partial<Pick<WorldParts, 'seed' | 'latency' | 'lane'>>

/** Runs on three simulated cores; fails when the promise does, or waits for ever. */
export function onCores(run: (cores: Cores) => Promise<void>, options: CoresOptions = {}): Promise<void> {
  const { seed = 1, latency = 1, lane } = options
  return runWorld(
    { seed, count: 3, limits: defaultLimits, latency, steps: 1_000_000, ...(lane !== undefined && { lane }) },
    (sim, world) => run(new Cores(sim, world)),
  )
}

export class Cores {
  readonly sim: Simulation
  readonly world: World
  constructor(sim: Simulation, world: World) {
    this.sim = sim
    this.world = world
  }

  core(thread: number): SimCore {
    return this.world.threads[thread]!.core
  }
  channel<T>(on: number, options: ChannelOptions = {}): Channel<T> {
    return new End(this.core(on).channels.make(options), undefined) as unknown as Channel<T>
  }
  /** An end of the same channel on another thread. */
  give<E extends AnyEnd>(end: E, to: number): E {
    return this.giving(end)(to)
  }
  /** An end on its way; what this gives lets it arrive. */
  giving<E extends AnyEnd>(end: E): (to: number) => E {
    const { core } = chanOf(end)
    core.channels.entries.begin()
    const { bytes, start, end: stop } = core.platform.codec.pack(end)
    const frame = new Uint8Array(bytes.subarray(start, stop))
    return to => {
      const other = this.core(to)
      return other.platform.codec.decode(frame, 0, frame.length, other) as E
    }
  }
  /** Keeps what one thread sends to another on its way, until what this gives is called. */
  hold(from: number, to: number): () => void {
    const lane = this.world.threads[to]!.lanes[from]!
    Object.defineProperties(lane, {
      next: { configurable: true, value: Infinity },
      take: { configurable: true, value: () => undefined },
    })
    return () => {
      Reflect.deleteProperty(lane, 'next')
      Reflect.deleteProperty(lane, 'take')
    }
  }
  entries(thread: number): Entry[] {
    return [...this.core(thread).channels.entries]
  }

  /** What has become of a promise after a while: its value, its error, or 'waits'. */
  async fate(promise: Promise<unknown>): Promise<unknown> {
    let fate: unknown = 'waits'
    promise.then(
      value => (fate = value),
      (error: unknown) => (fate = error),
    )
    await this.sim.sleep(50)
    return fate
  }
  /** Tries again and again, as long as it takes. */
  async until(attempt: () => unknown): Promise<void> {
    while (!attempt()) await this.sim.sleep(0.05)
  }
  /** Asks for a channel's home to come to the thread of an end, until it has. */
  call(end: AnyEnd): Promise<void> {
    const chan = chanOf(end)
    return this.until(() => {
      chan.proxy?.want()
      return chan.home !== undefined
    })
  }
  /** A value, from whatever way of waiting for one. */
  async receive<T>(end: Receiver<T>, way: 'receive' | 'select'): Promise<T | undefined> {
    return way === 'receive' ? (await end.receive()).value : (await select({ it: end.receiving() })).value
  }
}

export function chanOf(end: AnyEnd): Chan {
  return End.chanOf(end as never)
}
