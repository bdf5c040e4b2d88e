// Which turn a thread is in the middle of, in a few words that another thread can read while this one is stuck.
//
// Invariants: they are plain stores of what is at hand, one for each turn and three more when another actor comes, since
// they are on the way of every message. So they are only to be read while the thread stands still. Between slices, and
// while code runs that the scheduler has not begun (what comes behind an `await`), they say that there is none.
import { Address } from './address.ts'
import type { Core } from './core.ts'
import type { ActorId } from './errors.ts'
import { birthOf, highOf, homeOf, placeWord, protocolOf, protocolWord, serialOf } from './frame.ts'
import { METHOD_SHIFT } from './mailbox.ts'

export const TURN_WORDS = 4
export const METHOD = 0
const PROTOCOL = 1
const PLACE = 2
const SERIAL = 3

/** Instead of a message's head: no turn; or a function that is no handler, by its place in `hooks`. */
export const NO_TURN = -1
export const hooks = ['state', 'started', 'stopping', 'body'] as const
export type Hook = (typeof hooks)[number]
/** What the word says during a hook. */
export const hookWord = (hook: Hook): number => NO_TURN - 1 - hooks.indexOf(hook)

/** Whose turns come next. */
export function noteActor(words: Int32Array, address: Address): void {
  words[PROTOCOL] = protocolWord(address)
  words[PLACE] = placeWord(address)
  words[SERIAL] = address.serial
}

/** A turn as the words tell of it. */
export interface NotedTurn {
  readonly protocol: number
  readonly home: number
  readonly birth: number
  readonly serial: number
  /** Of the table of names that all threads share, or a hook's name. */
  readonly method: number | Hook
}

/** The turn that the words from `at` on tell of; undefined when they say that there is none. */
export function notedTurn(words: Int32Array, at: number): NotedTurn | undefined {
  const head = words[at + METHOD]!
  const place = words[at + PLACE]!
  const known = words[at + PROTOCOL]!
  const serial = serialOf(highOf(known), words[at + SERIAL]!)
  if (head === NO_TURN || serial === 0) return undefined // or nobody has written them yet: serials begin with 1
  return {
    protocol: protocolOf(known),
    home: homeOf(place),
    birth: birthOf(place),
    serial,
    method: head >= 0 ? head >> METHOD_SHIFT : hooks[NO_TURN - 1 - head]!,
  }
}

/** Whose turn it is, as users know it. */
export function whose(
  { behaviors, platform }: Core,
  turn: NotedTurn | undefined,
): { actor: ActorId | undefined; method: string | undefined } {
  if (turn === undefined) return { actor: undefined, method: undefined }
  const { protocol, home, birth, serial, method } = turn
  const { id } = new Address(behaviors.protocol(protocol), home, birth, serial)
  return { actor: id, method: typeof method === 'number' ? platform.methods.text(method) : method }
}
