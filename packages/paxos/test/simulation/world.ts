// The world of a simulated log: one time for all, a network, and hosts with a disk and a clock each, all chances from one seed. A host does what
// docs/paxos.md asks of one: effects in order, nothing behind a `persist` before the sync, one sync for all that has gathered.
import {
  type Ballot,
  emptyStore,
  type LogMessage,
  type Machine,
  Replica,
  type ReplicaEffect,
  type ReplicaEvent,
  type ReplicaOptions,
  type Stored,
  stored,
  type StoreEffect,
} from '@troupe/paxos'
import { compareBallots } from '../../src/ballot.ts'

export interface Command {
  readonly uid: number
  readonly op: string
  readonly key: string
  readonly input: unknown
}
export type Effect = ReplicaEffect<Command, unknown>
export type Event = ReplicaEvent<Command>
type Options = Omit<ReplicaOptions<Command, unknown>, 'member' | 'machine' | 'stored'>
type Message = LogMessage<Command>

/** Rules broken on purpose, each of which has to be found out. */
export interface Broken {
  /** What is behind a `persist` leaves at once. */
  readonly lazyDisk?: boolean
  readonly forgetsPromises?: boolean
  /** How many accept, instead of a majority. */
  readonly accept?: number
  /** Retries come under a new number. */
  readonly newNumbers?: boolean
  /** Snapshots are installed without the sessions. */
  readonly noSessions?: boolean
  readonly staleReads?: boolean
  /** Who has lost its disk comes back under its old name. */
  readonly oldName?: boolean
}

export class Violation extends Error {}

export class Random {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  unit(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
  below(end: number): number {
    return Math.floor(this.unit() * end)
  }
  chance(part: number): boolean {
    return this.unit() < part
  }
  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!
  }
}

/** What is to happen when: a binary heap, and what comes at the same time in the order in which it was added. */
class Agenda {
  readonly #heap: { at: number; order: number; run: () => void }[] = []
  #order = 0
  now = 0
  after(ms: number, run: () => void): void {
    const heap = this.#heap
    const item = { at: this.now + ms, order: this.#order++, run }
    let at = heap.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(item, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = item
  }
  runTo(end: number): void {
    const heap = this.#heap
    while (heap.length > 0 && heap[0]!.at <= end) {
      const { at: time, run } = heap[0]!
      const last = heap.pop()!
      if (heap.length > 0) {
        let at = 0
        for (;;) {
          let child = 2 * at + 1
          if (child >= heap.length) break
          if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
          if (!before(heap[child]!, last)) break
          heap[at] = heap[child]!
          at = child
        }
        heap[at] = last
      }
      this.now = time
      run()
    }
    this.now = end
  }
}
const before = (a: { at: number; order: number }, b: { at: number; order: number }): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order)

/** A key-value store that remembers which commands it has applied. */
class Store implements Machine<Command, unknown> {
  values: Record<string, unknown> = {}
  applied: number[] = []
  apply({ uid, op, key, input }: Command): unknown {
    this.applied.push(uid)
    const value = this.values[key] ?? null
    if (op === 'read') return value
    if (op === 'write') this.values[key] = input
    if (op === 'append') this.values[key] = `${(value ?? '') as string}${String(input)}`
    if (op !== 'cas') return null
    const { from, to } = input as { from: unknown; to: unknown }
    if (value === from) this.values[key] = to
    return value === from
  }
  query({ key }: Command): unknown {
    return this.values[key] ?? null
  }
  snapshot(): unknown {
    return { values: { ...this.values }, applied: [...this.applied] }
  }
  restore(state: unknown): void {
    const { values, applied } = state as { values: Record<string, unknown>; applied: number[] }
    this.values = { ...values }
    this.applied = [...applied]
  }
}

export class Host {
  readonly name: string
  readonly #world: World
  machine = new Store()
  replica: Replica<Command, unknown> | undefined = undefined
  disk: Stored<Command>
  /** The disk as it will be once all is synced. */
  image: Stored<Command>
  #queue: (StoreEffect<Command> | Extract<Effect, { do: 'send' }>)[] = []
  #isSyncing = false
  #life = 0
  #offset: number
  #rate: number
  pausedUntil = 0
  #checked = 0
  /** The latest ballot that anybody was told of. */
  #told: Ballot | undefined = undefined
  isGone = false

