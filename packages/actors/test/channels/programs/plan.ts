// Programs as data: what each goroutine does, step by step, at which channels, and when these are drained and closed. So
// that chance can make them, and what fails can be made smaller until a person can read it.
//
// A channel always has a goroutine that receives until its end, and one that closes it: nobody may wait for ever.
import {
  after,
  type Case,
  type Channel,
  type ChannelOptions,
  type GoContext,
  goroutine,
  type Received,
  type Receiver,
  select,
  type Sender,
  type Task,
  thread,
  trySelect,
} from '@troupe/actors'

/** One thing at one channel; null is a case that is never ready. */
export type Operation = { readonly send: number } | { readonly receive: number } | null
export type Step =
  | { readonly send: number }
  | { readonly receive: number }
  | { readonly select: readonly Operation[]; readonly within?: number }
  | { readonly try: readonly Operation[] }
  | { readonly sleep: number }
/** A time, in ms, and a thread. */
interface Moment {
  readonly on: number
  readonly after: number
}
export interface Plan {
  readonly channels: readonly (ChannelOptions & { readonly drained: Moment; readonly closed: Moment })[]
  readonly scripts: readonly { readonly on: number; readonly steps: readonly Step[] }[]
}

/** What happened to a goroutine, in order. A value is told apart by its sender: `${script}.${serial}`. */
export type Happening =
  | { readonly did: 'sent' | 'received'; readonly at: number; readonly value: string }
  | { readonly did: 'ended'; readonly at: number }
  | { readonly did: 'refused' | 'late' | 'missed' }

class Actions {
  readonly happened: Happening[] = []
  readonly #name: number
  readonly #channels: readonly Channel<string>[]
  #values = 0

  constructor(name: number, channels: readonly Channel<string>[]) {
    this.#name = name
    this.#channels = channels
  }

  async do(ctx: GoContext, step: Step): Promise<void> {
    if ('sleep' in step) return await ctx.sleep(step.sleep)
    try {
      await this.#act(step)
    } catch (error) {
      if ((error as { code?: string }).code !== 'channel-closed') throw error
      this.happened.push({ did: 'refused' })
    }
  }

  async #act(step: Exclude<Step, { sleep: number }>): Promise<void> {
    if ('send' in step) {
      const value = this.#value()
      await this.#channels[step.send]!.send(value)
      this.happened.push({ did: 'sent', at: step.send, value })
    } else if ('receive' in step) {
      this.received(step.receive, await this.#channels[step.receive]!.receive())
    } else if ('select' in step) {
      const { cases, values } = this.#cases(step.select)
      const late = step.within === undefined ? null : after(step.within)
      this.#won(step.select, values, await select({ ...cases, late }))
    } else {
      const { cases, values } = this.#cases(step.try)
      this.#won(step.try, values, trySelect(cases) ?? { case: 'missed' })
    }
  }

  /** Cases by their position, and the values that they would send. */
  #cases(operations: readonly Operation[]): { cases: Record<string, Case<any> | null>; values: string[] } {
    const values = operations.map(() => this.#value())
    const cases = operations.map((operation, i) => {
      if (operation === null) return null
      if ('receive' in operation) return this.#channels[operation.receive]!.receiving()
      return this.#channels[operation.send]!.sending(values[i]!)
    })
    return { cases: Object.fromEntries(cases.entries()), values }
  }

  #won(operations: readonly Operation[], values: readonly string[], won: { case?: string }): void {
    if (won.case === 'late' || won.case === 'missed') return void this.happened.push({ did: won.case })
    const i = Number(won.case)
    const operation = operations[i]!
    if ('send' in operation) this.happened.push({ did: 'sent', at: operation.send, value: values[i]! })
    else this.received(operation.receive, won as Received<string>)
  }

  received(at: number, { value, done }: Received<string>): void {
    this.happened.push(done ? { did: 'ended', at } : { did: 'received', at, value })
  }

  #value(): string {
    return `${this.#name}.${this.#values++}`
  }
}

const follow = goroutine(
  import.meta,
  'plan.follow',
  async (ctx: GoContext, name: number, steps: readonly Step[], channels: readonly Channel<string>[]) => {
    const actions = new Actions(name, channels)
    for (const step of steps) await actions.do(ctx, step)
    return actions.happened
  },
)
const drain = goroutine(
  import.meta,
  'plan.drain',
  async (ctx: GoContext, at: number, from: Receiver<string>, ms: number) => {
    await ctx.sleep(ms)
    const actions = new Actions(-1, [])
    for await (const value of from) actions.received(at, { value })
    actions.received(at, { done: true })
    return actions.happened
  },
)
const closeAfter = goroutine(
  import.meta,
  'plan.closeAfter',
  async (ctx: GoContext, to: Sender<string>, ms: number): Promise<Happening[]> => {
    await ctx.sleep(ms)
    to.close()
    return []
  },
)

export interface Outcome {
  /** Of each goroutine what happened to it: the scripts first, then the rest. */
  readonly happened: readonly (readonly Happening[])[]
  /** Of each channel, in words, what it does when all is over. */
  readonly afterwards: readonly string[]
  /** Goroutines that had not ended when there was nothing more to wait for. */
  readonly waiting: readonly string[]
}

/** Carries out a plan, and waits at most `patience` ms for its goroutines. */
export const carryOut = goroutine(
  import.meta,
  'plan',
  async (ctx: GoContext, plan: Plan, patience: number): Promise<Outcome> => {
    const channels = plan.channels.map(options => ctx.channel<string>(channelOptions(options)))
    const tasks = new Map<string, Task<readonly Happening[]>>()
    plan.scripts.forEach(({ on, steps }, i) => {
      tasks.set(`script ${i}`, ctx.go(follow(i, steps, channels), { on: thread(on) }))
    })
    plan.channels.forEach(({ drained, closed }, i) => {
      const { sender, receiver } = channels[i]!
      tasks.set(`drain ${i}`, ctx.go(drain(i, receiver, drained.after), { on: thread(drained.on) }))
      tasks.set(`close ${i}`, ctx.go(closeAfter(sender, closed.after), { on: thread(closed.on) }))
    })
    const waiting = new Set(tasks.keys())
    const ended = [...tasks].map(async ([name, task]) => {
      const happened = await task.done
      waiting.delete(name)
      return happened
    })
    const all = Promise.all(ended)
    const over = ctx.channel<never>()
    void all.finally(() => over.close())
    await select({ over: over.receiving(), patience: after(patience) })
    if (waiting.size > 0) return { happened: [], afterwards: [], waiting: [...waiting] }
    return { happened: await all, afterwards: await Promise.all(channels.map(useClosed)), waiting: [] }
  },
)

function channelOptions({ capacity, overflow }: ChannelOptions): ChannelOptions {
  return { ...(capacity !== undefined && { capacity }), ...(overflow !== undefined && { overflow }) }
}

/** What is closed and drained says so, to everybody, and who has heard that once knows it. */
async function useClosed(channel: Channel<string>): Promise<string> {
  const { done } = await channel.receive()
  const { closed } = channel
  const sent = await channel.send('more').then(() => 'sent', codeOf)
  const tried = await Promise.try(() => channel.trySend('more')).catch(codeOf)
  const selected = await select({ receive: channel.receiving() })
  return `receive ${inWords(done)}, closed ${closed}, send ${sent}, trySend ${tried}, select ${inWords(selected.done)}`
}
const inWords = (done: true | undefined): string => (done ? 'done' : 'value')
const codeOf = ({ code }: { code: string }): string => code
