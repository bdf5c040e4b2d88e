// Random moves, kills and hangs of threads, under load.
//
// What must hold afterwards: every ask has ended; each tally has heard, from each sender, each number once and in order, where
// both of them were only on threads that were not lost; timers go on; nobody is missing; memory is back to where it was.
import { setTimeout as sleep } from 'node:timers/promises'
import { createSystem, type Ref, type System, thread, ThreadLost } from '@troupe/actors'
import { generator, mib, resident } from './chance.ts'
import { saboteur, sender, type Sent, tally } from './actors.ts'
import type { Options, Outcome } from './main.ts'

const THREADS = 3
/** Of these actors so many stay on threads that are never lost. */
const TALLIES = 24
const SENDERS = 12
const SAFE_TALLIES = 8
const SAFE_SENDERS = 4
const SAFE_THREADS = [0, 1]
/** ms between two kills, and how long a hang lasts before its thread is ended. */
const BETWEEN_KILLS = 3_000
const END_BLOCKED_AFTER = 1_500
/** Bytes that a run may leave behind: buffers and pools that stay. */
const MAY_STAY = 96 * 1024 * 1024

export async function moving({ seconds, seed, signal }: Options): Promise<Outcome> {
  const run = new Run(generator(seed), signal)
  await run.begin()
  // what each thread grows to under load, and lanes to those that come later, is not what is to be found out
  await run.chaos(seconds * 500)
  const before = resident()
  await run.chaos(seconds * 500)
  await run.settle()
  const after = resident()
  const outcome = await run.judge()
  if (after - before > MAY_STAY) {
    run.violations.push(`memory: ${mib(before)} MiB before, ${mib(after)} MiB after`)
  }
  return { counts: { ...outcome, 'MiB before': mib(before), 'MiB after': mib(after) }, violations: run.violations }
}

class Run {
  readonly violations: string[] = []
  readonly #random: () => number
  readonly #signal: AbortSignal
  #system!: System
  #tallies: Ref<typeof tally>[] = []
  #senders: Ref<typeof sender>[] = []
  /** Those that are never on a thread that is lost, by id. */
  readonly #safe = new Set<string>()
  readonly #moving = new Set<string>()
  readonly #counts = { moves: 0, refused: {} as Record<string, number>, kills: {} as Record<string, number> }
  readonly #events: Record<string, number> = {}
  readonly #dead: Record<string, number> = {}

