// How the turns of an actor run: which message may begin, the handler, its promise, its reply.
//
// Invariants: at most one turn holds the actor, and while it does only interleaving handlers begin; readonly turns run
// beside each other but not beside one that holds. `cell.turn` is the turn that holds the actor, and during the
// synchronous part of any turn that one, so that what it sends carries its chain. A turn ends once: by its handler, its
// limit, or the end of its actor's life; what its handler does after that is void.
import type { Asker, Chain } from './ask.ts'
import type { Cell } from './cell.ts'
import { Context } from './context.ts'
import { Expired, Refusal, type TroupeError, TurnEnded } from './errors.ts'
import type { OwnCall } from './extra.ts'
import { LateReply } from './late-reply.ts'
import {
  ASKED,
  type Mailbox,
  MANY_ARGUMENTS,
  METHOD_SHIFT,
  ONE_ARGUMENT,
  PARCEL,
  type Parcel,
  TIMED,
} from './mailbox.ts'
import type { Method } from './protocol.ts'
import { BATCH, type Hook } from './scheduler.ts'
import { Turn } from './turn.ts'
import { abandon } from './waiter.ts'
import { OVER } from './waits.ts'

/** Runs turns until none can begin, or the batch or the slice is over. */
export function run(cell: Cell): void {
  const { core } = cell
  for (let left = BATCH; left > 0; left--) {
    const { extra, mailbox } = cell
    if (cell.status !== 'running') return
    let queue: Mailbox | undefined
    if (extra !== undefined) {
      if (extra.attention && cell.attend()) return
      queue = next(cell)
    } else if (mailbox !== undefined && mailbox.count > 0 && cell.turn === undefined) queue = mailbox
    if (queue === undefined) break
    const turn = core.spare
    queue.take(turn)
    core.scheduler.begins(turn.head)
    if (core.scheduler.sampling) core.scheduler.sampler!.begin(cell, turn)
    begin(cell, turn)
    if (core.scheduler.turn()) break
  }
  proceed(cell)
}

/** After a turn: on with the next one, or to rest. */
export function proceed(cell: Cell): void {
  const { core, extra, mailbox } = cell
  if (cell.status !== 'running') return
  if (extra !== undefined && extra.attention && cell.attend()) return
  if (mailbox !== undefined && mailbox.count === 0) {
    cell.mailbox = undefined
    core.giveMailbox(mailbox)
  }
  if (next(cell) !== undefined) core.scheduler.enqueue(cell)
}

/** The queue whose oldest message can begin now, beside the turns that are open. */
function next(cell: Cell): Mailbox | undefined {
  const { extra, mailbox } = cell
  if (extra !== undefined) {
    const { aside, side, sideAside } = extra
    if (sideAside !== undefined && sideAside.count > 0) return sideAside
    if (aside !== undefined && aside.count > 0 && mayBegin(cell, aside)) return aside
    if (side !== undefined && side.count > 0 && mayBegin(cell, side)) return side
  }
  return mailbox !== undefined && mailbox.count > 0 && mayBegin(cell, mailbox) ? mailbox : undefined
}

function mayBegin(cell: Cell, queue: Mailbox): boolean {
  const { extra, turn } = cell
  const alone = extra === undefined || extra.beside === undefined || extra.beside.size === 0
  if (turn === undefined && alone) return true
  const method = cell.loaded!.methods[queue.peek() >> METHOD_SHIFT]
  if (method?.interleave === true) return true
  if (extra?.departing === true) return false
  if (turn !== undefined) return false
  return method?.readonly === true || extra!.readers === 0
}

