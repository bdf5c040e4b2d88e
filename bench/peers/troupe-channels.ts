// Ours, in the subject "channels": goroutines over channels. Values are copied, channels are bounded, order holds between a
// sender and a receiver, and any end may be on any thread.
//
// `trials` sends and receives as documented, `tried` tries first and waits only where it must, `told` moves the same
// values by `tell` to an actor behind `ready()`, and `asked` makes round trips by `ask`. Consumers are started before producers;
// when the producers have ended the channel is closed, and the consumers say what they got.

import {
  createSystem,
  moved,
  thread,
  type Goroutine,
  type Receiver,
  type Ref,
  type Sender,
  type System,
} from '@troupe/actors'
import { oneAtATime, type Plan, type Trial, type Trials } from '../measure.ts'
import { handingOver, passing, shares, together, type Pass, type Tally } from '../passing.ts'
import {
  add,
  adding,
  echo,
  ends,
  receiveNumbers,
  receiveObjects,
  selectNumbers,
  selectSend,
  sendNumbers,
  sendObjects,
  tryReceiveNumbers,
  trySendNumbers,
} from './troupe.goroutines.ts'

type Produce<T> = Goroutine<[to: Sender<T>, from: number, until: number], void>
type Consume<T> = Goroutine<[from: Receiver<T>], Tally>

/** Which threads producers and consumers are on, one for each; 0 is the calling one. */
interface Places {
  readonly producers: readonly number[]
  readonly consumers: readonly number[]
}

const here: Places = { producers: [0], consumers: [0] }
const out: Places = { producers: [0], consumers: [1] }

function start(places: Places): Promise<System> {
  return createSystem({ threads: Math.max(...places.producers, ...places.consumers) })
}

function over<T>(capacity: number, produce: Produce<T>, consume: Consume<T>, places: Places): Trial {
  return async plan => {
    const system = await start(places)
    return passing(plan, async count => {
      const channel = system.channel<T>({ capacity })
      const consumers = places.consumers.map(at => system.go(consume(channel.receiver), { on: thread(at) }))
      const producers = shares(count, places.producers.length).map(({ from, until }, n) =>
        system.go(produce(channel.sender, from, until), { on: thread(places.producers[n]!) }),
      )
      await Promise.all(producers.map(task => task.done))
      channel.close()
      return together(await Promise.all(consumers.map(task => task.done)))
    })
  }
}

/** One consumer selects from two channels, each with a producer. */
function selecting(places: Places): Trial {
  return async plan => {
    const system = await start(places)
    return passing(plan, async count => {
      const [a, b] = [system.channel<number>({ capacity: 64 }), system.channel<number>({ capacity: 64 })] as const
      const consumer = system.go(selectNumbers(a.receiver, b.receiver), {
        on: thread(places.consumers[0]!),
      })
      await Promise.all(
        shares(count, 2).map(async ({ from, until }, n) => {
          const to = [a, b][n]!
          await system.go(sendNumbers(to.sender, from, until), { on: thread(places.producers[n]!) }).done
          to.close()
        }),
      )
      return consumer.done
    })
  }
}

/** One producer selects between two channels, each with a consumer. */
function selectingToSend(places: Places): Trial {
  return async plan => {
    const system = await start(places)
    return passing(plan, async count => {
      const [a, b] = [system.channel<number>({ capacity: 64 }), system.channel<number>({ capacity: 64 })] as const
      const consumers = [a, b].map((channel, n) =>
        system.go(receiveNumbers(channel.receiver), { on: thread(places.consumers[n]!) }),
      )
      await system.go(selectSend(a.sender, b.sender, count), { on: thread(places.producers[0]!) }).done
      a.close()
      b.close()
      return together(await Promise.all(consumers.map(task => task.done)))
    })
  }
}

/** A rendezvous there and one back: the calling program at one end, a goroutine on another thread at the other. */
async function thereAndBack(plan: Plan): ReturnType<Trial> {
  const system = await start(out)
  const there = system.channel<number>()
  const back = system.channel<number>()
  system.go(echo(there.receiver, back.sender), { on: thread(1) })
  return oneAtATime(plan, async n => {
    await there.send(n)
    const { value = NaN } = await back.receive()
    return value
  })
}

const numbers = (capacity: number, places = here): Trial => over(capacity, sendNumbers, receiveNumbers, places)
const objects = (capacity: number, places = here): Trial => over(capacity, sendObjects, receiveObjects, places)
const trying = (capacity: number, places = here): Trial => over(capacity, trySendNumbers, tryReceiveNumbers, places)

export const trials: Trials = {
  channel: numbers(64),
  'channel-1024': numbers(1024),
  'channel-object': objects(64),
  rendezvous: numbers(0),
  select: selecting({ producers: [0, 0], consumers: [0] }),
  'channel-fan-out': numbers(64, { producers: [0], consumers: [0, 0] }),
  'channel-fan-in': numbers(64, { producers: [0, 0], consumers: [0] }),

  'thread-channel': numbers(1024, out),
  'thread-channel-object': objects(1024, out),
  'thread-rendezvous': thereAndBack,
  'thread-select': selecting({ producers: [1, 2], consumers: [0] }),
  'thread-select-send': selectingToSend({ producers: [0], consumers: [1, 2] }),
  'thread-channel-fan-out': numbers(1024, { producers: [0], consumers: [1, 2] }),
  'thread-channel-fan-in': numbers(1024, { producers: [1, 2], consumers: [0] }),

  offload: async plan => {
    const system = await createSystem({ threads: 0 })
    return oneAtATime(plan, n => system.run(add, n))
  },
  'offload-moved': async plan => {
    const system = await createSystem({ threads: 0 })
    return handingOver(plan, bytes => system.run(ends, moved(bytes)))
  },
}

export const tried: Trials = {
  channel: trying(64),
  'channel-1024': trying(1024),
  'thread-channel': trying(1024, out),
}

type Adding = Ref<typeof adding>

const BURST = 1000

/** As many as a mailbox takes without waiting are on the way: `ready()` is awaited once for every thousand. */
async function telling(plan: Plan, tell: (to: Adding, n: number) => void): ReturnType<Trial> {
  const system = await start(out)
  const to = await system.spawn(adding, undefined, { on: thread(1) })
  const pass: Pass = async count => {
    let room = to.ready()
    for (let n = 0; n < count;) {
      for (let i = 0; i < BURST && n < count; i++) tell(to, n++)
      // for the room that was asked for a burst ago, so that both ends work at the same time
      await room
      room = to.ready()
    }
    await room
    return to.ask.tally()
  }
  return passing(plan, pass)
}

export const told: Trials = {
  'thread-channel': plan => telling(plan, (to, n) => to.tell.number(n)),
  'thread-channel-object': plan => telling(plan, (to, n) => to.tell.object({ kind: 'add', n })),
}

export const asked: Trials = {
  'thread-rendezvous': async plan => {
    const system = await start(out)
    const to = await system.spawn(adding, undefined, { on: thread(1) })
    return oneAtATime(plan, n => to.ask.next(n))
  },
}