  constructor(name: string, world: World, disk: Stored<Command>, rate: number) {
    this.name = name
    this.#world = world
    this.disk = disk
    this.image = disk
    this.#offset = world.random.below(100_000)
    this.#rate = rate
  }
  get now(): number {
    return this.#offset + this.#world.agenda.now * this.#rate
  }
  /** From now on its clock runs so fast. */
  drift(rate: number): void {
    this.#offset += this.#world.agenda.now * (this.#rate - rate)
    this.#rate = rate
  }
  jump(ms: number): void {
    this.#offset += ms
  }

  start(): void {
    const { agenda, options, broken } = this.#world
    if (broken.forgetsPromises !== true && compareBallots(this.disk.promised, this.#told) < 0)
      throw new Violation(
        `${this.name} has said ${JSON.stringify(this.#told)}, and comes back with ${JSON.stringify(this.disk.promised)}`,
      )
    const life = ++this.#life
    this.machine = new Store()
    this.image = this.disk
    this.#queue = []
    this.#isSyncing = false
    this.#checked = this.disk.decided
    this.replica = new Replica({ ...options, member: this.name, machine: this.machine, stored: this.disk }, this.now)
    const beat = (): void => {
      if (life !== this.#life) return
      this.step({ on: 'tick' })
      agenda.after(10, beat)
    }
    agenda.after(this.#world.random.below(10), beat)
  }
  /** What was not synced may have got to the disk, up to anywhere. */
  crash(): void {
    const arrived = this.#world.random.below(this.#queue.length + 1)
    for (const item of this.#queue.slice(0, arrived)) if (item.do !== 'send') this.disk = stored(this.disk, item)
    this.#life++
    this.replica = undefined
  }
  step(event: Event): void {
    const { agenda } = this.#world
    if (this.replica === undefined) return
    if (agenda.now < this.pausedUntil) {
      const life = this.#life
      agenda.after(this.pausedUntil - agenda.now, () => life === this.#life && this.step(event))
      return
    }
    const effects = this.replica.step(event, this.now)
    for (const effect of effects) this.#do(effect)
    this.#check()
    if (this.#queue.length > 0 && !this.#isSyncing) this.#sync()
  }
  #do(effect: Effect): void {
    const { broken } = this.#world
    switch (effect.do) {
      case 'persist':
      case 'snapshot': {
        this.image = stored(this.image, effect)
        if (effect.do === 'persist' && broken.forgetsPromises === true) {
          const { promised: _, ...record } = effect.record
          this.#queue.push({ do: 'persist', record })
        } else this.#queue.push(effect)
        if (effect.do === 'snapshot') this.#world.sameSnapshot(effect.snapshot)
        return
      }
      case 'send':
        if (effect.ahead || broken.lazyDisk === true || this.#queue.length === 0) this.#leave(effect)
        else this.#queue.push(effect)
        return
      case 'reply':
        return this.#world.replied(effect.id as number, effect.outcome)
      default:
    }
  }
  #sync(): void {
    this.#isSyncing = true
    const life = this.#life
    const { agenda, random } = this.#world
    const { length } = this.#queue
    agenda.after(1 + random.below(random.chance(0.1) ? 40 : 6), () => {
      if (life !== this.#life) return
      this.#isSyncing = false
      for (const item of this.#queue.splice(0, length)) {
        if (item.do === 'send') this.#leave(item)
        else this.disk = stored(this.disk, item)
      }
      if (this.#queue.length > 0) this.#sync()
    })
  }
  #leave({ to, message }: { to: string; message: Message }): void {
    if ((message.kind === 'promise' || message.kind === 'accepted') && compareBallots(message.ballot, this.#told) > 0)
      this.#told = message.ballot
    this.#world.send(this.name, to, message)
  }
  /** One value a slot, whoever says that it is decided; and votes without a gap. */
  #check(): void {
    const { decided, first, last } = this.replica!.status
    const { image } = this
    if (
      image.votes.includes(undefined as never) ||
      image.first !== first ||
      image.first + image.votes.length - 1 !== last
    )
      throw new Violation(`${this.name}: what is stored is not the log`)
    for (let slot = Math.max(this.#checked + 1, image.first); slot <= decided; slot++)
      this.#world.sameEntry(this.name, slot, image.votes[slot - image.first]!.value)
    this.#checked = decided
  }
}

export interface WorldOptions {
  readonly seed: number
  readonly founders: readonly string[]
  readonly options: Partial<Options>
  readonly broken: Broken
  /** By how much clocks are too fast or too slow at most. */
  readonly drift: number
}

export class World {
  readonly random: Random
  readonly agenda = new Agenda()
  readonly hosts = new Map<string, Host>()
  readonly options: Options
  readonly broken: Broken
  readonly founders: readonly string[]
  readonly #drift: number
  /** Pairs that do not hear each other. */
  readonly cut = new Set<string>()
  isFaulty = true
  replied: (id: number, outcome: Extract<Effect, { do: 'reply' }>['outcome']) => void = () => {}
  readonly #chosen: string[] = []
  readonly #snapshots = new Map<number, string>()

  constructor({ seed, founders, options, broken, drift }: WorldOptions) {
    this.random = new Random(seed)
    this.founders = founders
    this.broken = broken
    this.#drift = drift
    this.options = {
      founders,
      electionTimeout: 100,
      compactAfter: 12,
      retain: 4,
      batch: 8,
      window: 32,
      contacts: [...founders],
      ...options,
    }
    for (const name of founders) this.add(name)
  }
  add(name: string): Host {
    const { broken, founders } = this
    let disk: Stored<Command> = emptyStore
    if (broken.accept !== undefined) {
      const quorums = { members: [...founders], prepare: Math.floor(founders.length / 2) + 1, accept: broken.accept }
      disk = {
        ...emptyStore,
        snapshot: {
          slot: 0,
          time: 0,
          members: { epoch: 0, quorums },
          sessions: [],
          state: { values: {}, applied: [] },
        },
      }
    }
    const rate = 1 + (this.random.unit() * 2 - 1) * this.#drift
    const host = new Host(name, this, disk, rate)
    this.hosts.set(name, host)
    host.start()
    return host
  }
  get chosen(): number {
    return this.#chosen.length
  }
  isCut(a: string, b: string): boolean {
    return this.cut.has(a < b ? `${a} ${b}` : `${b} ${a}`)
  }
  cutOff(a: string, b: string): void {
    this.cut.add(a < b ? `${a} ${b}` : `${b} ${a}`)
  }
  send(from: string, to: string, message: Message): void {
    const { random, isFaulty } = this
    const host = this.hosts.get(to)
    if (host === undefined) return
    if (from === to) return this.agenda.after(0, () => host.step({ on: 'message', from, message }))
    if (isFaulty && random.chance(0.04)) return
    for (let copies = isFaulty && random.chance(0.03) ? 2 : 1; copies > 0; copies--) {
      const delay = 1 + random.below(isFaulty && random.chance(0.05) ? 150 : 8)
      this.agenda.after(delay, () => {
        if (this.isCut(from, to)) return
        if (message.kind === 'install' && this.broken.noSessions === true)
          host.step({ on: 'message', from, message: { ...message, snapshot: { ...message.snapshot, sessions: [] } } })
        else host.step({ on: 'message', from, message })
      })
    }
  }
  sameEntry(by: string, slot: number, entry: unknown): void {
    const text = JSON.stringify(entry)
    const known = (this.#chosen[slot] ??= text)
    if (known !== text) throw new Violation(`slot ${slot} is ${known}, and ${text} to ${by}`)
  }
  sameSnapshot(snapshot: { readonly slot: number }): void {
    const text = JSON.stringify(snapshot)
    const known = this.#snapshots.get(snapshot.slot) ?? text
    this.#snapshots.set(snapshot.slot, text)
    if (known !== text) throw new Violation(`after slot ${snapshot.slot} one has ${known}, another one ${text}`)
  }
}
