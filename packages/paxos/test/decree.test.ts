// One decree among members that crash, over a network that loses, doubles and delays: whatever happens, all that learn a value learn the same one,
// which somebody has proposed; and once nothing happens any more, whoever wants to know soon does. A crash loses what was not persisted yet.
//
// SEEDS in the environment runs more.
import { describe, expect, test } from 'vitest'
import type { AcceptorState } from '../src/acceptor.ts'
import { Decree, type Effect } from '../src/decree.ts'
import type { Message } from '../src/messages.ts'
import { quorumsOf } from '../src/quorum.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 20_000)
const FAULTY = 400
const END = 20_000

/** Rules that are broken on purpose. */
interface Broken {
  /** What is persisted reaches the disk only later, and what is behind it leaves at once. */
  readonly lazyDisk?: boolean
  /** Each life of a member has the same name. */
  readonly oneName?: boolean
  readonly accept?: number
}

function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

class Run {
  readonly #random: () => number
  readonly #broken: Broken
  readonly #members: readonly string[]
  readonly #events: { at: number; run: () => void }[] = []
  readonly #nodes = new Map<string, { decree: Decree<string>; life: number; disk: AcceptorState<string> | undefined }>()
  readonly learned = new Set<string>()
  readonly knowing = new Set<string>()
  now = 0

  constructor(seed: number, broken: Broken) {
    this.#random = generator(seed)
    this.#broken = broken
    this.#members = ['a', 'b', 'c', 'd', 'e'].slice(0, this.#random() < 0.7 ? 3 : 5)
    for (const member of this.#members) this.#start(member, 1, undefined)
    for (const member of this.#members) {
      const at = this.#random() * FAULTY
      this.#at(at, () => this.#propose(member))
      if (this.#random() < 0.4) this.#at(at + this.#random() * 30, () => this.#crash(member))
      if (this.#random() < 0.4) this.#at(this.#random() * FAULTY, () => this.#crash(member))
    }
    // in the end everybody wants to know
    for (const member of this.#members) this.#at(FAULTY + 1, () => this.#propose(member))
  }
  #at(ms: number, run: () => void): void {
    this.#events.push({ at: this.now + ms, run })
  }
  run(): this {
    while (this.#events.length > 0 && this.now < END && this.knowing.size < this.#members.length) {
      let first = 0
      for (let i = 1; i < this.#events.length; i++) if (this.#events[i]!.at < this.#events[first]!.at) first = i
      const [{ at, run }] = this.#events.splice(first, 1) as [{ at: number; run: () => void }]
      this.now = at
      run()
    }
    return this
  }
  #start(member: string, life: number, disk: AcceptorState<string> | undefined): void {
    const decree = new Decree<string>({
      member,
      life: this.#broken.oneName === true ? member : `${member}~${life}`,
      quorums: {
        ...quorumsOf(this.#members),
        ...(this.#broken.accept === undefined ? {} : { accept: this.#broken.accept }),
      },
      random: this.#random,
      ...(disk === undefined ? {} : { state: disk }),
    })
    this.#nodes.set(member, { decree, life, disk })
  }
  #propose(member: string): void {
    const { decree, life } = this.#nodes.get(member)!
    this.#do(member, decree.propose(`${member}${life}`))
  }
  #crash(member: string): void {
    const { life, disk } = this.#nodes.get(member)!
    this.#start(member, life + 1, disk)
    if (this.#random() < 0.5) this.#propose(member)
  }
  #do(member: string, effects: readonly Effect<string>[]): void {
    const node = this.#nodes.get(member)!
    const alive = (): boolean => this.#nodes.get(member) === node
    for (const effect of effects) {
      if (effect.do === 'persist') {
        if (this.#broken.lazyDisk !== true) node.disk = effect.state
        else this.#at(30, () => alive() && (node.disk = effect.state))
      } else if (effect.do === 'send') this.#send(member, effect.to, effect.message)
      else if (effect.do === 'wake') this.#at(effect.ms, () => alive() && this.#do(member, node.decree.hurry()))
      else {
        this.learned.add(effect.value)
        this.knowing.add(member)
      }
    }
  }
  #send(from: string, to: string, message: Message<string>): void {
    const faulty = this.now < FAULTY
    if (faulty && this.#random() < 0.2) return
    for (let copies = faulty && this.#random() < 0.2 ? 2 : 1; copies > 0; copies--) {
      const delay = 1 + this.#random() * (faulty && this.#random() < 0.2 ? 200 : 10)
      this.#at(delay, () => this.#do(to, this.#nodes.get(to)!.decree.receive(from, message)))
    }
  }
}

describe('one decree among members that crash', () => {
  test('one value is learned, by all, and one that was proposed', () => {
    let crashed = 0
    for (let seed = 0; seed < SEEDS; seed++) {
      const run = new Run(seed, {}).run()
      expect(run.learned.size, `seed ${seed}: ${[...run.learned].join()}`).toBe(1)
      expect([...run.learned][0], `seed ${seed}`).toMatch(/^[a-e]\d+$/)
      expect(run.now, `seed ${seed}: not all know what was decided`).toBeLessThan(END)
      if (/[2-9]$/.test([...run.learned][0]!)) crashed++
    }
    // values of second lives are among them
    expect(crashed).toBeGreaterThan(0)
  })

  test('an answer that is given again waits for the disk behind the first one: it stores nothing itself', () => {
    const decree = new Decree<string>({
      member: 'a',
      life: 'a~1',
      quorums: quorumsOf(['a', 'b', 'c']),
      random: () => 0,
    })
    const accept = { kind: 'accept', ballot: { round: 1, node: 'b~1' }, value: 'blue' } as const
    expect(decree.receive('b', accept).map(effect => effect.do)).toEqual(['persist', 'send'])
    expect(decree.receive('b', accept).map(effect => effect.do)).toEqual(['send'])
  })

  const tears = (broken: Broken): boolean => {
    for (let seed = 0; seed < 20_000; seed++) if (new Run(seed, broken).run().learned.size > 1) return true
    return false
  }
  test('an answer that leaves before the disk has its vote is found out', () => {
    expect(tears({ lazyDisk: true })).toBe(true)
  })
  test('a ballot that two lives of a member use is found out', () => {
    expect(tears({ oneName: true })).toBe(true)
  })
  test('quorums that do not meet are found out', () => {
    expect(tears({ accept: 1 })).toBe(true)
  })
})
