// One course of a small program over channels, step by step.
//
// Each routine does one thing: it sends, receives or selects. Where routines and channels stand is part of the program. Who
// begins when, which frame comes next, when a home moves, when a thread ends: each of these is a step.
import type { Channel } from '../../src/channel.ts'
import { Channel as End } from '../../src/core/channel-end.ts'
import type { Home } from '../../src/core/channel-home.ts'
import { CLAIMS } from '../../src/core/claims.ts'
import { after, type Case, select } from '../../src/select.ts'
import type { Done, System } from './explore.ts'
import { touches } from './explore-atomics.ts'
import { auditEnd, auditLeft, auditTold } from './explore-audit.ts'
import { chanOf, type ExploredThread, type ExploredWorld, valueOf } from './explore-world.ts'

export interface Operation {
  readonly channel: number
  readonly sends: boolean
}
export interface Routine {
  readonly on: number
  /** One alone is a plain send or receive, unless it has a time. */
  readonly cases: readonly Operation[]
  /** It also waits for a time. */
  readonly late?: boolean
}
export interface Program {
  readonly threads: number
  /** The thread that each channel is made on. */
  readonly homes: readonly number[]
  readonly capacities?: readonly number[]
  readonly routines: readonly Routine[]
  /** How often a home may move, and how many threads may end. */
  readonly moves?: number
  readonly losses?: number
  /** Ends have been sent to the routines' threads, and are yet to come when the exploration begins. */
  readonly cold?: boolean
}

/** How a routine fared: by which of its cases; a time is the case -1. */
export type Fate =
  | { readonly how: 'not begun' | 'waits' }
  | { readonly how: 'sent' | 'done' | 'late'; readonly at: number }
  | { readonly how: 'received'; readonly at: number; readonly value: number }
  | { readonly how: 'failed'; readonly error: { readonly code: string; readonly message: string } }

export class Course implements System {
  readonly world: ExploredWorld
  readonly program: Program
  readonly fates: Fate[]
  /** As each thread knows the channels: by thread, then by channel. */
  readonly ends: (Channel<number> | undefined)[][]
  /** Threads that have ended, and in which step. */
  readonly lost = new Map<number, number>()
  /** Words of shared memory that were touched. */
  readonly words = new Set<number>()
  #moves: number
  #losses: number
  readonly #firstWords: readonly number[]
  #also: string[] = []
  #taken = 0
  #stopped = false
  /** Threads that have gone on in vain, and what they looked at. */
  readonly #vain = new Map<number, Set<number>>()

