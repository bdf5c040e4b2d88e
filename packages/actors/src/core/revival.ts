// A thread that stands in for lost ones makes their actors again: those of which enough was kept (checkpoints.ts).
//
// Invariants: what is made again has a higher epoch than before. With its checkpoint an actor goes on; without, it begins anew,
// and its children end with its old life. One that is quarantined is not made again. Nothing is made again that lives, or that
// another heir makes again. Whoever is told that all is done has been told before where those are that live elsewhere.

// Why that holds, whoever else is lost meanwhile:
// - It begins when every survivor has noticed the loss, so that it has read all that the lost one had sent, and then spoken: of
//   what it hosts, has given away and not heard of, or knows of where it has gone.
//   A move raises the epoch, so who has spoken early of an actor that has gone on has spoken of it with too low an epoch, but
//   it was then, and is therefore, alive. One that was lost before it could speak has left its vault instead.
// - Of an actor that several lost threads have in their vaults, the one with the highest epoch makes its heir the one who revives it.
//   So each heir looks at the others' vaults: as late as it can, but in any case before it speaks to such an heir, as that one
//   waits for that, and empties them when it is done (`#look`). An heir that came when this one had begun is spoken to only when
//   this one is done, as it does wait for it, and this one not for that. Any other is spoken to at once. So nobody waits in a circle.
// - An heir that is lost before it is done leaves all of it to the next: what it has made again is in its own vault.
import type { Address } from './address.ts'
import { interestedIn } from './arrivals.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { ActorId } from './errors.ts'
import { MOVED, REVIVED } from './handoff-frame.ts'
import { type HeldFrame, wordsOf } from './held-frame.ts'
import * as life from './life.ts'
import { keyOf } from './names.ts'
import { birthsOf, type Remains, remainsOf } from './remains.ts'
import { threadNumbers } from './thread-number.ts'
import type { Stand } from './stand.ts'

interface Task {
  readonly lost: readonly number[]
  readonly quarantined: ReadonlySet<ActorId>
}

