// The ways in which a select ends other than by a channel: by a time, a promise, a signal. And what it leaves behind then:
// nothing, neither at the channels that it waited at, nor of the values and bytes that it would have sent.
import {
  after,
  type Channel,
  type GoContext,
  goroutine,
  moved,
  type Receiver,
  refusal,
  select,
  type Sender,
  settled,
} from '@troupe/actors'
import { place, type Placement } from '../placement.ts'

const codeOf = ({ code }: { code: string }): string => code

/** A select with nothing to wait for but times. */
export const onlyTimes = goroutine(
  import.meta,
  'endings.onlyTimes',
  async (_ctx, _on: Placement) => await select({ send: null, receive: undefined, later: after(20), late: after(3) }),
)

/** A time and a promise lose against a value that is there. */
export const valueFirst = goroutine(import.meta, 'endings.valueFirst', async (ctx: GoContext, _on: Placement) => {
  const channel = ctx.channel<number>({ capacity: 1 })
  await channel.send(1)
  const pending = Promise.withResolvers<void>()
  return await select({ late: after(1_000_000), end: settled(pending.promise), value: channel.receiving() })
})

/** A select that waits in vain at channels of every kind, until its time is over. */
const waitInVain = goroutine(
  import.meta,
  'endings.waitInVain',
  async (_ctx, empty: Channel<number>, full: Channel<number>) => {
    const won = await select({
      receive: empty.receiving(),
      meet: empty.sending(1),
      send: full.sending(2),
      late: after(2),
    })
    return won.case
  },
)

/** What is left at channels at which a select has waited in vain. */
export const timeOver = goroutine(import.meta, 'endings.timeOver', async (ctx: GoContext, on: Placement) => {
  const empty = ctx.channel<number>()
  const full = ctx.channel<number>({ capacity: 1 })
  await full.send(0)
  const won = await ctx.go(waitInVain(empty, full), place(on, 1)).done
  const left = [(await full.receive()).value, full.tryReceive(), empty.tryReceive(), empty.trySend(3)]
  return { won, left }
})

const AsAgreed = refusal('as-agreed')
const endOnClose = goroutine(
  import.meta,
  'endings.endOnClose',
  async (_ctx, gate: Receiver<never>, refuses: boolean) => {
    await gate.receive()
    if (refuses) throw AsAgreed()
    return 'result'
  },
)

/** A select waits for the end of a goroutine, which returns or refuses. */
export const taskEnds = goroutine(
  import.meta,
  'endings.taskEnds',
  async (ctx: GoContext, on: Placement, refuses: boolean) => {
    const gate = ctx.channel<never>()
    const channel = ctx.channel<number>()
    const task = ctx.go(endOnClose(gate.receiver, refuses), place(on, 1))
    const early = await select({ value: channel.receiving(), end: settled(task.done), late: after(1) })
    gate.close()
    const won = await select({ value: channel.receiving(), end: settled(task.done) })
    if (won.case !== 'end') return { early: early.case, ended: 'never' }
    if (won.status === 'fulfilled') return { early: early.case, ended: won.value }
    return { early: early.case, ended: AsAgreed.is(won.reason) ? 'refused' : String(won.reason) }
  },
)

/** One case serves in select after select, and in two at once. */
export const caseAgain = goroutine(import.meta, 'endings.caseAgain', async (ctx: GoContext, on: Placement) => {
  const gate = ctx.channel<never>()
  const channel = ctx.channel<number>({ capacity: 2 })
  const task = ctx.go(endOnClose(gate.receiver, false), place(on, 1))
  const end = settled(task.done)
  const value = channel.receiving()
  const cases: string[] = []
  for (let i = 0; i < 3; i++) {
    await channel.send(i)
    cases.push((await select({ value, end })).case)
  }
  const both = Promise.all([select({ value, end }), select({ value, end })])
  await ctx.sleep(1)
  gate.close()
  cases.push(...(await both).map(won => won.case))
  return cases
})

/** A signal aborts a select that waits, and one that would begin to; neither takes the value that comes then. */
export const aborts = goroutine(import.meta, 'endings.aborts', async (ctx: GoContext, on: Placement) => {
  const channel = ctx.channel<number>()
  const aborting = ctx.go(abortSelects(channel.receiver), place(on, 1))
  const codes = await aborting.done
  const receiving = ctx.go(receiveOne(channel.receiver), place(on, 2))
  await channel.send(7)
  return { codes, received: await receiving.done }
})
const abortSelects = goroutine(import.meta, 'endings.abortSelects', async (ctx: GoContext, from: Receiver<number>) => {
  const controller = new AbortController()
  const { signal } = controller
  const waiting = select({ value: from.receiving(), none: null }, { signal }).catch(codeOf)
  const alone = select({}, { signal }).catch(codeOf)
  await ctx.sleep(1)
  controller.abort()
  return [await waiting, await alone, await select({ value: from.receiving() }, { signal }).catch(codeOf)]
})
const receiveOne = goroutine(
  import.meta,
  'endings.receiveOne',
  async (_ctx, from: Receiver<number>) => (await from.receive()).value,
)

/** Several values in one select for one channel: those that arrive, and what is left. */
export const oneOfMany = goroutine(
  import.meta,
  'endings.oneOfMany',
  async (ctx: GoContext, on: Placement, capacity: number, rounds: number) => {
    const channel = ctx.channel<string>({ capacity })
    const sending = ctx.go(sendOneOfMany(channel, rounds), place(on, 1))
    const received: string[] = []
    for (let i = 0; i < rounds; i++) received.push((await channel.receive()).value!)
    const won = await sending.done
    return { won, received, left: channel.tryReceive() }
  },
)
const sendOneOfMany = goroutine(
  import.meta,
  'endings.sendOneOfMany',
  async (_ctx, to: Sender<string>, rounds: number) => {
    const won: string[] = []
    for (let i = 0; i < rounds; i++) {
      const { case: name } = await select({ a: to.sending(`a${i}`), b: to.sending(`b${i}`), c: to.sending(`c${i}`) })
      won.push(`${name}${i}`)
    }
    return won
  },
)

/** Bytes are handed over by a case that is chosen, and kept by one that is not: their lengths at the sender, afterwards. */
export const bytes = goroutine(import.meta, 'endings.bytes', async (ctx: GoContext, on: Placement) => {
  const channel = ctx.channel<Uint8Array>()
  const sending = ctx.go(sendBytes(channel.sender), place(on, 1))
  const { value } = await channel.receive()
  return { received: [...value!], lengths: await sending.done }
})
const sendBytes = goroutine(import.meta, 'endings.sendBytes', async (ctx: GoContext, to: Sender<Uint8Array>) => {
  const nobody = ctx.channel<Uint8Array>()
  const [kept, sent] = [Uint8Array.of(1, 1), Uint8Array.of(2, 2, 2)]
  await select({ nobody: nobody.sending(moved(kept)), late: after(1) })
  await select({ nobody: nobody.sending(moved(kept)), to: to.sending(moved(sent)) })
  return [kept.length, sent.length]
})
