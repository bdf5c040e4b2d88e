// Drives membership (core/membership.ts) over the links of this process, and tells its threads and its owner who is there.
//
// Invariants: each effect is carried out, in order; of each connection that was asked for membership hears what became of it. A node
// that has ended has no link any more, and its threads' frames went back, before anybody here hears of its end.
import type { LinkRefusal } from '../core/link-errors.ts'
import type { Peer } from '../core/link-handshake.ts'
import { Membership } from '../core/membership.ts'
import type { Member, MembershipEffect, MembershipEvent, MembershipSettings } from '../core/membership-events.ts'
import { membershipMessage } from '../core/membership-messages.ts'
import { type NodeId, nodeIdOf } from '../core/membership-roster.ts'
import type { MemberNews } from '../core/node-settings.ts'
import type { NodeInfo } from '../core/nodes.ts'
import { assertNever } from '../core/platform.ts'
import { travelKinds } from '../core/travel-kinds.ts'
import type { Codec } from './codec.ts'
import type { Hub } from './hub.ts'
import type { Link } from './link.ts'
import type { GreetingFailure } from './link-greeting.ts'
import type { Dialed, Links } from './links.ts'
import { WireScan } from './wire-scan.ts'

/** What a node tells of itself: its threads that take actors, with how many each has, and its behaviors. */
export interface About {
  readonly threads: readonly (readonly [thread: number, actors: number])[]
  readonly behaviors: readonly string[]
}

export interface MembersParts {
  readonly hub: Hub
  readonly links: Links
  readonly codec: Codec
  now(): number
  news(news: MemberNews): void
}

/** ms for which frames wait for a node that nobody knows: it ended before this one came. */
const UNKNOWN = 5_000
const MOST_TOLD = 1_024

export class HubMembers {
  readonly #parts: MembersParts
  readonly #membership: Membership
  readonly #scan = new WireScan(travelKinds)
  readonly #told = new Map<string, string>()
  #senior: string | undefined

  constructor(settings: MembershipSettings, parts: MembersParts) {
    this.#parts = parts
    this.#membership = new Membership(settings, parts.now())
  }

