// Every error that Troupe raises. Few classes, each with a stable `code`; the message says what happened, to what, and
// what to do. `ran` tells whether the handler ran, which is whether a retry is safe.
//
// An error crosses threads as plain data (`packError`/`unpackError`) and comes out as the same class with the same
// fields, so `instanceof` and `code` work wherever the asker stands. What a user's handler threw travels as `cause`.

/** Names one actor, for ever: `name#home.birth.serial`, with the threads as places.ts calls them. Compare refs by it. */
export type ActorId = string & { readonly '~actor': true }

/** `no`: the handler did not run, a retry is safe. `yes`: it ran. `unknown`: retry only what is idempotent. */
export type Ran = 'no' | 'yes' | 'unknown'

export interface ErrorAbout {
  actor?: ActorId | undefined
  method?: string | undefined
  ran?: Ran | undefined
  cause?: unknown
}

const NOBODY = '' as ActorId

export class TroupeError extends Error {
  readonly code: string
  /** The actor it happened to; empty where there is none. */
  readonly actor: ActorId
  /** The method that was asked for; empty where there is none. */
  readonly method: string
  readonly ran: Ran
  constructor(code: string, message: string, about: ErrorAbout = {}) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause })
    this.code = code
    this.actor = about.actor ?? NOBODY
    this.method = about.method ?? ''
    this.ran = about.ran ?? 'no'
  }
  override get name(): string {
    return this.constructor.name
  }
}

/** Thrown by a handler to say no: rejects the ask, harms nobody. `data` must be able to travel. */
export class Refusal<Data = unknown> extends TroupeError {
  readonly data: Data
  constructor(code: string, data?: Data, about: ErrorAbout & { message?: string } = {}) {
    super(code, about.message ?? `refused: ${code}`, { ran: 'yes', ...about })
    this.data = data as Data
  }
}

/** A refusal with typed data: `throw Insufficient({ missing })`, `if (Insufficient.is(e)) e.data.missing`. */
export interface RefusalKind<Data> {
  (data: Data): Refusal<Data>
  is(error: unknown): error is Refusal<Data>
  readonly code: string
}
/**
 * Declares a kind of refusal, known everywhere by its `code`. `message` says it for people, if need be from the data; where
 * it is left out, they read `refused: <code>`.
 */
export function refusal<Data = void>(code: string, message?: string | ((data: Data) => string)): RefusalKind<Data> {
  const make = (data: Data): Refusal<Data> => {
    const words = typeof message === 'function' ? message(data) : message
    return new Refusal<Data>(code, data, words === undefined ? {} : { message: words })
  }
  const is = (error: unknown): error is Refusal<Data> => error instanceof Refusal && error.code === code
  return Object.assign(make, { is, code })
}

/** The base of an error class with a fixed code. */
function coded(code: string): new (message: string, about?: ErrorAbout) => TroupeError {
  return class extends TroupeError {
    constructor(message: string, about?: ErrorAbout) {
      super(code, message, about)
    }
  }
}

/** The deadline of an ask passed before its reply came. */
export class Expired extends coded('expired') {}
/** The ask's own AbortSignal was aborted. */
export class Aborted extends coded('aborted') {}
/** The actor has stopped, or never started. */
export class ActorStopped extends coded('stopped') {}
/** The handler threw something that is no Refusal; `cause` is what it threw. */
export class ActorFault extends coded('fault') {}
/** The mailbox, or the way to it, is at its limit. Wait for `ref.ready()`, or send less. */
export class MailboxFull extends coded('mailbox-full') {}
/** The behavior has no handler of that name. */
export class UnknownMethod extends coded('unknown-method') {}
/** Waiting for this ask would be waiting for oneself; the message spells the cycle out. */
export class AskCycle extends coded('ask-cycle') {}
/** A context was used after its turn or its actor had ended. */
export class TurnEnded extends coded('turn-ended') {}
/** A turn ran past its limit; its context is revoked and supervision decides. */
export class TurnExpired extends coded('turn-expired') {}
/** The thread that the actor stood on has ended. */
export class ThreadLost extends coded('thread-lost') {}
/** The node that the actor stood on is down, or has left. */
export class NodeLost extends coded('node-lost') {}
/** Whether an actor that was to move to another node has arrived there is not known yet: until then it handles nothing. */
export class MoveInDoubt extends coded('move-in-doubt') {}
/** A node would not let this one in, or could not be reached; the message says why. */
export class NodeRefused extends coded('node-refused') {}
/** The actor could not start; `cause` says why. */
export class SpawnFailed extends coded('spawn-failed') {}
/** A behavior cannot be found or loaded where the actor should stand. */
export class BehaviorUnavailable extends coded('behavior-unavailable') {}
/** Another actor has that name. */
export class NameTaken extends coded('name-taken') {}
/**
 * The actor has not moved, and goes on where it was. `why`: state (it cannot travel), too-large (its snapshot), behavior (it
 * cannot be loaded there), gone (that thread has ended, or takes nobody), late (the deadline), pinned (a goroutine, or one that is being
 * stopped), fault (a hook of its own threw), upgrade (the newer version there does not take its state).
 */
