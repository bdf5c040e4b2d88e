// Channels on one thread against the model, operation by operation: each that can go ahead does, with what the model says,
// each that cannot waits until the model says that it ends. Chance makes the operations, and chooses where several cases of
// a select are ready; the model follows that choice.
//
// CHANNEL_RUNS in the environment multiplies the runs.
import { type Case, type Channel, createSystem, select, type System, trySelect } from '@troupe/actors'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Model, type Operation, type Result } from './model.ts'

const RUNS = Number(process.env['CHANNEL_RUNS'] ?? 1)
const CHANNELS = 3

/** Begin an operation; try one; or close the channel of its first case. Each case has another channel. */
interface Command {
  readonly do: 'begin' | 'try' | 'close'
  readonly cases: readonly { readonly channel: number; readonly sends: boolean }[]
}
const oneCase = fc.record({ channel: fc.nat({ max: CHANNELS - 1 }), sends: fc.boolean() })
const command: fc.Arbitrary<Command> = fc.record({
  do: fc.constantFrom('begin', 'begin', 'begin', 'begin', 'try', 'try', 'close'),
  cases: fc.uniqueArray(oneCase, { minLength: 1, maxLength: CHANNELS, selector: ({ channel }) => channel }),
})

/** The real channels beside those of the model. */
class Comparison {
  /** What was otherwise than the model says, in words. */
  readonly wrong: string[] = []
  readonly #model: Model
  readonly #channels: Channel<number>[]
  /** Whether an operation with one case is done plainly, not by a select. */
  readonly #plainly: boolean
  /** What has really ended since it was last compared, by the operation's number. */
  readonly #ended = new Map<number, Result>()

  constructor(system: System, capacities: readonly number[], plainly: boolean) {
    this.#model = new Model(capacities)
    this.#channels = capacities.map(capacity => system.channel<number>({ capacity }))
    this.#plainly = plainly
  }

  async carryOut(id: number, { do: what, cases }: Command): Promise<void> {
    const operations = cases.map(({ channel, sends }) => (sends ? { send: channel, value: id } : { receive: channel }))
    if (what === 'close') this.#close(cases[0]!.channel)
    else await this.#operate(id, operations, what === 'try')
    await this.#compare(`${id}`)
  }

  /** Closes what is open still; then nobody waits any more. */
  async end(): Promise<void> {
    for (const at of this.#channels.keys()) {
      this.#close(at)
      await this.#compare(`the close of ${at}`)
    }
    this.#check('waiters in the end', 0, this.#model.waiting)
  }

  #close(at: number): void {
    const closes = this.#model.close(at)
    let closed = true
    try {
      this.#channels[at]!.close()
    } catch {
      closed = false
    }
    this.#check(`whether ${at} can be closed`, closes, closed)
  }

  async #operate(id: number, operations: readonly Operation[], tries: boolean): Promise<void> {
    const ready = this.#model.ready(operations)
    if (tries) this.#try(id, operations)
    else void this.#begin(operations).then(result => this.#ended.set(id, result))
    await allThatCan()
    const at = this.#ended.get(id)?.at
    this.#check(`${id} goes ahead, as one of ${ready.join()}`, ready.length > 0, at !== undefined && ready.includes(at))
    if (at !== undefined) this.#model.perform(id, operations, at)
    else if (!tries) this.#model.wait(id, operations)
  }

  #begin(operations: readonly Operation[]): Promise<Result> {
    const closed = (error: unknown): Result => this.#closed(operations, error)
    const [one] = operations
    if (!this.#plainly || operations.length > 1 || one === undefined) {
      return select(this.#cases(operations)).then(won => resultOf(Number(won.case), won), closed)
    }
    if ('send' in one) return this.#channels[one.send]!.send(one.value).then(() => ({ at: 0, sent: true }), closed)
    return this.#channels[one.receive]!.receive().then(received => resultOf(0, received))
  }
  #try(id: number, operations: readonly Operation[]): void {
    try {
      const won = trySelect(this.#cases(operations))
      if (won !== undefined) this.#ended.set(id, resultOf(Number(won.case), won))
    } catch (error) {
      this.#ended.set(id, this.#closed(operations, error))
    }
  }
  /** It has thrown: then it wanted to send into what is closed. */
  #closed(operations: readonly Operation[], error: unknown): Result {
    this.#check('what it throws', 'channel-closed', (error as { code?: string }).code)
    return { at: operations.findIndex(one => 'send' in one && this.#channels[one.send]!.closed), closed: true }
  }
  #cases(operations: readonly Operation[]): Record<string, Case<any>> {
    const cases = operations.map(one =>
      'send' in one ? this.#channels[one.send]!.sending(one.value) : this.#channels[one.receive]!.receiving(),
    )
    return Object.fromEntries(cases.entries())
  }

  async #compare(when: string): Promise<void> {
    await allThatCan()
    const inOrder = (results: Map<number, Result>): unknown[] => [...results].sort(([a], [b]) => a - b)
    this.#check(`what has ended after ${when}`, inOrder(this.#model.take()), inOrder(this.#ended))
    this.#ended.clear()
  }
  #check(what: string, modelled: unknown, real: unknown): void {
    const [a, b] = [JSON.stringify(modelled), JSON.stringify(real)]
    if (a !== b) this.wrong.push(`${what}: ${b} instead of ${a}`)
  }
}

/** All that can happen has happened. */
async function allThatCan(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}

function resultOf(at: number, { value, done }: { value?: number | undefined; done?: true | undefined }): Result {
  if (done) return { at, done }
  return value === undefined ? { at, sent: true } : { at, value }
}

let system: System
beforeAll(async () => void (system = await createSystem({ threads: 0 })))
afterAll(() => system.close())

test('each operation does what the model does', { timeout: 60_000 * RUNS }, async () => {
  const capacities = fc.array(fc.nat({ max: 2 }), { minLength: CHANNELS, maxLength: CHANNELS })
  const commands = fc.array(command, { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(capacities, commands, fc.boolean(), async (capacities, commands, plainly) => {
      const comparison = new Comparison(system, capacities, plainly)
      for (const [id, one] of commands.entries()) await comparison.carryOut(id, one)
      await comparison.end()
      expect(comparison.wrong).toEqual([])
    }),
    { numRuns: 500 * RUNS },
  )
})
