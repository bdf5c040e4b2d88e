// One thread of the exploration: the real standings and settlings, and in as few lines as possible what joins them.
//
// It does what core/routes.ts, handoffs.ts and senders.ts do: messages and fences go the way that the standing says, what a
// standing asks for is done at once, and whatever the thread says to others is posted.
//
// Invariant: of an actor without a standing here, this thread has sent all by way of its origin, or it lives here.
import { assertNever } from '../../src/core/platform.ts'
import { Settling, Waking } from '../../src/core/settling.ts'
import { Standing } from '../../src/core/standing.ts'
import { HOLD } from '../../src/core/stream.ts'
import type { Effect } from '../../src/core/handoff-states.ts'
import { Actor } from './explore-actor.ts'
import type { Answer, Fence, Frame, Message, Program, Traveller } from './explore-frames.ts'
import type { Post } from './explore.ts'

export interface Held {
  readonly what: Traveller
  /** Sent by this thread, and not passed on. */
  readonly own: boolean
}
type OnFrame<Is extends Frame['is']> = Extract<Frame, { is: Is }>

export class Thread {
  readonly self: number
  readonly program: Program
  /** All by actor. */
  readonly standings: (Standing<Held> | undefined)[] = []
  readonly actors: (Actor | undefined)[] = []
  readonly wakings: (Waking<number, Message> | undefined)[] = []
  readonly settling: Settling<number>
  rests: number
  readonly posts: Post<Frame>[] = []

  constructor(self: number, program: Program) {
    this.self = self
    this.program = program
    this.rests = program.rests ?? 0
    this.settling = new Settling<number>({
      others: () => Array.from({ length: program.threads }, (_, thread) => thread).filter(thread => thread !== self),
      askFlush: (to, ticket) => this.post(to, { is: 'flush', ticket }, true),
      answerFlush: (to, ticket) => this.post(to, { is: 'flushed', ticket }),
      mark: (ticket, own) => this.markStreams(ticket, own),
      settled: (actor, to) => this.post(to, { is: 'settled', actor }),
    })
  }
  begin(): void {
    this.program.homes.forEach((home, number) => {
      const handled = this.program.homes.map(() => 0)
      if (home === this.self) this.actors[number] = new Actor(number, { handled, sent: 0, moved: 0 })
    })
  }