export class MoveFailed extends TroupeError {
  readonly why: 'state' | 'too-large' | 'behavior' | 'gone' | 'late' | 'pinned' | 'fault' | 'upgrade'
  constructor(why: MoveFailed['why'], message: string, about?: ErrorAbout) {
    super('move-failed', message, about)
    this.why = why
  }
}
/**
 * The state of an actor with checkpoints cannot be kept: the fault of the turn that left it so, or of its start. The message
 * says where in the state what cannot travel is.
 */
export class CheckpointFailed extends coded('checkpoint-failed') {}
/**
 * New code could not be brought to all threads; `cause` says why. Actors that have it keep it, the others go on as they were:
 * another upgrade goes on from there.
 */
export class UpgradeFailed extends coded('upgrade-failed') {}
/** The system is closed or closing. */
export class SystemClosed extends coded('system-closed') {}
/** The channel is closed: nothing more can be sent, and it cannot be closed again. */
export class ChannelClosed extends coded('channel-closed') {}
/** A call that makes no sense, whatever the state: a wrong option, a thread that there is none of. */
export class InvalidCall extends coded('invalid-call') {}

/** Whether what was waited for has gone with its thread, or its node. */
export function isLoss(error: unknown): error is TroupeError {
  return error instanceof ThreadLost || error instanceof NodeLost
}

const all = [Expired, Aborted, ActorStopped, ActorFault, MailboxFull, UnknownMethod, AskCycle, TurnEnded, TurnExpired]
const more = [
  CheckpointFailed,
  UpgradeFailed,
  ThreadLost,
  NodeLost,
  MoveInDoubt,
  NodeRefused,
  SpawnFailed,
  BehaviorUnavailable,
  NameTaken,
  SystemClosed,
  ChannelClosed,
  InvalidCall,
]
const classes = new Map([...all, ...more].map(Class => [new Class('').code, Class]))

/** A value that cannot travel; `path` leads to it from the value that was sent (`.items[3].fn`). */
export class NotSendable extends TroupeError {
  readonly path: string
  /** What stands there, in words: `a function`, `an instance of Socket`. */
  readonly what: string
  constructor(path: string, what: string, about: ErrorAbout & { root?: string } = {}) {
    super(
      'not-sendable',
      `${about.root ?? 'value'}${path} is ${what}, which cannot travel in a message; send plain data, or register a codec for its class`,
      about,
    )
    this.path = path
    this.what = what
  }
}

/** An error as data that msgpack has; `data` and `cause` are whatever the caller's codec can carry. */
export interface PackedError {
  kind: 'troupe' | 'refusal' | 'not-sendable' | 'move-failed' | 'error'
  code: string
  message: string
  actor: string
  method: string
  ran: Ran
  data?: unknown
  cause?: unknown
  /** Where it came from; left out of refusals, which are replies of a kind, and common. */
  stack?: string
}

export function packError(error: unknown): PackedError {
  if (error instanceof TroupeError) {
    const { code, message, actor, method, ran, cause } = error
    const packed: PackedError = { kind: 'troupe', code, message, actor, method, ran }
    if (error instanceof Refusal) {
      packed.kind = 'refusal'
      if (error.data !== undefined) packed.data = error.data
    } else if (error instanceof NotSendable) {
      packed.kind = 'not-sendable'
      packed.data = [error.path, error.what]
    } else if (error instanceof MoveFailed) {
      packed.kind = 'move-failed'
      packed.data = error.why
    }
    if (cause !== undefined) packed.cause = cause
    if (packed.kind !== 'refusal' && error.stack !== undefined) packed.stack = error.stack
    return packed
  }
  return { kind: 'error', code: '', message: String(error), actor: '', method: '', ran: 'unknown', cause: error }
}

export function unpackError(packed: PackedError): unknown {
  if (packed.kind === 'error') return packed.cause
  const error = rebuilt(packed)
  // where it was unpacked tells nobody anything
  error.stack = packed.stack ?? `${error.name}: ${error.message}`
  return error
}

function rebuilt(packed: PackedError): TroupeError {
  const { kind, code, message, method, ran, data, cause } = packed
  const about = { actor: packed.actor as ActorId, method, ran, cause }
  if (kind === 'refusal') return new Refusal(code, data, { ...about, message })
  if (kind === 'move-failed') return new MoveFailed(data as MoveFailed['why'], message, about)
  if (kind === 'not-sendable') {
    // it may be another node's, which says what it likes
    const [path, what] = Array.isArray(data) ? (data as unknown[]) : []
    return Object.assign(new NotSendable(String(path), String(what), about), { message })
  }
  const Class = classes.get(code)
  return Class ? new Class(message, about) : new TroupeError(code, message, about)
}
