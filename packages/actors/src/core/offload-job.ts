// A run as data: what goes to the thread that runs the function (Job), and what comes back from it (Outcome).
//
// Invariants: objects are packed where they are made and made again where they are used, by a codec that knows no refs, so
// the threads that they pass on their way read none of them; primitives go as they are. Bytes go beside, in buffers of
// their own: those that were moved, and those that share nothing with any other argument. What a user's function throws
// never gets out of `perform`: it is an outcome.
import { ActorFault, InvalidCall, NotSendable, Refusal, TroupeError } from './errors.ts'
import { words } from './failures.ts'
import { type BareBytes, copiedBytes, dressed, MovedBytes } from './moved.ts'
import type { OffloadValue, Work } from './offload-value.ts'
import { assertNever, type FrameCodec } from './platform.ts'

export type Packed = Uint8Array<ArrayBuffer>

/** An argument that is bytes, and its place. */
type Beside = BareBytes & { readonly at: number }
type Moving = { readonly at: number; readonly bytes: MovedBytes }

export interface Job {
  readonly url: string
  readonly name: string
  /** The arguments, or a place for those that are `beside`: if all are primitives a list of them, else packed. */
  readonly args: readonly unknown[] | Packed
  /** Whether what is packed is the only argument, and not a list. */
  readonly single: boolean
  readonly beside: readonly Beside[]
  /** What was copied for it. */
  readonly bytes: number
}

export type Outcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'packed' | 'error'; readonly packed: Packed }
  | { readonly kind: 'bytes'; readonly bytes: BareBytes }

/** A rejection that a function left behind, as its thread tells of it. */
export interface Stray {
  readonly kind: 'troupe:stray'
  readonly packed: Packed
}

/**
 * Takes the arguments from the caller. Throws NotSendable or InvalidCall before it has taken any; only memory that belongs
 * to something else is not known as such until it is to be taken.
 */
export function jobOf({ url, name }: OffloadValue, given: readonly unknown[], codec: FrameCodec): Job {
  const args = [...given]
  const moved = takenOut(args)
  checkMoved(name, moved)
  const beside = onlyBytes(args)
  let bytes = beside.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  const single = args.length === 1
  let packed: Packed | undefined
  if (args.every(isPrimitive)) {
    for (const argument of args) if (typeof argument === 'string') bytes += argument.length
  } else {
    packed = pack(codec, single ? args[0] : args, `${name}: ${single ? 'argument' : 'arguments'}`)
    bytes += packed.length
  }
  for (const { at, bytes: own } of moved) beside.push({ at, ...own.takeBare() })
  return { url, name, args: packed ?? args, single, beside, bytes }
}

/** Takes what is moved out of the list. */
function takenOut(args: unknown[]): Moving[] {
  const found: Moving[] = []
  for (let at = 0; at < args.length; at++) {
    const argument = args[at]
    if (!(argument instanceof MovedBytes)) continue
    found.push({ at, bytes: argument })
    args[at] = undefined
  }
  return found
}

/** Copies bytes, and takes them out of the list, if no other argument can have to do with them. */
function onlyBytes(args: unknown[]): Beside[] {
  const at = args.findIndex(argument => !isPrimitive(argument))
  if (at < 0 || !args.every((argument, other) => other === at || isPrimitive(argument))) return []
  const bytes = copiedBytes(args[at])
  if (bytes === undefined) return []
  args[at] = undefined
  return [{ at, ...bytes }]
}

function checkMoved(name: string, moved: readonly Moving[]): void {
  const buffers = new Set<ArrayBuffer>()
  for (const { bytes } of moved) {
    bytes.check()
    if (!bytes.whole) continue
    if (buffers.has(bytes.buffer)) throw new InvalidCall(`${name}: two of its arguments hand over the same buffer`)
    buffers.add(bytes.buffer)
  }
}

/** What is the same on every thread, and what no codec need look at. */
function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null
    case 'function':
    case 'symbol':
      return false
    default:
      return true
  }
}

/** Calls the function where it is to run. Never rejects. */
export async function perform(work: Work, job: Job, codec: FrameCodec): Promise<Outcome> {
  try {
    const result = await work(...argumentsOf(job, codec))
    if (isPrimitive(result)) return { kind: 'value', value: result }
    const bytes = result instanceof MovedBytes ? result.takeBare() : copiedBytes(result)
    if (bytes !== undefined) return { kind: 'bytes', bytes }
    return { kind: 'packed', packed: pack(codec, result, `${job.name}: the result`) }
  } catch (error) {
    return failed(error, codec)
  }
}

/** What goes wrong with a run is told to whoever waits for it, as it was thrown, or in words where that cannot travel. */
export function failed(error: unknown, codec: FrameCodec): Outcome {
  return { kind: 'error', packed: packedError(error, codec) }
}
export function packedError(error: unknown, codec: FrameCodec): Packed {
  try {
    return pack(codec, error, error instanceof Refusal ? `Refusal('${error.code}')` : 'what it threw')
  } catch (refused) {
    return pack(codec, error instanceof Refusal ? refused : new Error(words(error)), '')
  }
}

/** What the caller gets of an outcome, or has thrown at it. */
export function resultOf(outcome: Outcome, name: string, codec: FrameCodec): unknown {
  switch (outcome.kind) {
    case 'value':
      return outcome.value
    case 'packed':
      return unpack(codec, outcome.packed, `${name}: the result`)
    case 'bytes':
      return dressed(outcome.bytes)
    case 'error':
      throw unpack(codec, outcome.packed, `${name}: what it threw`)
    default:
      return assertNever(outcome)
  }
}

/** The buffers that a job or an outcome consists of, for their transfer. */
export function buffersOf(given: Job | Outcome): ArrayBuffer[] {
  if ('args' in given) {
    const beside = given.beside.map(({ buffer }) => buffer)
    return given.args instanceof Uint8Array ? [given.args.buffer, ...beside] : beside
  }
  if (given.kind === 'value') return []
  return [given.kind === 'bytes' ? given.bytes.buffer : given.packed.buffer]
}

function argumentsOf({ name, args, single, beside }: Job, codec: FrameCodec): unknown[] {
  const list = args instanceof Uint8Array ? unpackedList(name, args, single, codec) : [...args]
  for (const bytes of beside) list[bytes.at] = dressed(bytes)
  return list
}
function unpackedList(name: string, packed: Packed, single: boolean, codec: FrameCodec): unknown[] {
  const value = unpack(codec, packed, `${name}: ${single ? 'argument' : 'arguments'}`)
  return single ? [value] : (value as unknown[])
}

function pack(codec: FrameCodec, value: unknown, root: string): Packed {
  try {
    const { bytes, start, end } = codec.pack(value)
    return new Uint8Array(bytes.subarray(start, end))
  } catch (error) {
    if (error instanceof NotSendable) throw new NotSendable(error.path, error.what, { root })
    if (error instanceof TroupeError) throw error
    // a getter, or a codec of the user's
    throw new ActorFault(`${root}: ${words(error)}`, { cause: error })
  }
}

function unpack(codec: FrameCodec, packed: Packed, root: string): unknown {
  try {
    return codec.decode(packed, 0, packed.length, undefined)
  } catch (cause) {
    if (cause instanceof TroupeError) throw cause
    throw new NotSendable('', 'something that its codec cannot decode there', { root, cause })
  }
}
