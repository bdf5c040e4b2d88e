// xstate: state machines run as actors on one thread. `send` runs the transition before it returns.
//
// Settings: `fromTransition`, the lightest logic it has; a machine would be slower. An event is always an object with a
// type, so both of its telling rows send one. Not isolated, no mailbox to wait in, no call with a reply.

import { createActor, fromTransition, type AnyActorRef } from 'xstate'
import { bytesEach, making, oneWay, type Plan, type Trials } from '../measure.ts'

type Event = { type: 'add'; n: number } | { type: 'object'; message: { kind: string; n: number } }
interface State {
  count: number
  sum: number
}

const BURST = 1000

const counting = fromTransition(
  (state: State, event: Event): State => {
    switch (event.type) {
      case 'add':
        return { count: state.count + 1, sum: (state.sum + event.n) | 0 }
      case 'object':
        return { count: state.count + 1, sum: (state.sum + event.message.n) | 0 }
      default:
        return event satisfies never
    }
  },
  { count: 0, sum: 0 },
)

function tellAll(plan: Plan, event: (n: number) => Event): ReturnType<Trials[string]> {
  const actor = createActor(counting).start()
  return oneWay(plan, BURST, {
    send: n => actor.send(event(n)),
    counted: async () => actor.getSnapshot().context.count,
  })
}

function spawnMany(count: number): AnyActorRef[] {
  const actors: AnyActorRef[] = Array.from({ length: count })
  for (let i = 0; i < count; i++) actors[i] = createActor(counting).start()
  return actors
}

export const trials: Trials = {
  tell: plan => tellAll(plan, n => ({ type: 'add', n })),
  'tell-object': plan => tellAll(plan, n => ({ type: 'object', message: { kind: 'add', n } })),
  spawn: plan => {
    const kept: unknown[] = []
    return making(plan, count => void kept.push(spawnMany(count)))
  },
  bytes: plan =>
    bytesEach(
      plan,
      n => ({ count: 0, sum: n }),
      async count => spawnMany(count),
    ),
  'bytes-used': plan =>
    bytesEach(
      plan,
      n => ({ count: 0, sum: n }),
      async count => {
        const actors = spawnMany(count)
        for (const actor of actors) actor.send({ type: 'add', n: 1 })
        return actors
      },
    ),
}
