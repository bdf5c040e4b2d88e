// What clients of a table see, judged: by the models of a fenced mutex and of fenced permits. Messages take their time, clients
// pause beyond their leases, or crash; and locks that are broken on purpose are found out.
import { type Effect, LockTable } from '@troupe/lock'
import { fencedPermits, judge, type Operation } from '@troupe/actors/testing'
import { expect, test } from 'vitest'
import { asked, newTable } from './table-asking.ts'

/** A table behind a network, and a resource that its holders write to, in virtual time. */
class World {
  readonly history: Operation[] = []
  now = 0
  seen = 0n
  readonly permits: number
  /** Whether the resource looks at tokens. */
  readonly guarded: boolean
  table: LockTable
  readonly #queue: { at: number; run: () => void }[] = []
  readonly #waiting = new Map<string, (got: bigint | false) => void>()
  #random: number

  constructor(seed: number, permits: number, table: LockTable, guarded: boolean) {
    this.#random = seed * 2_654_435_761
    this.permits = permits
    this.table = table
    this.guarded = guarded
  }
  below(end: number): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#random / 2 ** 32) * end)
  }
  sleep(ms: number): Promise<void> {
    return new Promise(run => this.#queue.push({ at: this.now + ms, run }))
  }
  async run(all: Promise<void>[]): Promise<Operation[]> {
    let running = true
    const done = Promise.all(all).then(() => (running = false))
    for (;;) {
      for (let n = 0; n < 20; n++) await Promise.resolve()
      const at = Math.min(this.table.due, ...this.#queue.map(each => each.at))
      if (!running || at === Infinity) break
      this.now = Math.max(this.now, at)
      this.hear(this.table.expire(this.now))
      const first = this.#queue.findIndex(each => each.at <= this.now)
      if (first >= 0) this.#queue.splice(first, 1)[0]!.run()
    }
    await done
    return this.history
  }
  hear(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'grant') this.#waiting.get(effect.id)?.(effect.token)
      else if (effect.do === 'refuse') this.#waiting.get(effect.id)?.(false)
    }
  }
  acquired(id: string, wants: number, wait: number, lease: number): Promise<bigint | false> {
    const got = new Promise<bigint | false>(resolve => this.#waiting.set(id, resolve))
    this.hear(this.table.acquire(asked(id, 'm', { permits: this.permits, wants, wait, lease }), this.now))
    return got
  }
  write(token: bigint): boolean {
    if (token < this.seen && this.guarded) return false
    this.seen = token
    return true
  }
  /** Does something on the other side of the network, and notes what came of it. */
  async operation<T>(client: number, op: string, input: unknown, act: () => T | Promise<T>): Promise<T> {
    const call = this.now
    await this.sleep(this.below(6))
    const output = await act()
    await this.sleep(this.below(6))
    this.history.push({ client, call, return: this.now, op, input, output, status: 'ok' })
    return output
  }
}

/** Of several holders, the model cannot know which one has lapsed: with more permits than one, leases are long, and all give back. */
async function client(world: World, number: number): Promise<void> {
  const lapses = world.permits === 1
  for (let n = 0; n < 4; n++) {
    await world.sleep(world.below(20))
    const permits = 1 + world.below(Math.min(2, world.permits))
    const [lease, wait] = [lapses ? 25 : 10_000, world.below(2) * 60]
    const id = `${number}.${n}`
    const token = await world.operation(number, 'acquire', { permits, lease }, () =>
      world.acquired(id, permits, wait, lease),
    )
    if (token === false) continue
    if (world.below(3) === 0) {
      await world.operation(
        number,
        'renew',
        { token, lease },
        () => world.table.renew('m', token, lease, world.now).held,
      )
    }
    await world.sleep(world.below(3) * 20) // up to far beyond the lease
    await world.operation(number, 'write', { token, value: id }, () => world.write(token))
    if (lapses && world.below(4) === 0) continue // it has crashed, and is back as somebody else
    await world.operation(number, 'release', { token }, () => {
      const { was, effects } = world.table.release('m', token, undefined, world.now)
      world.hear(effects)
      return was === 'held'
    })
  }
}

async function verdict(seed: number, permits: number, table = newTable(), guarded = true): Promise<string> {
  const world = new World(seed, permits, table, guarded)
  const clients = Array.from({ length: 4 }, (_, number) => client(world, number))
  const history = await world.run(clients)
  // a resource is guarded by a mutex: of several holders the newest token is no measure
  const judged = permits === 1 ? history : history.filter(({ op }) => op !== 'write')
  return judge(judged, fencedPermits(permits)).verdict
}

const SEEDS = Number(process.env['LOCK_SEEDS'] ?? 150)

test.each([1, 2, 3])('%i permits: what clients see is what one lock would do', async permits => {
  for (let seed = 1; seed <= SEEDS; seed++) expect(await verdict(seed, permits), `seed ${seed}`).toBe('linearizable')
})

const options = { counter: 0n, most: 1_000, quietUntil: 0 }
class Impatient extends LockTable {
  override get due() {
    return super.due - 12
  }
  override expire(now: number) {
    return super.expire(now + 12)
  }
}
class Generous extends LockTable {
  override acquire(...[what, now]: Parameters<LockTable['acquire']>) {
    return super.acquire({ ...what, permits: what.permits + 1 }, now)
  }
}
class Forgetful extends LockTable {
  override release(...args: Parameters<LockTable['release']>) {
    const released = super.release(...args)
    if (this.requests.size === 0) this.counter = 0n
    return released
  }
}
test.each<[string, () => LockTable, boolean]>([
  ['that ends leases early', () => new Impatient(options), true],
  ['that grants one too many', () => new Generous(options), true],
  ['that forgets its counter', () => new Forgetful(options), true],
  ['whose resource looks at no token', () => new LockTable(options), false],
])('a lock %s is refused', async (_, make, guarded) => {
  const verdicts = new Set<string>()
  for (let seed = 1; seed <= 40; seed++) verdicts.add(await verdict(seed, 1, make(), guarded))
  expect(verdicts).toContain('refused')
})
