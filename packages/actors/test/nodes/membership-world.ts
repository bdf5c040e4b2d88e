// Nodes that run the membership protocol over a simulated network: virtual time, one seed, every fault that a network or a
// process can have. After each step the rules that must always hold are checked (membership-audit.ts).
//
// Messages are lost, doubled, late and out of order; connections close, and come up again where the network lets them.
// A process that is killed leaves evidence, or not (a machine without power); one that pauses has its events when it goes on.
import type { MembershipEffect, MembershipEvent, MembershipSettings } from '../../src/core/membership-events.ts'
import { membershipMessage } from '../../src/core/membership-messages.ts'
import { nameOf, type NodeId } from '../../src/core/membership-roster.ts'
import { MEMBERSHIP_TIMES } from '../../src/core/membership-times.ts'
import { Membership } from '../../src/core/membership.ts'
import type { Random } from '../../src/testing/random.ts'

export interface SimNode {
  readonly id: NodeId
  readonly address: string
  readonly join: readonly string[]
  readonly membership: Membership
  /** This node's clock is ahead of the world's by so much. */
  readonly skew: number
  alive: boolean
  /** Until when it does not run. */
  pausedUntil: number
  expelled: boolean
  left: boolean
  /** Its process is gone, and its machine says so. */
  evident: boolean
  readonly links: Set<NodeId>
}
export interface Told {
  readonly at: number
  readonly node: SimNode
  readonly effect: MembershipEffect
}
interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export class World {
  readonly random: Random
  now = 0
  readonly nodes: SimNode[] = []
  /** Ways on which nothing gets through: `from>to`, by name. */
  readonly cut = new Set<string>()
  /** Share of messages that are lost, and doubled; longest delay, ms. */
  loss = 0
  doubles = 0
  delay = 5
  readonly told: Told[] = []
  /** Called after each step of a node, if anything. */
  watch: (node: SimNode, effects: readonly MembershipEffect[]) => void = () => {}
  messages = 0
  #order = 0
  #due: Due[] = []

  constructor(random: Random) {
    this.random = random
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────
  at(time: number, run: () => void): void {
    const due = { at: time, order: ++this.#order, run }
    let [low, high] = [0, this.#due.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#due[middle]!.at > time) low = middle + 1
      else high = middle
    }
    this.#due.splice(low, 0, due)
  }
  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run)
  }
  run(ms: number): void {
    const end = this.now + ms
    while (this.#due.length > 0 && this.#due.at(-1)!.at <= end) {
      const due = this.#due.pop()!
      this.now = due.at
      due.run()
    }
    this.now = end
  }
  /** Runs until that is so; the ms that it took, or undefined if it was not so in time. */
  until(is: () => boolean, ms: number): number | undefined {
    const start = this.now
    while (this.now - start <= ms) {
      if (is()) return this.now - start
      this.run(5)
    }
    return undefined
  }

  // ── nodes ───────────────────────────────────────────────────────────────────────────────────────────────────
  start(name: string, join: readonly string[], about: Partial<MembershipSettings> = {}): SimNode {
    const address = about.addresses?.[0] ?? `at-${name}`
    const incarnation = 1_000_000 + Math.floor(this.now) + this.random.below(3)
    const skew = this.random.below(1_000_000)
    const settings = { name, incarnation, addresses: [address], join, about: new Uint8Array(), ...about }
    const membership = new Membership(settings, this.now + skew)
    const node: SimNode = {
      id: membership.id,
      address,
      join,
      membership,
      skew,
      alive: true,
      pausedUntil: 0,
      expelled: false,
      left: false,
      evident: false,
      links: new Set(),
    }
    this.nodes.push(node)
    const tick = (): void => {
      if (!node.alive) return
      this.step(node, { kind: 'tick' })
      this.at(Math.max(this.now, node.pausedUntil) + MEMBERSHIP_TIMES.tick - this.random.unit(), tick)
    }
    this.after(0, tick)
    return node
  }
  living(): SimNode[] {
    return this.nodes.filter(({ alive, expelled, left }) => alive && !expelled && !left)
  }
  /**
   * Members, and who can become one: a joiner that finds none, at its seeds or through others, has to wait. So does a minority
   * that was cut off for so long that of all whom it knew, nobody is left.
   */
  concerned(): SimNode[] {
    const ids = new Set(this.living().map(({ id }) => id))
    const knowsSome = (node: SimNode): boolean =>
      node.membership.members().some(({ id, state }) => id !== node.id && ids.has(id) && !/down|left/.test(state))
    const found = new Set(
      this.living().filter(node => {
        const now = this.now + node.skew
        const { membership } = node
        return membership.roster !== undefined && (membership.quorumUntil(now) > now || knowsSome(node))
      }),
    )
    for (let size = -1; size < found.size;) {
      size = found.size
      for (const node of this.living()) {
        const reaches = ({ address, id }: SimNode): boolean => node.join.includes(address) || node.links.has(id)
        if ([...found].some(reaches)) found.add(node)
      }
    }
    return [...found]
  }
  get(id: NodeId): SimNode | undefined {
    return this.nodes.find(node => node.id === id)
  }

  step(node: SimNode, event: MembershipEvent): void {
    if (!node.alive || node.expelled) return
    if (node.pausedUntil > this.now) return this.at(node.pausedUntil, () => this.step(node, event))
    const effects = node.membership.step(event, this.now + node.skew)
    for (const effect of effects) this.#carryOut(node, effect)
    this.watch(node, effects)
  }
  #carryOut(node: SimNode, effect: MembershipEffect): void {
    if (effect.kind === 'send') return this.#send(node, effect)
    if (effect.kind === 'connect') return this.#connect(node, effect)
    if (effect.kind === 'disconnect') return this.close(node.id, effect.id)
    this.told.push({ at: this.now, node, effect })
    if (effect.kind === 'expelled') {
      node.expelled = true
      this.#hangUp(node, true)
    }
  }

  // ── the network ─────────────────────────────────────────────────────────────────────────────────────────────
  passes(from: NodeId, to: NodeId): boolean {
    return !this.cut.has(`${nameOf(from)}>${nameOf(to)}`)
  }
  cutBoth(a: SimNode, b: SimNode): void {
    this.cutOne(a, b)
    this.cutOne(b, a)
  }
  cutOne(from: SimNode, to: SimNode): void {
    this.cut.add(`${nameOf(from.id)}>${nameOf(to.id)}`)
  }
  heal(a: SimNode, b: SimNode): void {
    this.cut.delete(`${nameOf(a.id)}>${nameOf(b.id)}`)
    this.cut.delete(`${nameOf(b.id)}>${nameOf(a.id)}`)
  }
  #latency(): number {
    return 0.1 + this.random.delay(this.delay)
  }
  #send(node: SimNode, { to, message }: Extract<MembershipEffect, { kind: 'send' }>): void {
    this.messages++
    const checked = membershipMessage(structuredClone(message))
    const times = this.random.unit() < this.doubles ? 2 : 1
    for (let i = 0; i < times; i++) {
      if (this.random.unit() < this.loss || !node.links.has(to)) continue
      this.after(this.#latency(), () => {
        const receiver = this.get(to)
        if (receiver === undefined || !this.passes(node.id, to)) return
        if (receiver.links.has(node.id) || checked.kind !== 'beat') {
          this.step(receiver, { kind: 'received', from: node.id, message: checked })
        }
      })
    }
  }
  #connect(node: SimNode, { id, address, addresses }: Extract<MembershipEffect, { kind: 'connect' }>): void {
    const about = { ...(id !== undefined && { id }), ...(address !== undefined && { address }) }
    const fail = (why: 'refused' | 'replaced' | 'unreachable', ms: number): void =>
      this.after(ms, () => this.step(node, { kind: 'failed', why, ...about }))
    this.after(this.#latency(), () => {
      const target = this.nodes.findLast(one => addresses.includes(one.address))
      if (target === undefined) return fail('refused', this.#latency())
      if (!this.passes(node.id, target.id) || !this.passes(target.id, node.id)) return fail('unreachable', 100)
      if (!target.alive || target.left || target.expelled) {
        return target.evident ? fail('refused', this.#latency()) : fail('unreachable', 100)
      }
      if (target.pausedUntil > this.now) return fail('unreachable', 100)
      if (id !== undefined && target.id !== id) return fail('replaced', this.#latency())
      const objection = target.membership.objection(node.id) ?? node.membership.objection(target.id)
      if (objection !== undefined) {
        const why = objection.kind === 'expelled' ? 'expelled' : 'rejected'
        const told = target.membership.objection(node.id) === undefined ? 'rejected' : why
        return this.after(1, () => this.step(node, { kind: 'failed', why: told, reason: objection.why, ...about }))
      }
      node.links.add(target.id)
      target.links.add(node.id)
      this.step(node, { kind: 'connected', id: target.id, ...(address !== undefined && { address }) })
      this.step(target, { kind: 'connected', id: node.id })
    })
  }
  /** A connection closes: both notice soon. */
  close(a: NodeId, b: NodeId): void {
    for (const [one, other] of [
      [this.get(a), b],
      [this.get(b), a],
    ] as const) {
      if (one?.links.delete(other) !== true) continue
      this.after(this.#latency(), () => {
        if (!one.links.has(other)) this.step(one, { kind: 'closed', id: other })
      })
    }
  }
  #hangUp(node: SimNode, evident: boolean): void {
    node.evident = evident
    if (evident) for (const id of [...node.links]) this.close(node.id, id)
  }

  // ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────
  /** `evident`: the machine lives on, and closes its connections. */
  kill(node: SimNode, evident: boolean): void {
    node.alive = false
    this.#hangUp(node, evident)
  }
  pause(node: SimNode, ms: number): void {
    node.pausedUntil = Math.max(node.pausedUntil, this.now + ms)
  }
  leave(node: SimNode, ms: number): void {
    this.step(node, { kind: 'leave' })
    this.after(ms, () => {
      this.step(node, { kind: 'left' })
      node.left = !node.expelled
      // what it has sent goes out before its connections close
      this.after(this.delay + 1, () => this.kill(node, true))
    })
  }
}
