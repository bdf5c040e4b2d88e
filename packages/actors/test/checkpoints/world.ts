// Simulated threads whose vaults a test can look into, and what it finds there.
import type { Cell } from '../../src/core/cell.ts'
import { defaultLimits, type Limits } from '../../src/core/platform.ts'
import { type Remains, remainsOf } from '../../src/core/remains.ts'
import { runWorld, type Simulation } from '../../src/testing/simulation.ts'
import { waiting } from '../../src/testing/waiting.ts'
import type { World } from '../../src/testing/world.ts'

export class Vaults {
  readonly sim: Simulation
  readonly world: World
  constructor(sim: Simulation, world: World) {
    this.sim = sim
    this.world = world
  }
  /** What would be left if the thread were lost now. */
  left(thread: number): Remains[] {
    return remainsOf(this.world.threads[0]!.core, thread)
  }
  names(thread: number): string[] {
    return this.left(thread).map(({ address }) => address.id).sort() // prettier-ignore
  }
  /** An actor as it would be made again, on thread 0. */
  async revived(ref: { id: string }, thread = 1, left = this.left(thread)): Promise<Cell> {
    const found = left.find(({ address }) => address.id === ref.id)
    if (found === undefined) throw new Error(`nothing is left of ${ref.id}`)
    return await waiting(`the revival of ${ref.id}`, found.actor())
  }
  async state(ref: { id: string }, thread = 1): Promise<unknown> {
    return (await this.revived(ref, thread)).state
  }
  cell(ref: { id: string }, thread = 1): Cell {
    return [...this.world.threads[thread]!.core.directory].find(({ address }) => address.id === ref.id)!
  }
  /** What would have been left after each write, or drop, from now on. */
  atEachWrite(thread: number): () => Remains[][] {
    const vault = this.world.threads[thread]!.vault!
    const seen: Remains[][] = []
    const { put, drop } = vault
    const noted = <T>(result: T): T => {
      seen.push(this.left(thread))
      return result
    }
    vault.put = (...args) => noted(put.apply(vault, args))
    vault.drop = record => noted(drop.call(vault, record))
    return () => seen
  }
  bytes(thread: number): number {
    return this.world.threads[thread]!.vault!.bytes
  }
}

/** Runs on three simulated threads beside the first, on several seeds. */
export async function onVaults(
  run: (vaults: Vaults) => Promise<void>,
  limits: Partial<Limits> = {},
  lane?: { messages: number; bytes: number },
): Promise<void> {
  for (let seed = 1; seed <= 10; seed++) {
    const parts = { seed, count: 4, limits: { ...defaultLimits, ...limits }, latency: 5, steps: 200_000 }
    await runWorld({ ...parts, ...(lane && { lane }) }, (sim, world) => run(new Vaults(sim, world)))
  }
}
