// The actors of `pnpm chaos nodes`: talkers that tell and ask listeners without end, roamers by which two live copies of one actor would be
// seen, and guards that watch all of them.
//
// Invariants: a talker numbers what it tells each listener, from 1, and a listener knows of each talker which numbers have come. A roamer's
// number is a part of it, grows with each of its turns, and is told to one census that never moves: so the census hears each number of a
// roamer once, in order, unless two copies of it live, or one that had been given up spoke.
import { type ActorId, behavior, type Ref } from '@troupe/actors'

/** ms that an ask may take. */
export const ASK_WITHIN = 500

/** What a listener knows of one talker. */
export interface Heard {
  count: number
  last: number
  /** What has not come of what is below `last`: from, to. */
  gaps: [number, number][]
  /** How many came after a higher number; how many had come before. */
  late: number
  twice: number
}

export const listener = behavior(import.meta, {
  name: 'listener',
  state: () => ({ heard: {} as Record<string, Heard>, ticks: 0 }),
  started(ctx, why) {
    if (why !== 'moved') ctx.every(20, 'tick')
  },
  handlers: {
    count(ctx, from: string, number: number) {
      note((ctx.state.heard[from] ??= { count: 0, last: 0, gaps: [], late: 0, twice: 0 }), number)
    },
    echo: (_ctx, number: number) => number,
    tick(ctx) {
      ctx.state.ticks++
    },
    report: ctx => ctx.state,
  },
})

function note(heard: Heard, number: number): void {
  if (number > heard.last) {
    if (number > heard.last + 1) heard.gaps.push([heard.last + 1, number - 1])
    heard.last = number
  } else {
    const at = heard.gaps.findIndex(([from, to]) => from <= number && number <= to)
    if (at < 0) return void heard.twice++
    const [from, to] = heard.gaps[at]!
    const left: [number, number][] = [
      [from, number - 1],
      [number + 1, to],
    ]
    heard.gaps.splice(at, 1, ...left.filter(([least, most]) => least <= most))
    heard.late++
  }
  heard.count++
}

export interface Sent {
  /** By listener: the last number told. */
  told: Record<string, number>
  asked: number
  answered: number
  /** By error code. */
  failed: Record<string, number>
  /** Answers to something else. */
  wrong: number
  /** ms that the slowest ask took, however it ended. */
  slowest: number
}

export const talker = behavior(import.meta, {
  name: 'talker',
  state: (listeners: Ref<typeof listener>[]) => {
    const sent: Sent = { told: {}, asked: 0, answered: 0, failed: {}, wrong: 0, slowest: 0 }
    return { listeners, quiet: false, sent }
  },
  started(ctx, why) {
    if (why !== 'moved') ctx.after(5, 'talk')
  },
  handlers: {
    async talk(ctx) {
      const { listeners, sent, quiet } = ctx.state
      if (quiet) return
      const one = () => listeners[Math.floor(ctx.random() * listeners.length)]!
      for (let burst = 1 + Math.floor(ctx.random() * 20); burst > 0; burst--) {
        const to = one()
        to.tell.count(ctx.self.id, (sent.told[to.id] = (sent.told[to.id] ?? 0) + 1))
      }
      const number = ++sent.asked
      const began = ctx.now()
      try {
        if ((await one().with({ deadline: ASK_WITHIN }).ask.echo(number)) !== number) sent.wrong++
        sent.answered++
      } catch (error) {
        const { code } = error as { code: string }
        sent.failed[code] = (sent.failed[code] ?? 0) + 1
      }
      sent.slowest = Math.max(sent.slowest, ctx.now() - began)
      ctx.after(Math.floor(ctx.random() * 4), 'talk')
    },
    /** From now on it talks to these. */
    meet(ctx, listeners: Ref<typeof listener>[]) {
      ctx.state.listeners = listeners
    },
    hush(ctx) {
      ctx.state.quiet = true
    },
    report: ctx => ctx.state.sent,
  },
})

const MOST_WRONG = 20

export const census = behavior(import.meta, {
  name: 'census',
  state: () => ({ last: {} as Record<string, number>, wrong: [] as string[] }),
  handlers: {
    alive(ctx, id: string, number: number) {
      const { wrong, last } = ctx.state
      const before = last[id] ?? 0
      if (number > before) last[id] = number
      else if (wrong.length < MOST_WRONG) wrong.push(`${id} says ${number} after ${before}: it has lived twice`)
    },
    report: ctx => ctx.state,
  },
})

export const roamer = behavior(import.meta, {
  name: 'roamer',
  state: (to: Ref<typeof census>) => ({ to, number: 0 }),
  started(ctx, why) {
    if (why !== 'moved') ctx.every(5, 'tick')
  },
  handlers: {
    tick(ctx) {
      ctx.state.to.tell.alive(ctx.self.id, ++ctx.state.number)
    },
    number: ctx => ctx.state.number,
  },
})

export const guard = behavior(import.meta, {
  name: 'guard',
  state: () => ({ ends: {} as Record<string, string[]> }),
  handlers: {
    watch(ctx, ref: Ref<{}>) {
      ctx.state.ends[ref.id] = []
      ctx.watch(ref, 'gone')
    },
    gone(ctx, { actor, why }: { actor: ActorId; why: string }) {
      ctx.state.ends[actor]!.push(why)
    },
    /** By actor: how often it has been told that it has ended, and how. */
    report: ctx => ctx.state.ends,
  },
})