export class Revival {
  readonly #core: Core
  /** What is to be done: the first is being done. */
  readonly #tasks: Task[] = []
  /** Those that were there when the first task began; those of them that have not spoken yet, while it waits for that. */
  #others: ReadonlySet<number> = new Set()
  #silent: Set<number> | undefined = undefined
  /** By thread that has spoken: the losses that it had noticed then. */
  readonly #noticed = new Map<number, ReadonlySet<number>>()
  /** Frames for actors that are not known here yet. */
  readonly #unknown = new Map<ActorId, HeldFrame[]>()
  /** What is to be said to other heirs when this task is done. */
  #later: (() => void)[] = []
  /** Those that are known to have ended. */
  readonly #ended = new Set<ActorId>()
  /** By actor: with which epoch another lost thread had it. */
  readonly #elsewhere = new Map<ActorId, number>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Whether it is still to be found out which of the actors that this thread answers for live. */
  get isOpen(): boolean {
    return this.#tasks.length > 0
  }
  begin(lost: readonly number[], quarantined: readonly string[]): void {
    this.#tasks.push({ lost, quarantined: new Set(quarantined as ActorId[]) })
    if (this.#tasks.length === 1) this.#listen()
  }
  /** A thread has told of all that it knows. That counts if it has noticed the loss of all whom this one stands in for. */
  spoken(from: number, noticed: readonly number[]): void {
    this.#noticed.set(from, new Set(noticed))
    if (this.#silent !== undefined && this.#hasSpoken(from)) this.#hear(from)
  }
  /** A thread will not speak any more. */
  lost(thread: number): void {
    this.#noticed.delete(thread)
    this.#hear(thread)
  }
  #hear(from: number): void {
    if (this.#silent?.delete(from)) this.#checkSilent()
  }
  /** It speaks once for each loss: maybe before this one knows that it has something to do. */
  #hasSpoken(thread: number): boolean {
    const noticed = this.#noticed.get(thread)
    return noticed !== undefined && this.#tasks[0]!.lost.every(lost => noticed.has(lost))
  }
  /** Speaks to another heir, now or when this one is done. */
  speaksTo(heir: number, speak: () => void): void {
    if (this.#tasks.length === 0) speak()
    else if (this.#others.has(heir)) this.#lookAndSpeak(speak)
    else this.#later.push(speak)
  }
  /** Keeps a frame for an actor that is not known here, while it may be revived. */
  keepsUnknown(address: Address, own: () => HeldFrame): boolean {
    if (this.#tasks.length === 0) return false
    const { id } = address
    const frames = this.#unknown.get(id)
    if (frames === undefined) this.#unknown.set(id, [own()])
    else frames.push(own())
    return true
  }
  ended(id: ActorId): void {
    if (this.#tasks.length > 0) this.#ended.add(id)
  }
  hasEnded(id: ActorId): boolean {
    return this.#ended.has(id)
  }
  /** Something is known of an actor: what was kept for it goes its way. */
  known(id: ActorId): void {
    const frames = this.#unknown.get(id)
    if (frames === undefined) return
    this.#unknown.delete(id)
    const { routes, inbound } = this.#core
    for (const own of frames) routes.dispatch(inbound.target(wordsOf(own), 0), own)
  }

  #listen(): void {
    const { lost } = this.#tasks[0]!
    const others = this.#core.nodes.everywhere.filter(thread => !lost.includes(thread))
    this.#others = new Set(others)
    this.#silent = new Set(others.filter(thread => !this.#hasSpoken(thread)))
    this.#checkSilent()
  }
  #checkSilent(): void {
    if (this.#silent?.size !== 0) return
    this.#silent = undefined
    // not in the middle of a loss: all of it counts
    void Promise.resolve().then(() => this.#run())
  }

  async #run(): Promise<void> {
    const core = this.#core
    const { lost, quarantined } = this.#tasks[0]!
    this.#look()
    const names = await this.#revive(lost, quarantined)
    for (const thread of lost) core.platform.emptyVault(thread)
    this.#tellOrigins()
    const told = threadNumbers(lost)
    for (const thread of core.nodes.everywhere) core.calls.send(thread, 'revived', [told, names])
    this.#tasks.shift()
    core.heirs.revived(lost)
    core.names.revived(core.platform.thread, names)
    if (this.#tasks.length === 0) this.#end()
    const later = this.#later
    this.#later = []
    for (const speak of later) this.#lookAndSpeak(speak)
    if (this.#tasks.length > 0) this.#listen()
  }
  #end(): void {
    this.#elsewhere.clear()
    this.#ended.clear()
    for (const id of [...this.#unknown.keys()]) this.known(id)
  }

  async #revive(lost: readonly number[], quarantined: ReadonlySet<ActorId>): Promise<string[]> {
    const names: string[] = []
    for (const remains of newest(this.#core, lost)) {
      const { address, name } = remains
      if (this.#ended.has(address.id)) continue
      if (!this.#livesElsewhere(remains)) {
        if (quarantined.has(address.id)) {
          this.#core.emit('quarantined', { actor: address.id })
          continue
        }
        const cell = await made(this.#core, remains)
        if (cell === undefined) continue
        // there may have been news while its behavior was being loaded
        if (!this.#ended.has(address.id) && !this.#livesElsewhere(remains)) this.#place(cell, remains)
      }
      if (name !== undefined) names.push(keyOf(address.protocol.name, name))
    }
    return names
  }
  #livesElsewhere({ address, epoch }: Remains): boolean {
    const { cell, standing } = this.#core.routes.of(address)
    if (cell !== undefined || (this.#elsewhere.get(address.id) ?? -1) > epoch) return true
    if (standing === undefined || standing.resident) return standing !== undefined
    // of what was on a lost thread, its vault tells
    return standing.epoch > epoch && !standing.guessed && !this.#core.hasLost(standing.place)
  }

  #place(cell: Cell, { epoch, hasState }: Remains): void {
    const { core, address } = cell
    const { routes, heirs, platform, outbound, timers } = core
    const { more } = cell
    // higher also than that of a move which it had committed, and which never came to be
    more.epoch = Math.max(epoch + 1, address.standing?.epoch ?? 0) + 1
    more.reborn = !hasState
    core.directory.add(cell)
    routes.revived(cell)
    this.known(address.id)
    // the board knows who stands in for its origin, before this thread may have heard of it
    for (const thread of interestedIn(cell).add(heirs.of(address.home)).add(platform.current(address.home))) {
      if (thread >= 0 && thread !== platform.thread)
        outbound.handoff(thread, address, MOVED, REVIVED, more.epoch, platform.thread)
    }
    for (const timer of more.timers?.values() ?? []) if (!timer.idle) timers.set(timer, timer.due)
    if (hasState) core.checkpoints.arrived(cell)
    else core.checkpoints.placed(cell)
    core.emit('revived', { actor: address.id, checkpoint: hasState })
    life.revive(cell, hasState)
  }

  // ── other heirs ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Notes what the vaults of others have that were lost and are not revived yet. */
  #look(): void {
    const { heirs, routes } = this.#core
    for (const thread of heirs.open()) {
      for (const { address, epoch } of birthsOf(this.#core, thread)) {
        const { id } = address
        this.#elsewhere.set(id, Math.max(epoch, this.#elsewhere.get(id) ?? 0))
        if (!address.local) continue
        const stand = routes.stand(address)
        stand.heard(thread, epoch)
        heirs.check(stand)
      }
    }
  }
  #lookAndSpeak(speak: () => void): void {
    if (this.#tasks.length > 0) this.#look()
    speak()
  }
  /** To those who answer for an actor that lives: before they hear that all is done, and take it for lost. */
  #tellOrigins(): void {
    for (const stand of this.#core.routes.stands()) {
      const { address, origin, self, epoch, place } = stand
      // nobody has inherited from an origin that was lost: it is less than 0
      if (origin < 0 || origin === self || !hasGone(this.#core, stand)) continue
      this.#core.outbound.handoff(origin, address, MOVED, 0, epoch, place)
    }
  }
}

/** Whether it is known where an actor has gone from its origin: else that, too, may be but where all is sent that nobody knows of. */
function hasGone(core: Core, { phase, epoch, place, origin, self }: Stand): boolean {
  return phase === 'away' && epoch > 0 && place !== origin && place !== self && !core.hasLost(place)
}
/** Where actors that have moved are, with their epochs, as far as that is known here. */
export function* whereabouts({ core }: Core): Iterable<[address: Address, epoch: number, place: number]> {
  const { directory, routes, platform } = core
  for (const { address, extra } of directory) {
    const epoch = address.standing?.epoch ?? extra?.epoch ?? 0
    if (epoch > 0) yield [address, epoch, platform.thread]
  }
  for (const stand of routes.stands()) {
    const { address, epoch, place, phase, self } = stand
    // of a commit that may not arrive nobody is told; until it has it can still come back here
    if (phase === 'given' && epoch > 1) yield [address, epoch - 1, self]
    else if (hasGone(core, stand)) yield [address, epoch, place]
  }
}
/** Tells an heir of all that lives here, or elsewhere as this thread knows, and that it might take for lost. */
export function tellAll(core: Core, heir: number): void {
  for (const [address, epoch, place] of whereabouts(core)) {
    if (place !== heir) core.outbound.handoff(heir, address, MOVED, 0, epoch, place)
  }
}

/** An actor may be in the vaults of several that were lost one after the other. */
function newest(core: Core, lost: readonly number[]): Iterable<Remains> {
  const all = new Map<ActorId, Remains>()
  for (const thread of lost) {
    for (const remains of remainsOf(core, thread)) {
      const known = all.get(remains.address.id)
      if (known === undefined || known.epoch < remains.epoch) all.set(remains.address.id, remains)
    }
  }
  return all.values()
}

async function made(core: Core, remains: Remains): Promise<Cell | undefined> {
  try {
    return await remains.actor()
  } catch (error) {
    const { id } = remains.address
    core.emit('fault', { actor: id, method: 'revive', error: core.failures.portable(error), decision: 'stop' })
    return undefined
  }
}