  constructor(world: ExploredWorld, program: Program) {
    world.revive()
    this.world = world
    this.program = program
    world.step = -1
    for (const { lastRead } of world.threads) lastRead.length = 0
    this.fates = program.routines.map(() => ({ how: 'not begun' }))
    this.ends = world.threads.map(() => [])
    this.#firstWords = world.threads.map(({ core: { claims } }) => {
      const word = claims.open()
      claims.close(word)
      return word
    })
    this.#moves = program.moves ?? 0
    this.#losses = program.losses ?? 0
    program.homes.forEach((home, c) => {
      const { core } = world.threads[home]!
      const end = new End(core.channels.make({ capacity: program.capacities?.[c] ?? 0 }), undefined)
      this.#hold(home, c, end as never)
      for (const on of new Set(program.routines.map(({ on }) => on))) if (on !== home) this.#give(end as never, c, on)
    })
    if (program.cold !== true) world.settle()
  }

  #give(end: Channel<number>, c: number, on: number): void {
    const { codec } = chanOf(end).core.platform
    const to = this.world.threads[on]!.core
    const packed = codec.pack(end)
    const bytes = packed.bytes.slice(packed.start, packed.end)
    this.#hold(on, c, to.platform.codec.decode(bytes, 0, bytes.length, to) as Channel<number>)
  }
  #hold(thread: number, c: number, end: Channel<number>): void {
    this.ends[thread]![c] = end
    this.world.collection.hold(chanOf(end))
  }

  /** Where the home of a channel is; undefined while it is on its way, or lost. */
  homeOf(c: number): Home | undefined {
    for (const { thread, lost } of this.world.threads) {
      const end = this.ends[thread]![c]
      if (!lost && end !== undefined && chanOf(end).home !== undefined) return chanOf(end).home
    }
    return undefined
  }

  // ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────

  steps(): { must: readonly string[]; may: readonly string[] } {
    const steps: string[] = []
    if (this.#stopped) return { must: [], may: [] }
    this.program.routines.forEach(({ on }, i) => {
      if (this.fates[i]!.how === 'not begun' && !this.world.threads[on]!.lost) steps.push(`${on} begins ${i}`)
    })
    for (const thread of this.world.threads) {
      const { thread: t, lost, lanes } = thread
      if (lost) continue
      lanes.forEach((lane, from) => {
        if (lane.length > 0) steps.push(`${t} reads ${from}`)
      })
      if (thread.rests && !this.#vain.has(t)) steps.push(`${t} goes on`)
      if (thread.armed < Infinity && thread.core.timers.size > 0) steps.push(`${t} rings`)
      for (const gone of this.lost.keys()) if (thread.notices(gone)) steps.push(`${t} notices ${gone}`)
    }
    const may = this.#moves > 0 ? this.#movesNow() : []
    if (this.#losses > 0) {
      for (const { thread } of this.world.threads) if (thread > 0) may.push(...this.#endings(thread))
    }
    // what may happen may be left undone
    if (steps.length === 0 && may.length > 0) steps.push('stop')
    return { must: steps, may }
  }

  #movesNow(): string[] {
    return this.program.homes.flatMap((_, c) => {
      const home = this.homeOf(c)
      const peers = home?.peers
      if (peers === undefined || home!.granted > 0 || peers.ownUnderWay || peers.placement.unsettled.size > 0) return []
      const { thread } = home!.core.platform
      const others = this.world.threads.filter(to => to.thread !== thread && peers.has(to.thread))
      return others.filter(to => !home!.core.hasLost(to.thread)).map(to => `${thread} moves ${c} to ${to.thread}`)
    })
  }

  /** How a thread can end now: of what it has sent last to each other thread, some may not have become visible. */
  #endings(thread: number): string[] {
    if (this.lost.has(thread)) return []
    let kept: number[][] = [[]]
    for (const other of this.world.threads) {
      const most = other.lanes[thread]!.length
      kept = kept.flatMap(one => Array.from({ length: most + 1 }, (_, n) => [...one, n]))
    }
    return kept.map(one => `${thread} ends, keeping ${one.join(' ')}`)
  }

  take(step: string): Done {
    this.#also = []
    this.world.step = this.#taken++
    if (step === 'stop') {
      this.#stopped = true
      return { footprint: [], after: -1, also: [] }
    }
    const [name, how] = step.split(', ') as [string, string | undefined]
    const on = Number.parseInt(name)
    if (name.endsWith(' ends')) return this.#end(on, numbersIn(how!), -1)
    const thread = this.world.threads[on]!
    const last = how?.startsWith('in the middle') === true ? numbersIn(how)[0]! : Infinity
    const told = name.includes(' notices ') ? auditTold(this, on, Number(name.split(' ')[2])) : undefined
    const after = this.#cause(name, thread)
    const sent = this.world.threads.map(({ lanes }) => lanes[on]!.length)
    const { touched, ended } = touches(this.world.claims, () => this.#do(name, how, thread), last)
    for (const word of touched) this.words.add(word)
    if (ended) return this.#end(on, sent, after)
    if (this.#losses > 0 && on > 0) {
      for (let at = 1; at < touched.length; at++) this.#also.push(`${name}, in the middle ${at}`)
    }
    told?.()
    this.#note(name, thread, new Set(touched))
    const footprint = [`thread ${on}`, ...new Set(touched.map(word => this.#nameOf(word)))]
    return { footprint, after, also: this.#also }
  }

  /** The same in every replay: which of its thread's words it is, from the first that this course uses. */
  #nameOf(word: number): string {
    const thread = Math.floor(word / CLAIMS)
    return `word ${word - this.#firstWords[thread]!} of ${thread}`
  }

  #end(thread: number, kept: readonly number[], after: number): Done {
    this.#losses--
    this.lost.set(thread, this.world.step)
    this.world.threads[thread]!.lose(kept)
    return { footprint: 'everything', after, also: [] }
  }
  /** The step without which this one could not be. */
  #cause(name: string, thread: ExploredThread): number {
    const [, other] = numbersIn(name)
    if (name.includes(' reads ')) {
      thread.lastRead[other!] = this.world.step
      return thread.lanes[other!]![0]!.step
    }
    // not before it has read all that the other one sent
    return name.includes(' notices ') ? Math.max(this.lost.get(other!)!, thread.lastRead[other!] ?? -1) : -1
  }

  /** Who goes on in vain does so again only when what it looked at may have changed. */
  #note(name: string, thread: ExploredThread, touched: ReadonlySet<number>): void {
    for (const [other, its] of this.#vain) {
      if (other === thread.thread || [...its].some(word => touched.has(word))) this.#vain.delete(other)
    }
    if (name.endsWith(' goes on') && thread.rests) this.#vain.set(thread.thread, new Set(touched))
  }

  #do(name: string, how: string | undefined, thread: ExploredThread): void {
    const [, verb, what, , to] = name.split(' ') as [string, string, string, string, string]
    switch (verb) {
      case 'begins':
        return this.#begin(name, Number(what), how === 'otherwise')
      case 'reads':
        return void thread.receive(Number(what))
      case 'goes':
        return void thread.resume()
      case 'rings':
        return thread.ring()
      case 'notices':
        return void thread.notice(Number(what))
      case 'moves':
        this.#moves--
        return thread.core.channels.move(this.homeOf(Number(what))!, Number(to))
    }
    throw new Error(`there is no step ${name}`)
  }

  #begin(name: string, i: number, otherwise: boolean): void {
    const { on, cases, late } = this.program.routines[i]!
    const ends = this.ends[on]!
    this.fates[i] = { how: 'waits' }
    const { world } = this
    world.chance = otherwise ? 0.99 : 0
    world.chances = 0
    let fate: Promise<Fate>
    if (cases.length === 1 && late !== true) {
      const { channel, sends } = cases[0]!
      if (sends) fate = ends[channel]!.send(valueOf(i, 0)).then(() => ({ how: 'sent', at: 0 }))
      else fate = ends[channel]!.receive().then(({ value, done }) => received(0, value, done))
    } else {
      const table: Record<string, Case<any> | null> = { late: late === true ? after(1) : null }
      cases.forEach(({ channel, sends }, at) => {
        table[at] = sends ? ends[channel]!.sending(valueOf(i, at)) : ends[channel]!.receiving()
      })
      fate = select(table).then(won => {
        const at = Number(won.case)
        if (won.case === 'late') return { how: 'late', at: -1 }
        return cases[at]!.sends ? { how: 'sent', at } : received(at, (won as any).value, (won as any).done)
      })
    }
    // the order in which it looks at its cases matters only where one is ready
    if (world.chances > 0 && !otherwise) this.#also.push(`${name}, otherwise`)
    fate.then(
      its => void (this.fates[i] = its),
      (error: { code: string; message: string }) => void (this.fates[i] = { how: 'failed', error }),
    )
  }

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────

  async end(): Promise<void> {
    await new Promise(setImmediate)
    auditEnd(this)
    await this.quit()
  }

  /** Ends all that still waits, and lets go of all. */
  async quit(): Promise<void> {
    this.world.settle()
    for (const c of this.program.homes.keys()) {
      const home = this.homeOf(c)
      if (home?.state === 'open') home.close()
    }
    this.world.settle()
    for (const thread of this.world.threads) if (!thread.lost && thread.core.timers.size > 0) thread.ring()
    this.world.settle()
    await new Promise(setImmediate)
    for (const ends of this.ends) for (const end of ends) if (end !== undefined) this.world.collection.drop(chanOf(end))
    this.#collect()
    auditLeft(this)
  }

  #collect(): void {
    const { collection } = this.world
    for (;;) {
      for (const chan of collection.garbage) collection.collect(chan)
      if (collection.unfound === 0) return
      while (collection.unfound > 0) collection.find()
      this.world.settle()
    }
  }
}

const numbersIn = (text: string): number[] => text.match(/\d+/g)!.map(Number)

function received(at: number, value: number | undefined, done: true | undefined): Fate {
  return done ? { how: 'done', at } : { how: 'received', at, value: value! }
}
