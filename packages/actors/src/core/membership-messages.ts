// What nodes say to each other about membership, as plain data, and the check of what comes in.
//
// Invariants: every message is complete by itself: only the newest of a sender counts, the others may be lost. What
// passed `membershipMessage` has the shape it claims, with nothing longer than the limits below, and names nobody whose
// name could not be one; whether it is true, the protocol judges. A peer that sends anything else has no business here.
import { TroupeError } from './errors.ts'
import type { Fact } from './membership-members.ts'
import type { NodeId, Roster } from './membership-roster.ts'
import type { Acceptance, Ballot, Motion, Proposal } from './membership-votes.ts'

/** Sent to each peer all the time, and at once when there is something to say. Times are of the sender's clock, ms. */
export interface Beat {
  readonly kind: 'beat'
  /** The cluster it belongs to; empty while it joins. */
  readonly cluster: NodeId
  /** It would found one, if nobody else does. */
  readonly founds: boolean
  /** Number of its roster, 0 while it has none. */
  readonly number: number
  readonly at: number
  /** The receiver's latest `at` that it has heard, and the latest for which it grants a lease; -1: none. */
  readonly heard: number
  readonly echo: number
  /** For how long it has a quorum, ms. */
  readonly quorum: number
  /** Its count of changes, and the receiver's that it has taken in. The facts are those from `since` on. */
  readonly version: number
  readonly since: number
  readonly seen: number
  readonly facts: readonly Fact[]
  /** Voters that it has not heard for a while, and for how long: neither it nor those it hears. */
  readonly ages: readonly (readonly [NodeId, number])[]
  readonly roster: Roster | null
  readonly motion: Motion | null
}
export type MembershipMessage =
  | Beat
  /** The receiver is no member any more. */
  | { readonly kind: 'expelled'; readonly by: NodeId; readonly why: string }
  /** The receiver cannot become one. */
  | { readonly kind: 'refused'; readonly by: NodeId; readonly why: string }

/** A peer says about membership what makes no sense: its link is to be ended. */
export class MembershipGarbled extends TroupeError {
  constructor(path: string, what: string) {
    super('membership-garbled', `a message about membership makes no sense: ${path} is no ${what}; end that link`)
  }
}

const MOST = { members: 1_024, addresses: 8, address: 512, why: 1_000, about: 16_384 }
/** Room for numbers of ballots and versions that are counted up from there. */
const LARGEST = 2 ** 52
const ID = /^[A-Za-z0-9_.-]{1,64}~[0-9a-z]{1,10}$/
const NAME = /^[A-Za-z0-9_.-]{1,64}$/
const STATES: ReadonlySet<unknown> = new Set(['joining', 'up', 'leaving', 'down', 'left'])

export const isNodeName = (name: string): boolean => NAME.test(name)

type Check<T> = (value: unknown, path: string) => T
const wrong = (path: string, what: string): never => {
  throw new MembershipGarbled(path, what)
}
const text =
  (longest: number): Check<string> =>
  (value, path) =>
    typeof value === 'string' && value.length <= longest ? value : wrong(path, `text of ${longest} characters at most`)
const count: Check<number> = (value, path) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < LARGEST
    ? (value as number)
    : wrong(path, 'count')
const time: Check<number> = (value, path) =>
  typeof value === 'number' && value >= -1 && value < LARGEST ? value : wrong(path, 'time')
const id: Check<NodeId> = (value, path) =>
  typeof value === 'string' && ID.test(value) ? value : wrong(path, 'node id (name~incarnation)')
const idOrNone: Check<NodeId> = (value, path) => (value === '' ? '' : id(value, path))
const bytes: Check<Uint8Array> = (value, path) =>
  value instanceof Uint8Array && value.length <= MOST.about ? value : wrong(path, `bytes, ${MOST.about} at most`)
const flag: Check<boolean> = (value, path) => (typeof value === 'boolean' ? value : wrong(path, 'boolean'))
const state: Check<Fact['state']> = (value, path) =>
  STATES.has(value) ? (value as Fact['state']) : wrong(path, 'state of a member')
const constant =
  <T>(wanted: T): Check<T> =>
  (value, path) =>
    value === wanted ? wanted : wrong(path, String(wanted))

const list =
  <T>(each: Check<T>, most: number): Check<T[]> =>
  (value, path) =>
    Array.isArray(value) && value.length <= most
      ? Array.from(value, (one: unknown, i) => each(one, `${path}[${i}]`))
      : wrong(path, `list of ${most} at most`)
const distinct =
  <T>(each: Check<T>, keyOf: (one: T) => unknown): Check<T[]> =>
  (value, path) => {
    const found = list(each, MOST.members)(value, path)
    return new Set(found.map(keyOf)).size === found.length ? found : wrong(path, 'list without repetitions')
  }
const orNull =
  <T>(check: Check<T>): Check<T | null> =>
  (value, path) =>
    value === null ? null : check(value, path)
const record =
  <T extends object>(fields: { [K in keyof T]: Check<T[K]> }): Check<T> =>
  (value, path) => {
    if (typeof value !== 'object' || value === null) return wrong(path, 'object')
    const made: Partial<T> = {}
    for (const key of Object.keys(fields) as (keyof T & string)[]) {
      made[key] = fields[key]((value as Record<string, unknown>)[key], `${path}.${key}`)
    }
    return made as T
  }

const ids = distinct(id, one => one)
const why = text(MOST.why)
const rosterShape = record<Roster>({ cluster: id, number: count, voters: ids, by: id })
const roster: Check<Roster> = (value, path) => {
  const found = rosterShape(value, path)
  return found.number > 0 && found.voters.length > 0 ? found : wrong(path, 'roster: it has no number, or no voters')
}
const ballot = record<Ballot>({ round: count, by: id })
const proposal = record<Proposal>({ ballot, roster })
const acceptance = record<Acceptance>({ by: id, quiet: ids, wait: time })
const motion = record<Motion>({
  base: count,
  ballot,
  promised: ids,
  best: orNull(proposal),
  value: orNull(roster),
  accepted: distinct(acceptance, one => one.by),
})
const fact = record<Fact>({
  id,
  state,
  why,
  addresses: list(text(MOST.address), MOST.addresses),
  about: bytes,
  version: count,
})
const age: Check<readonly [NodeId, number]> = (value, path) => {
  if (!Array.isArray(value) || value.length !== 2) return wrong(path, 'pair')
  return [id(value[0], `${path}[0]`), time(value[1], `${path}[1]`)]
}
const beat = record<Beat>({
  kind: constant('beat'),
  cluster: idOrNone,
  founds: flag,
  number: count,
  at: time,
  heard: time,
  echo: time,
  quorum: time,
  version: count,
  since: count,
  seen: count,
  facts: distinct(fact, one => one.id),
  ages: distinct(age, one => one[0]),
  roster: orNull(roster),
  motion: orNull(motion),
})
const expelled = record<{ kind: 'expelled'; by: NodeId; why: string }>({ kind: constant('expelled'), by: id, why })
const refused = record<{ kind: 'refused'; by: NodeId; why: string }>({ kind: constant('refused'), by: id, why })

/** What a peer has sent, checked and copied. Throws MembershipGarbled. */
export function membershipMessage(value: unknown): MembershipMessage {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined
  if (kind === 'expelled') return expelled(value, 'message')
  if (kind === 'refused') return refused(value, 'message')
  return beat(value, 'message')
}