  constructor(random: () => number, signal: AbortSignal) {
    this.#random = random
    this.#signal = signal
  }
  #below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  async begin(): Promise<void> {
    const system = (this.#system = await createSystem({
      threads: THREADS,
      blockedAfter: END_BLOCKED_AFTER / 2,
      endBlockedAfter: END_BLOCKED_AFTER,
    }))
    const count = (event: string) => () => void (this.#events[event] = (this.#events[event] ?? 0) + 1)
    for (const event of ['threadLost', 'threadReplaced', 'threadBlocked', 'restarted', 'fault'] as const) {
      system.on(event, count(event))
    }
    system.on('deadLetter', ({ reason, count }) => void (this.#dead[reason] = (this.#dead[reason] ?? 0) + count))
    for (let n = 0; n < TALLIES; n++) {
      const on = thread(this.#somewhere(n < SAFE_TALLIES))
      this.#tallies.push(this.#note(await system.spawn(tally, undefined, { on }), n < SAFE_TALLIES))
    }
    for (let n = 0; n < SENDERS; n++) {
      const on = thread(this.#somewhere(n < SAFE_SENDERS))
      this.#senders.push(this.#note(await system.spawn(sender, this.#tallies, { on }), n < SAFE_SENDERS))
    }
  }
  #note<R extends Ref<{}>>(ref: R, safe: boolean): R {
    if (safe) this.#safe.add(ref.id)
    return ref
  }
  #somewhere(safe: boolean): number {
    return safe ? SAFE_THREADS[this.#below(SAFE_THREADS.length)]! : this.#below(THREADS + 1)
  }

  async chaos(ms: number): Promise<void> {
    const until = performance.now() + ms
    let nextKill = performance.now() + Math.min(BETWEEN_KILLS, ms / 2)
    while (performance.now() < until && !this.#signal.aborted) {
      for (let moves = 1 + this.#below(6); moves > 0; moves--) this.#move()
      if (performance.now() >= nextKill) {
        nextKill = performance.now() + BETWEEN_KILLS
        await this.#kill()
      }
      await sleep(this.#below(10))
    }
  }

  #move(): void {
    const all = this.#below(3) === 0 ? this.#senders : this.#tallies
    const ref = all[this.#below(all.length)]!
    if (this.#moving.has(ref.id) && this.#below(4) > 0) return
    const to = this.#somewhere(this.#safe.has(ref.id))
    this.#moving.add(ref.id)
    const moved = (ref as Ref<{}>).move(thread(to))
    moved
      .then(
        () => void this.#counts.moves++,
        (error: unknown) => {
          const { code, why } = error as { code: string; why?: string }
          const key = why ?? code
          this.#counts.refused[key] = (this.#counts.refused[key] ?? 0) + 1
        },
      )
      .finally(() => this.#moving.delete(ref.id))
  }

  async #kill(): Promise<void> {
    const ways = ['exit', 'throw', 'hang'] as const
    const way = ways[this.#below(ways.length)]!
    const on = this.#killable()
    this.#counts.kills[way] = (this.#counts.kills[way] ?? 0) + 1
    // the one that hangs may be the one that is to be killed next, and is ended while this waits for it
    await this.#sabotage(way, on).catch((error: unknown) => {
      if (!(error instanceof ThreadLost)) throw error
    })
  }
  #killable(): number {
    const lines = Array.from({ length: THREADS }, (_, n) => n + 1).filter(line => !SAFE_THREADS.includes(line))
    return lines[this.#below(lines.length)]!
  }
  async #sabotage(way: 'exit' | 'throw' | 'hang', line: number): Promise<void> {
    const saw = await this.#system.spawn(saboteur, undefined, { on: thread(line) })
    saw.tell[way]()
  }

  /** Waits until nothing is on its way any more. */
  async settle(): Promise<void> {
    await sleep(END_BLOCKED_AFTER + 3_000) // the last thread that hangs, its successor, and the deadline of asks
    for (const ref of this.#senders) await ref.ask.stop()
    let last = ''
    for (let quiet = 0; quiet < 5;) {
      await sleep(200)
      const now = JSON.stringify(
        await Promise.all(this.#tallies.map(ref => ref.ask.report())).then(all => all.map(one => one.heard)),
      )
      quiet = now === last ? quiet + 1 : 0
      last = now
    }
  }

  async judge(): Promise<Record<string, number | Record<string, number>>> {
    const { violations } = this
    const sent = await Promise.all(this.#senders.map(ref => ref.ask.report()))
    const heard = await Promise.all(this.#tallies.map(ref => ref.ask.report()))
    const total = { told: 0, heard: 0, exactly: 0, asked: 0, answered: 0 }
    const failed: Record<string, number> = {}
    for (const [s, from] of this.#senders.entries()) {
      this.#judgeAsks(from.id, sent[s]!)
      total.asked += sent[s]!.asked
      total.answered += sent[s]!.answered
      for (const [code, n] of Object.entries(sent[s]!.failed)) failed[code] = (failed[code] ?? 0) + n
      for (const [t, to] of this.#tallies.entries()) {
        const told = sent[s]!.told[to.id] ?? 0
        const got = heard[t]!.heard[from.id] ?? { last: 0, count: 0, disorder: 0 }
        total.told += told
        total.heard += got.count
        const whole = this.#safe.has(from.id) && this.#safe.has(to.id)
        if (whole) total.exactly += got.count
        if (whole && (got.disorder > 0 || got.count !== told)) {
          violations.push(`${from.id} told ${to.id} ${told} times; ${got.count} came, ${got.disorder} out of order`)
        }
      }
    }
    for (const [t, to] of this.#tallies.entries())
      if (heard[t]!.ticks === 0) violations.push(`${to.id}: its timer has stopped`)
    await this.#system.close()
    const { moves, refused, kills } = this.#counts
    return { moves, refused, kills, events: this.#events, 'dead letters': this.#dead, ...total, failed }
  }
  #judgeAsks(id: string, { asked, answered, failed, wrong }: Sent): void {
    const ended = answered + Object.values(failed).reduce((sum, n) => sum + n, 0)
    // one that was under way when its own thread was lost has ended with it
    if (ended !== asked && this.#safe.has(id)) this.violations.push(`${id}: ${asked} asks, ${ended} have ended`)
    if (wrong > 0) this.violations.push(`${id}: ${wrong} replies to other questions`)
  }
}
