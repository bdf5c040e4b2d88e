// The actors of random programs in which threads are lost: each notes what it has heard from whom, and tells others when it is
// asked to.
//
// Invariant: whoever sends numbers what it sends, for each receiver, from 1; a life that may not know how far another one came
// has a name of its own. So of each name a receiver hears ascending numbers, none of them twice, whatever is lost.
import { behavior, type Ref } from '../../src/index.ts'

/** By sender: the numbers that came. */
export type Heard = Record<string, number[]>

interface State {
  /** The name by which this life sends. */
  me: string
  readonly sent: Record<string, number>
  readonly heard: Heard
  /** By actor: how often its end was heard of. */
  readonly ends: Record<string, string[]>
}

const fresh = (): State => ({ me: '', sent: {}, heard: {}, ends: {} })

let lives = 0

/** A handler's context, as far as they need it. */
interface Self {
  readonly state: State
  readonly self: Ref<{}>
  watch(ref: Ref<{}>, method: 'ended', id: string): void
}

const handlers = {
  note({ state }: Self, from: string, number: number) {
    ;(state.heard[from] ??= []).push(number)
  },
  send({ state }: Self, to: Noting, times: number) {
    for (let left = times; left > 0; left--) {
      const number = (state.sent[to.id] = (state.sent[to.id] ?? 0) + 1)
      to.tell.note(state.me, number)
    }
  },
  /** Whether it gets an answer. */
  async pass(_self: Self, to: Noting) {
    const [{ status }] = await Promise.allSettled([to.ask.heard()])
    return status === 'fulfilled'
  },
  watch(ctx: Self, ref: Ref<{}>) {
    ctx.watch(ref, 'ended', ref.id)
  },
  ended({ state }: Self, id: string, how: { why: string }) {
    ;(state.ends[id] ??= []).push(how.why)
  },
  heard: ({ state }: Self) => state.heard,
  ends: ({ state }: Self) => state.ends,
}

interface Notes {
  note(from: string, number: number): void
  send(to: Noting, times: number): void
  pass(to: Noting): boolean
  watch(ref: Ref<{}>): void
  heard(): Heard
  ends(): Record<string, string[]>
}
export type Noting = Ref<Notes>

/** Anew after a loss. */
export const plain = behavior(import.meta, {
  name: 'plain',
  state: fresh,
  started(ctx, why) {
    if (why !== 'moved') ctx.state.me = `${ctx.self.id}/${++lives}`
  },
  handlers: {
    ...handlers,
    /** One that ends with its parent's thread, or its own. */
    child(ctx, kind: 'plain' | 'kept') {
      return (kind === 'plain' ? ctx.spawn(plain) : ctx.spawn(kept)) as unknown as Noting
    },
  },
})
/** Goes on with what it had when anybody heard of it last. */
export const kept = behavior(import.meta, {
  name: 'kept',
  checkpoint: 'turn',
  state: fresh,
  started(ctx, why) {
    if (why === 'spawned') ctx.state.me = `${ctx.self.id}/${++lives}`
  },
  handlers,
})
/** Goes on with what it had some time before: what it sends then it may have sent already. */
export const lazy = behavior(import.meta, {
  name: 'lazy',
  checkpoint: 20,
  state: fresh,
  started(ctx, why) {
    if (why === 'moved') return
    ctx.state.me = `${ctx.self.id}/${++lives}`
    for (const id of Object.keys(ctx.state.sent)) delete ctx.state.sent[id]
  },
  handlers,
})
