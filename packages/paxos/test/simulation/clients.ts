// Clients of a simulated log: each does one thing after the other, asks again where it gets no answer, and writes down what it saw, for `judge`.
// Two share a session, so that commands of one session overtake each other.
import type { Operation } from '@troupe/actors/testing'
import type { Outcome } from '@troupe/paxos'
import { type Command, type Event, Violation, type World } from './world.ts'

interface Session {
  readonly id: number
  next: number
  /** Numbers of commands that are not answered. */
  readonly open: Set<number>
}
/** What two that share a session have in common. */
interface Shared {
  session: Session | undefined
}

export class Clients {
  readonly #world: World
  readonly history: Operation[] = []
  readonly acknowledged: number[] = []
  /** Operations that have begun and not ended. */
  busy = 0
  #stops = false
  #ids = 0
  #uids = 0
  readonly #pending = new Map<number, (outcome: Outcome<unknown>) => void>()
  #hint: string | undefined = undefined

  constructor(world: World, count: number) {
    this.#world = world
    world.replied = (id, outcome) => {
      const pending = this.#pending.get(id)
      this.#pending.delete(id)
      // the way back, on which it may get lost
      if (pending === undefined || (world.isFaulty && world.random.chance(0.03))) return
      world.agenda.after(1 + world.random.below(4), () => pending(outcome))
    }
    for (let n = 0; n < count; n++) {
      const shared: Shared = { session: undefined }
      for (let lane = 0; lane < 2; lane++) this.#live(`${n}.${lane}`, shared, 0)
    }
  }
  /** What is under way ends; nothing new begins. */
  stop(): void {
    this.#stops = true
  }

  #ask(event: (id: number) => Event, ms: number, done: (outcome: Outcome<unknown> | undefined) => void): void {
    const { random, agenda, hosts } = this.#world
    const id = ++this.#ids
    const to = this.#hint ?? random.pick([...hosts.keys()])
    let isOver = false
    const end = (outcome: Outcome<unknown> | undefined): void => {
      if (isOver) return
      isOver = true
      if (outcome === undefined || outcome.kind === 'unknown') this.#hint = undefined
      else if (outcome.kind === 'not-leader') this.#hint = outcome.leader
      else this.#hint = to
      done(outcome)
    }
    this.#pending.set(id, end)
    agenda.after(1 + random.below(4), () => hosts.get(to)?.step(event(id)))
    agenda.after(ms, () => end(undefined))
  }

  #live(name: string, shared: Shared, era: number): void {
    const { random, agenda } = this.#world
    agenda.after(random.below(30), () => {
      if (this.#stops) return
      if (shared.session !== undefined) return this.#operate(name, shared, shared.session, era)
      this.#ask(
        id => ({ on: 'open', id }),
        120,
        outcome => {
          if (outcome?.kind === 'opened') shared.session ??= { id: outcome.session, next: 1, open: new Set() }
          this.#live(name, shared, era)
        },
      )
    })
  }
  #operate(name: string, shared: Shared, session: Session, era: number): void {
    const { random, agenda, broken } = this.#world
    const op = random.pick(['write', 'append', 'cas', 'read', 'read'])
    const uid = ++this.#uids
    const input = op === 'cas' ? { from: this.#seen, to: uid } : op === 'read' ? null : uid
    const command: Command = { uid, op, key: random.pick(['x', 'y']), input }
    const call = agenda.now
    const { id } = session
    let number = session.next++
    session.open.add(number)
    this.busy++
    let tries = 0
    const end = (status: Operation['status'], output: unknown): void => {
      this.busy--
      session.open.delete(number)
      const client = `${name}/${era}`
      const { key } = command
      this.history.push({
        client,
        call,
        return: status === 'info' ? null : agenda.now,
        op,
        key,
        input,
        output: output ?? null,
        status,
      })
      if (status === 'ok' && op !== 'read') this.acknowledged.push(uid)
      if (op === 'read') this.#seen = output
      this.#live(name, shared, status === 'info' ? era + 1 : era)
    }
    const attempt = (): void => {
      tries++
      if (tries > 1 && broken.newNumbers === true && op !== 'read') {
        session.open.delete(number)
        number = session.next++
        session.open.add(number)
      }
      const answered = Math.min(session.next, ...session.open)
      const event = (at: number): Event =>
        op === 'read'
          ? { on: 'read', id: at, query: command, isStale: broken.staleReads === true }
          : { on: 'propose', calls: [{ id: at, session: id, number, answered, command }] }
      this.#ask(event, 60 + random.below(100), outcome => {
        switch (outcome?.kind) {
          case 'done':
          case 'read':
            return end('ok', outcome.reply)
          case 'expired':
            if (shared.session === session) shared.session = undefined
            return end('info', null)
          case 'forgotten':
            throw new Violation(`number ${number} of session ${id} was forgotten before it was answered`)
          default:
            agenda.after(random.below(20), attempt)
        }
      })
    }
    attempt()
  }
  #seen: unknown = null

  /** Asks for other voters until there is a clear answer. */
  reconfigure(voters: readonly string[], until: number, done: (kind: string) => void): void {
    const { agenda, random } = this.#world
    this.#ask(
      id => ({ on: 'reconfigure', id, voters }),
      150,
      outcome => {
        const { kind } = outcome ?? { kind: 'unknown' }
        if (kind === 'changed' || kind === 'refused' || agenda.now > until) return done(kind)
        agenda.after(10 + random.below(40), () => this.reconfigure(voters, until, done))
      },
    )
  }
}
