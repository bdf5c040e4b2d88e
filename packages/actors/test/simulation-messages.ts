// What random programs send, and what they ask for beside messages: each message is known to the audit before it goes, and
// so is how each ask, stop and wait for room ends. Nothing here throws.
import type { Later } from '../src/behavior.ts'
import { type End, giveAway } from './moving/channel-deeds.ts'
import type { Message } from './simulation-audit.ts'
import type { State } from './simulation-actors.ts'
import { type Any, codeOf, run } from './simulation-run.ts'

export type Kind = 'work' | 'look' | 'chat'
/** What a message may want instead of anything else: that its actor sends so many to another, if any. */
export interface Order {
  readonly to?: Any
  readonly times: number
}
/** What every message carries: itself for the audit, and what is to be passed on: a ref, a late reply, a channel's end. */
export interface Parcel {
  message: Message
  ref?: Any
  later?: Later<unknown>
  end?: End
  order?: Order
  bulk?: string
}

/** Sends an order. */
export function give(from: string, to: Any, order: Order): void {
  to.tell.work({ message: run.audit.sending(from, to.id, true), order })
}
/** An actor does as it is told. */
export function obey(from: string, { to, times }: Order): void {
  for (let left = times; left > 0; left--) give(from, to, { times: 0 })
}

/** Sends one message, and for an ask waits for how it ends. */
export async function send(from: string, ref: Any, how: 'tell' | 'ask', state?: State): Promise<void> {
  const { audit } = run
  if (run.hasEnded(from)) return await new Promise(() => {})
  if (run.chance(2)) return await sendWrongly(ref, how)
  const method = run.pick<Kind>(['work', 'work', 'work', 'look', 'chat'])
  // asks of readonly handlers may run ahead, beside a turn that waits for them
  const ordered = method === 'work' || (method === 'look' && how === 'tell')
  const message = audit.sending(from, ref.id, ordered)
  const parcel: Parcel = { message }
  if (state !== undefined) passOn(parcel, state)
  if (run.chance(15)) parcel.bulk = 'x'.repeat(run.random.below(600))
  if (how === 'tell') return ref.tell[method](parcel)
  await ask(limited(ref), method, parcel, ref.id)
}

function passOn(parcel: Parcel, state: State): void {
  if (state.refs.length > 0 && run.chance(30)) parcel.ref = run.pick(state.refs)
  if (state.later.length > 0 && run.chance(30)) parcel.later = state.later.shift()!
  const end = run.chance(10) ? giveAway(state.ends) : undefined
  if (end !== undefined) parcel.end = end
}

async function ask(ref: Any, method: Kind, parcel: Parcel, to: string): Promise<void> {
  const { audit } = run
  audit.asking(parcel.message, to)
  const asked: Promise<unknown> = ref.ask[method](parcel)
  await asked.then(
    () => audit.asked(parcel.message, 'reply'),
    error => audit.asked(parcel.message, codeOf(error)),
  )
}

function limited(ref: Any): Any {
  const how = run.random.below(10)
  if (how < 3) return ref.with({ deadline: 0.5 + run.random.delay(50) })
  if (how > 3) return ref
  const abort = new AbortController()
  void run.sim.sleep(run.random.delay(10)).then(() => abort.abort())
  return ref.with({ signal: abort.signal })
}

async function sendWrongly(ref: Any, how: 'tell' | 'ask'): Promise<void> {
  const { audit } = run
  if (run.chance(50)) {
    audit.unknown(ref.id)
    if (how === 'tell') return ref.tell.nothing()
    return await ref.ask.nothing().catch((error: unknown) => audit.saw(`ask: ${codeOf(error)}`))
  }
  try {
    if (how === 'tell') ref.tell.work({ message: () => 1 })
    else await ref.ask.work({ message: Symbol('s') })
    audit.unknown(ref.id)
  } catch (error) {
    // to an actor that is gone it is a dead letter, whatever it holds
    if (codeOf(error) !== 'not-sendable') audit.unknown(ref.id)
    audit.saw(`send: ${codeOf(error)}`)
  }
}

/** An actor stops another one, sometimes. */
export async function stop(ctx: Any, ref: Any): Promise<void> {
  if (ref.id !== ctx.self.id && !run.chance(60)) await stopped(ref)
}
export async function stopped(ref: Any): Promise<void> {
  const drain = run.chance(50)
  run.audit.saw(drain ? 'drain' : 'stop')
  try {
    // a turn that waits for its own parent's end would wait for itself
    await Promise.race([ref.stop({ drain }).then(() => run.audit.stopped(ref.id)), run.sim.sleep(20)])
  } catch (error) {
    run.audit.saw(`stop: ${codeOf(error)}`)
  }
}
export async function ready(ref: Any): Promise<void> {
  try {
    await Promise.race([ref.ready(), run.sim.sleep(20)])
    run.audit.saw('ready')
  } catch (error) {
    run.audit.saw(`ready: ${codeOf(error)}`)
  }
}
