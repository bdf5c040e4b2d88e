// Moving by hand, over raw worker_threads: what a program would write that has objects in two workers and a port between
// them.
//
// To move an object its worker posts the state to the other one, which makes an object of it and says so; until then the
// caller keeps back what it would ask. All callers must be on the one thread that knows where each object is, nothing but
// the state goes along, and nothing is undone where the state cannot be posted.

import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Plan, Trial, Trials } from '../measure.ts'
import { pauses, shuttling, type Shuttle } from '../pausing.ts'
import { rowsIn } from '../rows.ts'
import type { FromMover, ToMover } from './post-message.moving.worker.ts'

class Mover {
  /** Which of the workers it is on. */
  at = 0
  /** Set while it moves: what is asked meanwhile waits for that. */
  moving: Promise<void> | undefined = undefined
}

class Workers {
  readonly #workers: Worker[]
  readonly #calls = new Map<number, (value: number) => void>()
  readonly #arrivals = new Map<number, () => void>()
  readonly #movers: Mover[] = []
  #made = 0

  private constructor(workers: Worker[]) {
    this.#workers = workers
    for (const worker of workers) worker.on('message', (message: FromMover) => this.#take(message))
  }
  static async start(): Promise<Workers> {
    const { port1, port2 } = new MessageChannel()
    const workers = [port1, port2].map(port => {
      const url = new URL('./post-message.moving.worker.ts', import.meta.url)
      return new Worker(url, { workerData: port, transferList: [port] })
    })
    await Promise.all(workers.map(worker => once(worker, 'online')))
    return new Workers(workers)
  }

  #take(message: FromMover): void {
    const waiting = message.type === 'here' ? this.#arrivals : this.#calls
    const done = waiting.get(message.id)
    waiting.delete(message.id)
    done?.(message.type === 'here' ? 0 : message.value)
  }
  #post(at: number, message: ToMover): void {
    this.#workers[at]!.postMessage(message)
  }

  /** On the first worker; gives its number. */
  async make(rows: number): Promise<number> {
    const object = this.#movers.push(new Mover()) - 1
    this.#post(0, { type: 'make', object, rows })
    await this.call(object, 'add', 0)
    return object
  }

  async call(object: number, type: 'add' | 'where', n: number): Promise<number> {
    const mover = this.#movers[object]!
    while (mover.moving !== undefined) await mover.moving
    const id = this.#made++
    return new Promise(resolve => {
      this.#calls.set(id, resolve)
      this.#post(mover.at, { type, object, id, n })
    })
  }

  move(object: number): Promise<void> {
    const mover = this.#movers[object]!
    return (mover.moving = new Promise(resolve => {
      this.#arrivals.set(object, () => {
        mover.at = 1 - mover.at
        mover.moving = undefined
        resolve()
      })
      this.#post(mover.at, { type: 'move', object })
    }))
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.terminate()))
  }
}

function pausing(bytes: number, moves: number): Trial {
  return async plan => {
    const workers = await Workers.start()
    const object = await workers.make(rowsIn(bytes))
    return pauses(plan, moves, {
      call: n => workers.call(object, 'add', n),
      move: () => workers.move(object),
      where: () => workers.call(object, 'where', 0),
    })
  }
}

async function shuttle(workers: Workers, count: number, rows: number): Promise<Shuttle> {
  const objects = await Promise.all(Array.from({ length: count }, () => workers.make(rows)))
  return {
    move: () => Promise.all(objects.map(object => workers.move(object))),
    where: () => Promise.all(objects.map(object => workers.call(object, 'where', 0))),
  }
}

async function moves(plan: Plan, count: number): ReturnType<Trial> {
  return { rate: await shuttling(plan, await shuttle(await Workers.start(), count, 1)) }
}

export const trials: Trials = {
  'move-100B': pausing(100, 200),
  'move-1kB': pausing(1_000, 200),
  'move-100kB': pausing(100_000, 100),
  'move-10MB': pausing(10_000_000, 10),
  'move-linear': async plan => {
    const each = async (bytes: number): Promise<number> => {
      const workers = await Workers.start()
      const rate = await shuttling(plan, await shuttle(workers, 1, rowsIn(bytes)))
      await workers.end()
      return 1e9 / rate / bytes
    }
    const each100kB = await each(100_000)
    const each10MB = await each(10_000_000)
    return { each100kB, each10MB, linear: each100kB / each10MB }
  },
  'moves-one': plan => moves(plan, 1),
  'moves-1k': plan => moves(plan, 1_000),
}
