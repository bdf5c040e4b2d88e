// The actors of random programs on several nodes: each notes what it has heard from whom, and does what it is asked to.
//
// Invariant: whoever sends numbers what it sends, for each receiver, from 1. An actor has one life, wherever it moves: so of each
// sender a receiver hears ascending numbers, none of them twice, and all of them as long as no node is lost.
import {
  after,
  behavior,
  goroutine,
  type Place,
  type Receiver,
  type Ref,
  select,
  type Sender,
} from '../../src/index.ts'

/** By sender: the numbers that came. */
export type Heard = Record<string, number[]>

interface State {
  readonly sent: Record<string, number>
  readonly heard: Heard
  /** By actor that is watched: how often its end was heard of. */
  readonly ends: Record<string, string[]>
  count: number
  /** Timers that were set, and have fired. */
  set: number
  fired: number
}

interface Moves {
  note(from: string, number: number): void
  send(to: Mover, times: number): void
  pass(to: Mover): boolean
  inc(): number
  watch(ref: Ref<{}>): void
  arm(ms: number): void
  go(to: Place): void
  child(on: Place): Mover | undefined
  report(): State
}
export type Mover = Ref<Moves>

export const mover = behavior(import.meta, {
  name: 'mover',
  state: (): State => ({ sent: {}, heard: {}, ends: {}, count: 0, set: 0, fired: 0 }),
  handlers: {
    note({ state }, from: string, number: number) {
      ;(state.heard[from] ??= []).push(number)
    },
    send({ state, self }, to: Mover, times: number) {
      for (let left = times; left > 0; left--) {
        const number = (state.sent[to.id] = (state.sent[to.id] ?? 0) + 1)
        to.tell.note(self.id, number)
      }
    },
    /** Whether it gets an answer. */
    async pass(_ctx, to: Mover) {
      const [{ status }] = await Promise.allSettled([to.ask.inc()])
      return status === 'fulfilled'
    },
    inc: ({ state }) => ++state.count,
    watch(ctx, ref: Ref<{}>) {
      ctx.state.ends[ref.id] ??= []
      ctx.watch(ref, 'ended', ref.id)
    },
    ended({ state }, id: string, how: { why: string }) {
      state.ends[id]!.push(how.why)
    },
    arm(ctx, ms: number) {
      ctx.state.set++
      ctx.after(ms, 'fire')
    },
    fire({ state }) {
      state.fired++
    },
    go(ctx, to: Place) {
      try {
        ctx.moveTo(to)
      } catch {
        // that node is gone, as this one knows by now
      }
    },
    child(ctx, on: Place): Mover | undefined {
      try {
        return ctx.spawn(mover, undefined, { on }) as unknown as Mover
      } catch {
        return undefined
      }
    },
    report: ({ state }) => state,
  },
})
export type Report = State

/** Sends the numbers from 1, then closes the channel. */
export const source = goroutine(import.meta, 'source', async (ctx, to: Sender<number>, count: number) => {
  for (let number = 1; number <= count; number++) {
    if (number % 4 === 0) await ctx.sleep(1)
    await to.send(number)
  }
  to.close()
})

/** All that comes until the channel is closed. */
export const sink = goroutine(import.meta, 'sink', async (_ctx, from: Receiver<number>) => {
  const numbers: number[] = []
  for await (const number of from) numbers.push(number)
  return numbers
})

/** Selects that end late, one after the other, until it is plain that the other side is gone. */
const LATE = 200

/** Sends each number from 1 to one of two channels, whichever takes it, then closes both. */
export const split = goroutine(
  import.meta,
  'split',
  async (ctx, one: Sender<number>, two: Sender<number>, count: number) => {
    let late = 0
    for (let number = 1; number <= count && late < LATE;) {
      if (number % 5 === 0) await ctx.sleep(1)
      const won = await select({ one: one.sending(number), two: two.sending(number), late: after(20 + number) })
      late = won.case === 'late' ? late + 1 : 0
      if (late === 0) number++
    }
    one.close()
    two.close()
  },
)

/** All that comes from two channels until both are closed: by channel. */
export const merge = goroutine(import.meta, 'merge', async (_ctx, one: Receiver<number>, two: Receiver<number>) => {
  const numbers: [one: number[], two: number[]] = [[], []]
  let late = 0
  for (let [a, b] = [true, true]; (a || b) && late < LATE;) {
    const won = await select({ one: a ? one.receiving() : null, two: b ? two.receiving() : null, late: after(25) })
    late = won.case === 'late' ? late + 1 : 0
    if (won.case === 'late') continue
    if (won.done === true && won.case === 'one') a = false
    else if (won.done === true) b = false
    else numbers[won.case === 'one' ? 0 : 1].push(won.value)
  }
  return numbers
})

/** Makes a channel, which is at home where this runs. */
export const maker = goroutine(import.meta, 'maker', async (ctx, capacity: number) => ctx.channel<number>({ capacity }))