function begin(cell: Cell, turn: Turn): void {
  const { core } = cell
  const { head } = turn
  const method = cell.loaded!.methods[head >> METHOD_SHIFT]
  if (method === undefined) return core.undeliverable(cell.address, head, turn.from, 'unknown')
  if ((head & ASKED) !== 0) {
    const asker = turn.from as Asker
    if (asker.settled || asker.until <= core.scheduler.now) {
      return core.undeliverable(cell.address, head, asker, 'expired')
    }
    asker.begin()
  }
  if ((head & (TIMED | PARCEL)) !== 0 && !unwrap(cell, turn)) return
  const held = cell.turn
  open(cell, turn, method)
  const own = method.interleave || method.readonly
  const ctx = own ? (turn.context = new Context(cell, turn)) : (cell.context ??= new Context(cell, undefined))
  const begun = method.limit === undefined ? 0 : core.platform.now()
  let result: unknown
  try {
    if ((head & MANY_ARGUMENTS) !== 0) result = callWith(method, ctx, turn.argument as unknown[])
    else if ((head & ONE_ARGUMENT) !== 0) result = method.handler(ctx, turn.argument)
    else result = method.handler(ctx)
  } catch (error) {
    cell.turn = held
    return threw(cell, turn, error)
  }
  if (method.limit !== undefined && core.platform.now() - begun > method.limit && !isPromise(result)) {
    // it will not settle: so it ends with the life that it belongs to, as do those that wait beside it
    core.keepSpare()
    if (held !== undefined) {
      cell.turn = held
      cell.more.open(turn)
    }
    return cell.expire(turn)
  }
  cell.turn = held
  if (isPromise(result)) return hold(cell, turn, result)
  finish(cell, turn, result)
}

/** Calls by name where it can: a spread call costs several times as much. */
function callWith({ handler }: Method, ctx: Context, args: unknown[]): unknown {
  if (args.length === 2) return handler(ctx, args[0], args[1])
  if (args.length === 3) return handler(ctx, args[0], args[1], args[2])
  return handler(ctx, ...args)
}

/** The arguments of a timer, or of a frame; false when there is nothing to call. */
function unwrap(cell: Cell, turn: Turn): boolean {
  const timed = (turn.head & TIMED) !== 0
  if (timed && (turn.argument as OwnCall).cancelled) return false
  try {
    if (timed) {
      turn.argument = (turn.argument as OwnCall).take()
    } else {
      const { bytes, start, end } = turn.argument as Parcel
      turn.argument = cell.core.platform.codec.decode(bytes, start, end, cell)
    }
    return true
  } catch {
    // A codec of the user's failed: that is no fault of this actor's.
    cell.core.undeliverable(cell.address, turn.head, turn.from, 'unreadable')
    return false
  }
}

function open(cell: Cell, turn: Turn, method: Method): void {
  turn.cell = cell
  turn.method = method
  turn.serial = cell.turns = (cell.turns + 1) | 0 // as it goes into a frame
  turn.ended = false
  cell.turn = turn
}

/** Runs a hook as a turn that holds the actor; `after` gets the error that it threw, or else what it returned. */
export function hook(
  cell: Cell,
  name: Hook,
  run: (ctx: Context) => unknown,
  after: (error: unknown, value: unknown) => void,
  limit?: number,
): void {
  const turn = new Turn() // the spare one may be in use: a handler can stop another actor
  const handler = run as Method['handler']
  turn.head = 0
  open(cell, turn, { id: -1, name, handler, interleave: false, readonly: false, limit })
  turn.after = after
  cell.context ??= new Context(cell, undefined)
  let result: unknown
  try {
    result = cell.core.scheduler.inHook(cell, name, run)
  } catch (error) {
    return threw(cell, turn, error)
  }
  if (isPromise(result)) hold(cell, turn, result)
  else settle(cell, turn, result)
}

/** The handler returned a promise: the turn stays open until it settles or its limit has passed. */
function hold(cell: Cell, turn: Turn, promise: PromiseLike<unknown>): void {
  const { core } = cell
  const { method } = turn
  if (turn === core.spare) core.keepSpare()
  if (method.interleave || method.readonly) cell.more.open(turn)
  else cell.turn = turn
  const limit = method.limit ?? core.limits.turnLimit
  if (limit < Infinity) core.timers.set(turn, core.platform.now() + limit)
  // a thenable of the user's may throw, or answer at once and twice; a promise stays the one it is
  Promise.resolve(promise).then(
    value => settle(cell, turn, value),
    (error: unknown) => {
      if (!turn.ended) threw(cell, turn, error)
    },
  )
}

