// nact: actors on one thread, in the manner of Akka. Each message is a turn of the event loop (`setImmediate`).
//
// Settings: its defaults; names are given, because the ones it makes up collide beyond some ten thousand actors.
// Ordered; not isolated: a message is passed by reference. Mailboxes are unbounded.

import { dispatch, query, spawn, start, type Ref } from 'nact'
import { bytesEach, inFlight, making, oneAtATime, oneWay, type Plan, type Trials } from '../measure.ts'

type Message = number | { kind: string; n: number } | { count: true }
interface State {
  count: number
  sum: number
}
/** The sender is there at run time, but not in nact's types. */
type WithSender = { sender: Ref<number> }

const BURST = 1000
const DEADLINE = 5000

function counting(): Ref<Message> {
  const turn = (state: State, message: Message, ctx: unknown): State => {
    if (typeof message === 'number') return { count: state.count + 1, sum: (state.sum + message) | 0 }
    if ('count' in message) {
      dispatch((ctx as WithSender).sender, state.count)
      return state
    }
    return { count: state.count + 1, sum: (state.sum + message.n) | 0 }
  }
  return spawn(start(), turn, 'counting', { initialState: { count: 0, sum: 0 } })
}

function answering(): (n: number) => Promise<number> {
  const answer = (state: number, n: number, ctx: unknown): number => {
    dispatch((ctx as WithSender).sender, n + 1)
    return state
  }
  const actor = spawn(start(), answer, 'answering', { initialState: 0 })
  return n => query(actor, n as never, DEADLINE)
}

function tellAll(plan: Plan, message: (n: number) => Message): ReturnType<Trials[string]> {
  const actor = counting()
  return oneWay(plan, BURST, {
    send: n => dispatch(actor, message(n)),
    counted: () => query(actor, { count: true } as never, DEADLINE) as Promise<number>,
  })
}

/** Spawns actors that stay alive; the answer of the last shows that they run. */
function spawner(): (count: number) => Promise<Ref<number>[]> {
  const system = start()
  const answer = (state: State, n: number, ctx: unknown): State => {
    dispatch((ctx as WithSender).sender, n)
    return state
  }
  let spawned = 0
  return async count => {
    const actors: Ref<number>[] = Array.from({ length: count })
    for (let i = 0; i < count; i++) {
      actors[i] = spawn(system, answer, `a${spawned++}`, { initialState: { count: 0, sum: 0 } })
    }
    await query(actors[count - 1]!, 1 as never, DEADLINE)
    return actors
  }
}

export const trials: Trials = {
  tell: plan => tellAll(plan, n => n),
  'tell-object': plan => tellAll(plan, n => ({ kind: 'add', n })),
  ask: plan => oneAtATime(plan, answering()),
  asks: plan => inFlight(plan, 512, answering()),
  spawn: plan => {
    const more = spawner()
    const kept: unknown[] = []
    return making(plan, async count => void kept.push(await more(count)))
  },
  bytes: plan => bytesEach(plan, n => ({ count: 0, sum: n }), spawner()),
  'bytes-used': plan => {
    const more = spawner()
    return bytesEach(
      plan,
      n => ({ count: 0, sum: n }),
      async count => {
        const actors = await more(count)
        // One after another: the numbers it makes up for replies collide too, and a reply is lost, with many under way.
        for (const actor of actors) await query(actor, 1 as never, DEADLINE)
        return actors
      },
    )
  },
}