  makeStanding(actor: number): Standing<Held> {
    return new Standing<Held>(this.self, this.program.homes[actor]!, effect => this.#do(actor, effect))
  }
  makeWaking(actor: number, epoch: number, from: number): Waking<number, Message> {
    return new Waking<number, Message>(
      from,
      (target, ticket) => {
        this.post(from, { is: 'mark', actor: target, ticket: { of: 'waking', actor, epoch, ticket } })
      },
      (_, held) => {
        for (const message of held) this.dispatch(message)
      },
    )
  }
  post(to: number, frame: Frame, user = false): void {
    if (to === this.self) throw new Error(`thread ${to} posts to itself: ${JSON.stringify(frame)}`)
    this.posts.push({ to, user, frame })
  }

  /** The copy that lives here. */
  live(number: number): Actor | undefined {
    const standing = this.standings[number]
    return standing === undefined || standing.resident ? this.actors[number] : undefined
  }
  stand(number: number): Standing<Held> {
    let standing = this.standings[number]
    if (standing !== undefined) return standing
    const actor = this.actors[number]
    if (actor === undefined && this.program.homes[number] === this.self)
      throw new Error(`the origin has lost ${number}`)
    this.standings[number] = standing = this.makeStanding(number)
    if (actor !== undefined) standing.begin(actor.epoch)
    return standing
  }

  // ── messages and fences ─────────────────────────────────────────────────────────────────────────────────────

  /** An actor that is here sends its next message. */
  send(actor: Actor): void {
    const message = actor.next(this.program)!
    actor.sent++
    const waking = this.wakings[actor.number]
    if (waking?.holds(message.to) === true) waking.hold(message.to, message)
    else this.dispatch(message)
  }
  dispatch(what: Traveller): void {
    const standing = this.standings[what.to]
    if (standing !== undefined) this.go(standing, { what, own: true }, standing.send())
    else if (this.actors[what.to] !== undefined) this.takeIn(what)
    else this.post(this.program.homes[what.to]!, { is: 'on', stamp: 0, what }, true)
  }
  #arrives({ what, stamp }: OnFrame<'on'>, from: number): void {
    if (this.standings[what.to] === undefined && this.actors[what.to] !== undefined) return this.takeIn(what)
    const standing = this.stand(what.to)
    const to = standing.pass(stamp, from)
    const arriving = to === this.self && standing.phase === 'arriving'
    if (arriving && this.actors[what.to]!.other !== from) throw new Error(`mail for ${what.to} not from its giver`)
    this.go(standing, { what, own: false }, to)
  }
  go(standing: Standing<Held>, held: Held, to: number): void {
    if (to === HOLD) standing.held.push(held)
    else if (to === this.self) this.takeIn(held.what)
    else this.post(to, { is: 'on', stamp: standing.stamp, what: held.what }, held.own)
  }
  takeIn(what: Traveller): void {
    if (what.is === 'message') this.actors[what.to]!.accept(what)
    else this.#met(what)
  }
  #met({ to: actor, from, kind, ticket }: Fence): void {
    const standing = this.standings[actor]
    const answer = standing?.met(kind, from) ?? kind
    const epoch = standing?.epoch ?? this.actors[actor]!.epoch
    const fenced = { is: 'fenced', actor, kind: answer, ticket, epoch } as const
    if (from === this.self) this.#fenced(fenced, from)
    else this.post(from, fenced)
  }
  #fenced({ actor, kind, ticket, epoch }: OnFrame<'fenced'>, place: number): void {
    switch (ticket.of) {
      case 'stream':
        if (this.standings[actor]?.fence !== ticket.ticket) throw new Error('a fence is answered that is not out')
        return this.standings[actor].answered(ticket.ticket, kind, place, epoch)
      case 'round':
        return this.settling.marked(ticket.ticket)
      case 'waking':
        if (this.epochOf(ticket.actor) === ticket.epoch) this.wakings[ticket.actor]?.marked(ticket.ticket)
        return undefined
      default:
        return assertNever(ticket)
    }
  }
  epochOf(actor: number): number | undefined {
    return this.standings[actor]?.epoch ?? this.actors[actor]?.epoch
  }
  markStreams(ticket: number, own: boolean): number {
    let marks = 0
    this.standings.forEach((standing, to) => {
      if (standing === undefined) return
      if (!standing.passed && standing.held.length === 0 && !(own && standing.fence !== 0)) return
      marks++
      this.dispatch({ is: 'fence', to, from: this.self, kind: 'mark', ticket: { of: 'round', ticket } })
    })
    return marks
  }

  #do(actor: number, effect: Effect): void {
    const standing = this.standings[actor]!
    switch (effect.do) {
      case 'fence': {
        const ticket = { of: 'stream', ticket: effect.ticket } as const
        const what = { is: 'fence', to: actor, from: this.self, kind: effect.kind, ticket } as const
        return this.post(effect.to, { is: 'on', stamp: effect.stamp, what }, true)
      }
      case 'tell':
        return this.post(effect.to, { is: 'moved', actor, place: effect.place, epoch: effect.epoch })
      case 'ask': // nobody is lost
        return
      case 'known':
        return this.post(effect.to, { is: 'known', actor, epoch: effect.epoch })
      case 'flush':
        while (standing.held.length > 0) {
          const to = standing.send()
          if (to === HOLD) return
          this.go(standing, standing.held.shift()!, to)
        }
        return
      case 'forget':
        if (standing.resident) this.actors[actor]!.epoch = standing.epoch
        this.standings[actor] = undefined
        return
      case 'drop':
        this.actors[actor] = undefined
        return
      default:
        assertNever(effect)
    }
  }

  // ── moves ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Offers it, after so many turns. */
  offer(actor: Actor, turns: number): void {
    const standing = this.stand(actor.number)
    actor.handle(turns)
    actor.other = actor.wants(this.program, this.self)!
    actor.moved++
    standing.offer()
    this.post(actor.other, { is: 'offer', actor: actor.number, epoch: standing.epoch + 1, packed: actor.pack() })
  }
  /** Takes the offer back. */
  takeBack(actor: Actor): void {
    this.post(actor.other, { is: 'cancel', actor: actor.number, move: actor.moved })
    this.#rollBack(actor)
  }
  #rollBack(actor: Actor): void {
    actor.other = -1
    this.standings[actor.number]!.rollBack()
  }
  #offered({ actor: number, epoch, packed }: OnFrame<'offer'>, from: number): void {
    const ready = this.stand(number).offered(epoch)
    this.post(from, { is: ready ? 'ready' : 'refused', actor: number, move: packed.moved })
    if (!ready) return
    const actor = (this.actors[number] = new Actor(number, packed))
    actor.other = from
  }
  #answered({ is, actor: number, move }: Answer, from: number): void {
    const actor = this.actors[number]
    if (this.standings[number]?.phase !== 'leaving' || actor!.other !== from || actor!.moved !== move) return
    if (is === 'ready') this.commit(actor!)
    else this.#rollBack(actor!)
  }
  commit(actor: Actor): void {
    const { number, other, mailbox } = actor
    const standing = this.standings[number]!
    const { knowers } = standing
    standing.commit(other)
    for (const what of mailbox.splice(0)) this.post(other, { is: 'on', stamp: standing.epoch, what })
    this.post(other, { is: 'commit', actor: number, epoch: standing.epoch, knowers })
    if (actor.hasMore(this.program)) this.settling.left(number, other)
    this.actors[number] = actor.shell()
  }
  #cancelled({ actor: number, move }: Answer, from: number): void {
    const actor = this.actors[number]
    if (this.standings[number]?.phase !== 'arriving' || actor!.other !== from || actor!.moved !== move) return
    this.actors[number] = undefined
    this.standings[number].cancelled()
  }
  #committed({ actor: number, epoch, knowers }: OnFrame<'commit'>, from: number): void {
    this.actors[number]!.other = -1
    this.standings[number]!.committed(epoch, knowers, from)
    if (this.actors[number]!.hasMore(this.program)) this.wakings[number] = this.makeWaking(number, epoch, from)
  }
  #moved({ actor, place, epoch }: OnFrame<'moved'>): void {
    const atOrigin = this.program.homes[actor] === this.self
    if (this.standings[actor] === undefined && (atOrigin || this.actors[actor] !== undefined)) return
    this.stand(actor).heard(place, epoch)
  }

  /** Looks whether it needs its standing; what was used since the last look is no reason to keep it. */
  rest(number: number): void {
    const standing = this.standings[number]
    if (standing === undefined) return
    standing.used = false
    standing.rest()
  }

  receive(frame: Frame, from: number): void {
    switch (frame.is) {
      case 'on':
        return this.#arrives(frame, from)
      case 'fenced':
        return this.#fenced(frame, from)
      case 'moved':
        return this.#moved(frame)
      case 'known':
        return this.standings[frame.actor]?.known(frame.epoch)
      case 'offer':
        return this.#offered(frame, from)
      case 'ready':
      case 'refused':
        return this.#answered(frame, from)
      case 'cancel':
        return this.#cancelled(frame, from)
      case 'commit':
        return this.#committed(frame, from)
      case 'settled': {
        const waking = this.wakings[frame.actor]
        this.wakings[frame.actor] = undefined
        return waking?.settled()
      }
      case 'mark':
        return this.dispatch({ is: 'fence', to: frame.actor, from, kind: 'mark', ticket: frame.ticket })
      case 'flush':
        return this.settling.asked(from, frame.ticket)
      case 'flushed':
        return this.settling.answered(from, frame.ticket)
      default:
        return assertNever(frame)
    }
  }
}
