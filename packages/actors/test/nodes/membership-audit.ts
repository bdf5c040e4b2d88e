// The rules that membership keeps, whatever happens, looked at after each step of each node; and what must be so when the
// faults have ended. What is wrong is thrown as an error that says when, and who.
import { expect } from 'vitest'
import type { MembershipEffect } from '../../src/core/membership-events.ts'
import { isQuorum, type NodeId } from '../../src/core/membership-roster.ts'
import { MEMBERSHIP_TIMES } from '../../src/core/membership-times.ts'
import type { SimNode, World } from './membership-world.ts'

export class Audit {
  readonly #world: World
  /** Each roster that somebody took for decided, by cluster and number. */
  readonly #rosters = new Map<string, string>()
  /** Who has ended, as each node sees it. */
  readonly #ended = new Map<SimNode, Set<NodeId>>()
  readonly #states = new Map<SimNode, Map<NodeId, string | undefined>>()
  /** What the last minority or majority that a node spoke of was. */
  readonly #majority = new Map<SimNode, boolean>()
  /** When somebody held a quorum's leases. */
  #lastSide = 0
  steps = 0

  constructor(world: World) {
    this.#world = world
    world.watch = (node, effects) => this.#look(node, effects)
  }

  #fail(what: string): never {
    throw new Error(`at ${this.#world.now.toFixed(1)} ms: ${what}`)
  }
  #look(node: SimNode, effects: readonly MembershipEffect[]): void {
    this.steps++
    this.#oneRoster(node)
    for (const effect of effects) {
      if (effect.kind === 'changed') this.#changed(node, effect)
      if (effect.kind === 'majority' || effect.kind === 'minority') this.#turned(node, effect.kind === 'majority')
    }
    this.#endedStay(node)
    this.oneSide()
  }

  /** Of two nodes with a quorum, the members whose leases they hold overlap; who has one through another has that one's. */
  oneSide(): void {
    const sides: [SimNode, NodeId[]][] = []
    for (const node of this.#world.nodes) {
      const side = node.membership.side(this.#world.now + node.skew)
      if (side !== undefined) sides.push([node, side])
    }
    const living = sides.filter(([node]) => node.alive && !node.expelled)
    for (const [one, hers] of living) {
      for (const [other, his] of living) {
        if (hers.some(id => his.includes(id))) continue
        this.#fail(`${one.id} has a quorum with ${hers.join()}, and ${other.id} with ${his.join()}`)
      }
    }
    if (sides.length > 0) this.#lastSide = this.#world.now
    if (this.#world.now - this.#lastSide < MEMBERSHIP_TIMES.lease) return
    for (const node of this.#world.living()) {
      const now = this.#world.now + node.skew
      if (node.membership.quorumUntil(now) > now) this.#fail(`${node.id} has a quorum through somebody, who has none`)
    }
  }
  #oneRoster({ id, membership: { roster } }: SimNode): void {
    if (roster === undefined) return
    const key = `${roster.cluster} ${roster.number}`
    const text = roster.voters.join()
    const known = this.#rosters.get(key)
    if (known === undefined) this.#rosters.set(key, text)
    else if (known !== text) this.#fail(`${id} has roster ${roster.number} of ${text}; elsewhere it is ${known}`)
  }
  #changed(node: SimNode, { member, from, to }: Extract<MembershipEffect, { kind: 'changed' }>): void {
    const states = this.#states.get(node) ?? new Map<NodeId, string>()
    this.#states.set(node, states)
    // a joiner that was silent is forgotten, and may be heard of anew
    const anew = states.get(member.id) === 'joining' && from === undefined
    if ((states.get(member.id) !== from && !anew) || from === to) {
      this.#fail(`${node.id} says that ${member.id} goes from ${from} to ${to}; it was ${states.get(member.id)}`)
    }
    states.set(member.id, to)
    const subject = this.#world.get(member.id)
    if (to !== 'down' || subject === undefined || !subject.alive || subject.expelled) return
    const now = this.#world.now + subject.skew
    if (subject.membership.quorumUntil(now) > now) {
      this.#fail(`${node.id} declares ${member.id} down, which has a quorum`)
    }
  }
  #turned(node: SimNode, majority: boolean): void {
    if ((this.#majority.get(node) ?? false) === majority) this.#fail(`${node.id} says its majority twice: ${majority}`)
    this.#majority.set(node, majority)
  }
  #endedStay(node: SimNode): void {
    const ended = this.#ended.get(node) ?? new Set()
    this.#ended.set(node, ended)
    for (const { id, state } of node.membership.members()) {
      if (state === 'down' || state === 'left') ended.add(id)
      else if (ended.has(id)) this.#fail(`for ${node.id}, ${id} has ended and is ${state}`)
    }
  }

  /** Whether the living agree on everything: one roster, of them all, everybody up, with a quorum. */
  agreed(): boolean {
    const living = this.#world.concerned()
    const ids = new Set(living.map(({ id }) => id))
    if (ids.size === 0) return false
    return living.every(({ membership, skew }) => {
      const voters = membership.roster?.voters ?? []
      const up = membership.members().filter(({ state }) => state === 'up')
      const now = this.#world.now + skew
      const all = voters.length === ids.size && up.length === ids.size && voters.every(id => ids.has(id))
      return (
        all && membership.quorumUntil(now) > now && membership.roster!.number === living[0]!.membership.roster!.number
      )
    })
  }
  /** Whether no quorum can ever be had again: of the newest roster, half and more ended while nobody could take note. */
  stuck(): boolean {
    const living = this.#world.living()
    const rosters = living.map(node => node.membership.roster).filter(roster => roster !== undefined)
    const newest = rosters.toSorted((a, b) => b.number - a.number)[0]
    if (newest === undefined) return false
    return !isQuorum(newest.voters, id => living.some(node => node.id === id))
  }
}

/** What a node was told of others that it should not hear without a fault. */
export function alarms(world: World, since = 0): string[] {
  return world.told
    .filter(({ at, effect }) => {
      if (at < since) return false
      if (effect.kind === 'changed') return effect.to === 'suspect' || effect.to === 'down'
      return effect.kind === 'minority' || effect.kind === 'expelled'
    })
    .map(({ at, node, effect }) => `${at.toFixed(1)} ${node.id} ${JSON.stringify(effect)}`)
}

export function expectAgreement(world: World, audit: Audit, within: number): number {
  const took = world.until(() => audit.agreed(), within)
  expect(took, describe(world)).toBeDefined()
  return took!
}
/** For a failure's message: what each living node knows. */
export function describe(world: World): string {
  const of = ({ id, membership, skew }: SimNode): string => {
    const { roster } = membership
    const states = membership.members().map(one => `${one.id}:${one.state}`)
    const until = Math.max(0, membership.quorumUntil(world.now + skew) - world.now - skew)
    return `${id} roster ${roster?.number} [${roster?.voters.join()}] quorum ${until.toFixed(0)} ${states.join(' ')}`
  }
  return world.living().map(of).join('\n')
}