function settle(cell: Cell, turn: Turn, value: unknown): void {
  if (turn.ended) return
  const { after } = turn
  close(cell, turn)
  if (after === undefined) {
    finish(cell, turn, value)
    return proceed(cell)
  }
  turn.clear()
  after(undefined, value)
}

/** The turn has ended well: nobody hears of it before its checkpoint, if its actor makes them. */
function finish(cell: Cell, turn: Turn, value: unknown): void {
  if (cell.extra !== undefined && cell.extra.checkpoint !== undefined) {
    const failed = cell.core.checkpoints.ended(cell, turn.method.readonly)
    if (failed !== undefined) return threw(cell, turn, failed)
  }
  reply(turn, value)
  turn.clear()
}

function threw(cell: Cell, turn: Turn, error: unknown): void {
  const { asker, after, method } = turn
  close(cell, turn)
  turn.clear()
  if (after !== undefined) return after(error ?? new Error('threw nothing'), undefined)
  const { core, address, extra } = cell
  // An ask ends with the ask that it was made for: whoever was in a hurry must not cost this actor its state.
  const late = error instanceof Expired && asker !== undefined && asker.until <= core.platform.now()
  if (!late && !(error instanceof Refusal)) return cell.fault(error, method.name, asker)
  const failed = extra?.checkpoint && core.checkpoints.ended(cell, method.readonly)
  if (failed !== undefined) return cell.fault(failed, method.name, asker)
  if (error instanceof Refusal) asker?.fail(core.failures.refusal(error, address, method.name))
  else {
    const expired = core.failures.own(error)
    core.emit('fault', { actor: address.id, method: method.name, error: expired, decision: 'resume' })
    asker!.fail(expired)
  }
  proceed(cell)
}

function reply(turn: Turn, value: unknown): void {
  if ((turn.head & ASKED) === 0 || value instanceof LateReply) return
  ;(turn.from as Asker).reply(value, turn.cell.address, turn.method.name)
}

function close(cell: Cell, turn: Turn): void {
  if (turn.slot >= 0) cell.core.timers.clear(turn)
  if (cell.turn === turn) cell.turn = undefined
  else cell.extra?.close(turn)
  turn.ended = true
}

/** Ends all open turns, whose handlers may still run: their asks fail, their contexts are revoked. */
export function revoke(cell: Cell, error: () => TroupeError): void {
  const turns = [...(cell.extra?.beside ?? [])]
  if (cell.turn !== undefined) turns.push(cell.turn)
  for (const turn of turns) {
    close(cell, turn)
    turn.context?.revoke()
    turn.asker?.fail(error())
  }
  endContext(cell)
}

/** The context of a life that is over, and all that code waits for in its name. */
export function endContext(cell: Cell): void {
  cell.context?.revoke()
  cell.context = undefined
  if (cell.extra?.waits !== undefined) abandon(cell, new TurnEnded(OVER))
}

/**
 * Whether an ask waits for a turn that waits for it: `cycle`; or may run at once beside it, as both only read: `beside`.
 */
export function waits(cell: Cell, method: number, chain: Chain): 'no' | 'beside' | 'cycle' {
  const wanted = cell.loaded?.methods[method]
  if (wanted === undefined || wanted.interleave) return 'no'
  for (let entry: Chain | undefined = chain; entry !== undefined; entry = entry.outer) {
    if (!entry.actor.equals(cell.address)) continue
    const open = cell.openTurn(entry.turn)
    if (open === undefined || open.method.interleave) continue
    return open.method.readonly && wanted.readonly ? 'beside' : 'cycle'
  }
  return 'no'
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false
  try {
    return typeof (value as PromiseLike<unknown>).then === 'function'
  } catch {
    return false // a getter of the user's: whoever wants the value finds out
  }
}