  step(event: MembershipEvent): void {
    for (const effect of this.#membership.step(event, this.#parts.now())) this.#do(effect)
  }
  tick(): void {
    this.step({ kind: 'tick' })
    this.#tellAbout()
    const { hub, now } = this.#parts
    for (const peer of hub.peers()) {
      if (peer.over || !peer.waits || now() - peer.since < UNKNOWN) continue
      if (!this.#membership.members().some(({ id }) => id === peer.id)) hub.end(peer.id, 'no member of this cluster')
    }
  }

  // ── links ─────────────────────────────────────────────────────────────────────────────────────────────────────

  admit(peer: Peer): LinkRefusal | undefined {
    const objection = this.#membership.objection(nodeIdOf(peer.name, peer.incarnation))
    if (objection === undefined) return undefined
    return { reason: objection.kind === 'expelled' ? 'declared-down' : 'name-taken', message: objection.why }
  }
  beat(link: Link, bytes: Uint8Array, start: number, end: number): void {
    const nobody = { place: () => false, protocol: () => false }
    this.#scan.body(bytes, start, end, nobody)
    const message = membershipMessage(this.#parts.codec.decode(bytes, start, end, undefined))
    this.step({ kind: 'received', from: link.id as unknown as NodeId, message })
  }

  #do(effect: MembershipEffect): void {
    const { links, codec, news } = this.#parts
    switch (effect.kind) {
      case 'send': {
        const link = links.get(effect.to as never)
        if (link === undefined || !link.attached) return
        const { bytes, start, end } = codec.packWire(effect.message)
        return link.beat(bytes.subarray(start, end))
      }
      case 'connect':
        return this.#connect(effect.id, effect.address, effect.addresses, [])
      case 'disconnect':
        return this.#disconnect(effect.id, effect.why)
      case 'changed':
        return this.#changed(effect)
      case 'majority':
        return news({ kind: 'majority', heard: effect.heard, of: effect.of })
      case 'minority':
        return news({ kind: 'minority', heard: effect.heard, of: effect.of, why: effect.why })
      case 'expelled':
        return news({ kind: 'expelled', by: effect.by, why: effect.why })
      case 'refused':
        return news({ kind: 'refused', why: effect.why })
      default:
        return assertNever(effect)
    }
  }

  /** Tries one address after the other. */
  #connect(
    id: NodeId | undefined,
    address: string | undefined,
    addresses: readonly string[],
    failures: readonly GreetingFailure[],
  ): void {
    const next = addresses[failures.length]
    const asked = { ...(id !== undefined && { id }), ...(address !== undefined && { address }) }
    if (next === undefined) return this.step({ kind: 'failed', ...asked, ...whyFailed(failures) })
    const done = (dialed: Dialed): void => {
      if (dialed.kind === 'failed') return this.#connect(id, address, addresses, [...failures, this.#ownedUp(dialed)])
      this.step({
        kind: 'connected',
        id: dialed.link.id as unknown as NodeId,
        ...(address !== undefined && { address }),
      })
    }
    try {
      this.#parts.links.dial(next, done, id === undefined ? undefined : expected(id))
    } catch (error) {
      this.#connect(id, address, addresses, [...failures, { reason: 'error', message: (error as Error).message }])
    }
  }
  /** Where this node itself would not have the other one, that is nothing that the other one has said. */
  #ownedUp(failure: GreetingFailure): GreetingFailure {
    const { peer, refusal, trusted } = failure
    const own = peer !== undefined && this.#parts.hub.peer(nodeIdOf(peer.name, peer.incarnation)).over
    const doubtful = refusal?.reason === 'declared-down' && trusted !== true
    return own || doubtful ? { reason: 'error', message: failure.message } : failure
  }
  #disconnect(id: NodeId, why: string): void {
    const { hub, links } = this.#parts
    const member = this.#membership.members().find(one => one.id === id)
    if (member !== undefined && !hasEnded(member.state)) return links.get(id as never)?.cut()
    links.giveUp(expected(id))
    hub.end(id, why)
  }

  /** It has sent what makes no sense, and that is lost: nothing of it is taken or sent any more. */
  garbled(link: Link, why: string): void {
    this.#parts.links.giveUp(link.peer)
    this.#parts.hub.end(link.id, why)
  }

  // ── who is there ──────────────────────────────────────────────────────────────────────────────────────────────

  #changed({ member, from, to, why }: Extract<MembershipEffect, { kind: 'changed' }>): void {
    const { hub, links, news } = this.#parts
    const self = member.id === this.#membership.id
    if (!self && hasEnded(to)) {
      links.giveUp(expected(member.id))
      hub.end(member.id, why)
    }
    this.#tellAbout()
    news({
      kind: 'changed',
      id: member.id,
      from,
      to,
      why,
      self,
      info: { id: member.id, state: to, ...aboutOf(member) },
    })
  }
  /** Tells the threads here what is new about other nodes. */
  #tellAbout(): void {
    const { hub } = this.#parts
    const members = this.#membership.members()
    for (const member of members) {
      if (member.id === this.#membership.id || hasEnded(member.state)) continue
      const info: NodeInfo = { id: member.id, state: member.state, ...aboutOf(member) }
      const text = JSON.stringify(info)
      if (this.#told.get(member.id) === text) continue
      this.#told.set(member.id, text)
      hub.peer(member.id).since = -1
      hub.tellAll('node', [info])
    }
    const senior = members.find(({ seniority }) => seniority === 0)?.id
    if (senior === undefined || senior === this.#senior) return
    this.#senior = senior
    hub.tellAll('senior', [senior])
  }
  /** The node that answers for what was spawned here once this one has left: the one that has been there longest. */
  heir(): NodeId | undefined {
    const up = this.#membership.members().filter(({ id, state }) => id !== this.#membership.id && state === 'up')
    return up.toSorted((a, b) => (a.seniority ?? Infinity) - (b.seniority ?? Infinity))[0]?.id
  }
  /** A thread here has just begun: it hears of all. */
  tellAgain(): void {
    this.#told.clear()
    this.#senior = undefined
    this.#tellAbout()
  }
}

const hasEnded = (state: string): boolean => state === 'down' || state === 'left'

function expected(id: NodeId): { name: string; incarnation: number } {
  const at = id.lastIndexOf('~')
  return { name: id.slice(0, at), incarnation: Number.parseInt(id.slice(at + 1), 36) }
}

function whyFailed(failures: readonly GreetingFailure[]): {
  why: 'refused' | 'replaced' | 'unreachable' | 'rejected' | 'expelled'
  reason?: string
} {
  const last = failures.findLast(({ reason }) => reason === 'turned-away') ?? failures.at(-1)
  const reason = last?.refusal?.message ?? last?.message ?? 'it has no address'
  switch (last?.refusal?.reason) {
    case 'declared-down':
      return { why: 'expelled', reason }
    case 'other-node':
      return { why: 'replaced', reason }
    case 'busy':
    case 'late':
    case 'duplicate':
      return { why: 'unreachable', reason }
    case undefined:
      break
    default:
      return { why: 'rejected', reason }
  }
  const refused = failures.length > 0 && failures.every(({ reason }) => reason === 'refused')
  return { why: refused ? 'refused' : 'unreachable', reason }
}

/** What a member tells of itself, as far as it makes sense. */
function aboutOf({ about }: Member): About {
  try {
    const { threads, behaviors } = JSON.parse(new TextDecoder().decode(about)) as Partial<About>
    const right =
      Array.isArray(threads) &&
      threads.length <= MOST_TOLD &&
      threads.every(
        one => Array.isArray(one) && one.length === 2 && one.every(n => Number.isSafeInteger(n) && n >= 0),
      ) &&
      Array.isArray(behaviors) &&
      behaviors.every(name => typeof name === 'string')
    if (right) return { threads: threads as About['threads'], behaviors }
  } catch {
    // it tells nothing
  }
  return { threads: [], behaviors: [] }
}
export function packAbout(about: About): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(about))
}
