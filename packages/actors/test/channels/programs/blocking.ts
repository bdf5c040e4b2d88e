// Which operations wait, which do not, and which throw. (Go: test/chan/select3.go)
import { after, type Channel, type GoContext, goroutine, select, settled, trySelect } from '@troupe/actors'
import { place, type Placement, until } from '../placement.ts'

interface Channels {
  /** Rendezvous, and nobody at the other end. */
  readonly lonely: Channel<number>
  /** With room for one. */
  readonly roomy: Channel<number>
  /** With a buffer of one that is full. */
  readonly full: Channel<number>
  readonly closed: Channel<number>
}

/** Each does one thing; a goroutine runs it, with channels that another one made. */
const operations = {
  'receive where nobody sends': (_ctx, { lonely }) => lonely.receive(),
  'send where nobody receives': (_ctx, { lonely }) => lonely.send(7),
  'send into a full buffer': (_ctx, { full }) => full.send(7),
  // a select without a channel is nobody's: only its signal stops it
  'select nothing': ({ signal }) => select({}, { signal }),
  'select null': ({ signal }) => select({ send: null, receive: undefined }, { signal }),
  'select where nobody is': (_ctx, { lonely }) => select({ receive: lonely.receiving() }),
  'select that only sees itself': (_ctx, { lonely }) =>
    select({ send: lonely.sending(1), receive: lonely.receiving() }),

  'send into room': (_ctx, { roomy }) => roomy.send(7),
  'receive from a buffer': (_ctx, { full }) => full.receive(),
  'receive from a closed channel': (_ctx, { closed }) => closed.receive(),
  'try to select nothing': async () => trySelect({}),
  'try to select null': async () => trySelect({ send: null, receive: undefined }),
  'try where nobody is': async (_ctx, { lonely }) =>
    trySelect({ send: lonely.sending(1), receive: lonely.receiving() }),
  'try to select room': (ctx, { roomy }) => until(ctx, () => trySelect({ send: roomy.sending(7) })),
  'try to select a value': (ctx, { full }) => until(ctx, () => trySelect({ receive: full.receiving() })),
  'select a closed channel': (_ctx, { closed }) => select({ receive: closed.receiving() }),
  'select beside a closed channel': (_ctx, { closed, lonely }) =>
    select({ receive: closed.receiving(), lonely: lonely.receiving() }),

  'send into a closed channel': (_ctx, { closed }) => closed.send(7),
  'select to send into a closed channel': (_ctx, { closed }) => select({ send: closed.sending(7) }),
  'try to send into a closed channel': (ctx, { closed }) => until(ctx, () => closed.trySend(7)),
  'try to select a closed channel': (ctx, { closed }) => until(ctx, () => trySelect({ send: closed.sending(7) })),
} satisfies Record<string, (ctx: GoContext, channels: Channels) => Promise<unknown>>
export type Operation = keyof typeof operations

const operate = goroutine(
  import.meta,
  'blocking.operate',
  async (ctx: GoContext, operation: Operation, channels: Channels) => {
    const operate: (ctx: GoContext, channels: Channels) => Promise<unknown> = operations[operation]
    return await operate(ctx, channels).then(
      gave => ({ gave }),
      ({ code }: { code: string }) => ({ threw: code }),
    )
  },
)

async function makeChannels(ctx: GoContext): Promise<Channels> {
  const channels = {
    lonely: ctx.channel<number>(),
    roomy: ctx.channel<number>({ capacity: 1 }),
    full: ctx.channel<number>({ capacity: 1 }),
    closed: ctx.channel<number>(),
  }
  await channels.full.send(1)
  channels.closed.close()
  return channels
}

/** What an operation gives, or the code of what it throws. */
export const ends = goroutine(
  import.meta,
  'blocking.ends',
  async (ctx: GoContext, on: Placement, operation: Operation) => {
    return await ctx.go(operate(operation, await makeChannels(ctx)), place(on, 1)).done
  },
)

/** Whether an operation still waits after `ms`; it is stopped then. */
export const waits = goroutine(
  import.meta,
  'blocking.waits',
  async (ctx: GoContext, on: Placement, operation: Operation, ms: number) => {
    const task = ctx.go(operate(operation, await makeChannels(ctx)), place(on, 1))
    const won = await select({ ended: settled(task.done), waits: after(ms) })
    await task.stop()
    return won.case
  },
)
