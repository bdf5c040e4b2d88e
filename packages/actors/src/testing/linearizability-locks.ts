// Models of locks with fencing tokens, and of what they protect, one for each key: acquire, renew and release, and the
// guarded write and read. A mutex is permits of one.
//
// A lapse is no operation, since no client does it. It shows where an acquire got its grant although others were held: some of
// these must have lapsed, the earliest first, and none can have before its lease was over, which is counted from the call of
// the request. So a grant that came too early is refused, if the history tells leases; without them no grant lapses.
import { type Operation, same, type SequentialModel, shown } from './linearizability-model.ts'

interface Held {
  /** Undefined: an acquire of which nobody knows what it gave. */
  readonly token: bigint | undefined
  readonly permits: number
  /** The earliest time at which it may lapse. */
  readonly until: number
}

/** A lock, and the resource behind it. */
export interface LockState {
  readonly held: readonly Held[]
  /** The newest token that was granted, and the newest that the resource has seen. */
  readonly newest: bigint
  readonly seen: bigint
  readonly value: unknown
}

const FREE: LockState = { held: [], newest: 0n, seen: 0n, value: null }

/** The model of `fencedPermits` with one permit: at most one holder at a time. */
export const fencedMutex = (): SequentialModel<LockState> => fencedPermits(1)

/**
 * Acquire has the input `{ permits, lease }` (1, and without end) and gives a token, greater than all before, or false where
 * it was busy; renew `{ token, lease }` and release `{ token }` give true, or false where that grant was gone. What is guarded:
 * write `{ token, value }` gives false exactly where a newer token was seen, read gives the value; with a token it fails
 * where a newer one was seen. Tokens are bigints, numbers, or texts of digits; leases are in the history's unit of time.
 */
export function fencedPermits(permits: number): SequentialModel<LockState> {
  return {
    init: FREE,
    step(state, op) {
      const after = stepped(state, op, permits)
      return after === undefined ? undefined : { state: after }
    },
    hash: ({ held, newest, seen }) => `${held.length} ${newest} ${seen}`,
    // not a renewal or release that was refused: it shows that a grant has lapsed, and frees it
    readonly: ({ op, output, input }) =>
      op === 'read' ? inputOf({ input }).token === undefined : output === false && (op === 'acquire' || op === 'write'),
    show({ held, newest, seen, value }) {
      const holders = held.map(
        ({ token, until }) => `${token ?? '?'}${until < Infinity ? ` until ${until} at least` : ''}`,
      )
      const guarded = seen > 0n ? `; guarded: ${shown(value)}, written with token ${seen} or before` : ''
      return `held by ${holders.join(', ') || 'nobody'}, newest token ${newest}${guarded}`
    },
  }
}

interface Input {
  token: bigint | undefined
  permits: number
  lease: number
  value: unknown
}
function inputOf({ input }: Pick<Operation, 'input'>): Input {
  const { token, permits, lease, value } = (input ?? {}) as { [field in keyof Input]?: unknown }
  return {
    token: tokenOf(token),
    permits: typeof permits === 'number' ? permits : 1,
    lease: typeof lease === 'number' ? lease : Infinity,
    value: value ?? null,
  }
}
function tokenOf(value: unknown): bigint | undefined {
  const isOne =
    typeof value === 'bigint' || Number.isSafeInteger(value) || (typeof value === 'string' && /^\d+$/.test(value))
  return isOne ? BigInt(value as bigint | number | string) : undefined
}

function stepped(state: LockState, op: Operation, permits: number): LockState | undefined {
  switch (op.op) {
    case 'acquire':
      return acquired(state, op, permits)
    case 'renew': {
      const { token, lease } = inputOf(op)
      return kept(state, op, held => ({ ...held, token, until: Math.max(held.until, op.call + lease) }))
    }
    case 'release':
      return kept(state, op, () => undefined)
    case 'write': {
      const { token, value } = inputOf(op)
      const fits = token !== undefined && token >= state.seen && token <= state.newest
      if (op.status === 'ok' && op.output !== fits) return undefined
      return fits ? { ...state, seen: token, value } : state
    }
    case 'read': {
      const { token = state.seen } = inputOf(op)
      if (op.status === 'ok' && (token < state.seen || !same(op.output ?? null, state.value))) return undefined
      return token > state.seen ? { ...state, seen: token } : state
    }
    default:
      throw new TypeError(`a lock knows acquire, renew, release, write and read, not ${shown(op.op)}`)
  }
}

/** Whether a grant can have lapsed by the time the operation happened. */
const mayHaveLapsed = ({ until }: Held, op: Operation) =>
  until <= (op.status === 'ok' ? op.return! : Infinity) && until < Infinity

function acquired(state: LockState, op: Operation, permits: number): LockState | undefined {
  const asked = inputOf(op)
  if (op.status === 'ok' && op.output === false) return state.held.length > 0 ? state : undefined
  const token = tokenOf(op.output)
  if (op.status === 'ok' && (token === undefined || token <= state.newest)) return undefined
  const held = state.held.toSorted((a, b) => a.until - b.until)
  let free = permits - held.reduce((sum, each) => sum + each.permits, 0)
  while (free < asked.permits) {
    const first = held.shift()
    if (first === undefined || !mayHaveLapsed(first, op)) return undefined
    free += first.permits
  }
  held.push({ token, permits: asked.permits, until: op.call + asked.lease })
  return { ...state, held, newest: token ?? state.newest }
}

/** What renew and release do to a grant, and whether they can have given what they did. */
function kept(state: LockState, op: Operation, change: (held: Held) => Held | undefined): LockState | undefined {
  const { token } = inputOf(op)
  const held = token === undefined ? undefined : state.held.find(each => each.token === token)
  const others = state.held.filter(each => each !== held)
  if (op.status === 'ok' && op.output === false) {
    // it had lapsed, though nobody has come into its place yet
    return held === undefined || mayHaveLapsed(held, op) ? { ...state, held: others } : undefined
  }
  if (held === undefined) return op.status === 'ok' && op.output === true ? undefined : state
  const after = change(held)
  return { ...state, held: after === undefined ? others : [...others, after] }
}
