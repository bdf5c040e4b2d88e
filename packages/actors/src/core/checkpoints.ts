// What this thread keeps in its vault, so that another one can revive its actors: births of those that can be (roots, named
// ones, and those with checkpoints), and checkpoints.
//
// Invariants: a birth is there from the moment that its actor has its place here until it begins to stop, or is known to
// live elsewhere. A checkpoint is there from the start of a life, or the actor's arrival, until that life ends. With
// checkpoint 'turn' nobody hears of a turn before the state that it has left is in the vault: neither by its reply nor by
// what it has sent (outbox.ts). An actor that the vault has no room for loses both records, and an event says so. Without a
// vault, on thread 0, nothing is kept; but what could not be kept elsewhere is refused there too.
import type { Address } from './address.ts'
import { plainState, type Refuse } from './baggage.ts'
import { body, source } from './behavior-value.ts'
import type { Cell } from './cell.ts'
import { type Packing, RecordWriter } from './checkpoint-record.ts'
import type { Core } from './core.ts'
import { CheckpointFailed, type TroupeError } from './errors.ts'
import { Outbox } from './outbox.ts'
import type { Loaded } from './protocol.ts'
import { TimerNode } from './timers.ts'

const NOTHING = new Uint8Array(0)

/** The checkpoint of one actor, for one life of it on this thread. */
export class Checkpoint extends TimerNode implements Packing {
  readonly cell: Cell
  /** ms from a change to the checkpoint that has it; 0: with each turn. */
  readonly within: number
  readonly outbox: Outbox | undefined
  /** Its record; 0 before the first. */
  record = 0
  stale = true
  things: Uint8Array = NOTHING
  calls = false
  /** The time has come, and a turn was open. */
  overdue = false

  constructor(cell: Cell, within: number) {
    super()
    this.cell = cell
    this.within = within
    this.outbox = within === 0 ? new Outbox(cell) : undefined
  }
  fire(): void {
    this.cell.core.checkpoints.dueNow(this)
  }
}

export class Checkpoints {
  readonly #core: Core
  readonly #writer: RecordWriter
  /** The records of sources; those of wrapped behaviors are in the births. */
  readonly #sources = new Map<Loaded, number>()

  constructor(core: Core) {
    this.#core = core
    this.#writer = new RecordWriter(core)
  }

  // ── births ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An actor has its place on this thread. */
  placed(cell: Cell): void {
    const { vault } = this.#core.platform
    if (vault === undefined || !canBeRevived(cell)) return
    const sourceRecord = this.#sourceOf(cell)
    const end = sourceRecord < 0 ? -1 : this.#writer.birth(cell, sourceRecord)
    cell.record = end < 0 ? 0 : vault.put(0, 'birth', cell.address, this.#writer.bytes, 0, end)
    this.#writer.shrink()
    if (cell.record === 0) this.#full(cell)
  }
  /** 0: it is to be in the birth; -1: there is no room for it. */
  #sourceOf({ address, loaded }: Cell): number {
    const from = loaded!.behavior[source]
    if ('inner' in from) return 0
    const known = this.#sources.get(loaded!)
    if (known !== undefined) return known
    const end = this.#writer.source(from)
    const record = this.#core.platform.vault!.put(0, 'source', address, this.#writer.bytes, 0, end)
    if (record === 0) return -1
    this.#sources.set(loaded!, record)
    return record
  }

  /** An actor has come from another thread, with its state: only with its birth is it known to have come. */
  arrived(cell: Cell): void {
    const { checkpoint } = cell.loaded!.behavior
    if (this.#core.platform.vault !== undefined && checkpoint !== undefined) {
      const made = this.#begin(cell, checkpoint)
      this.#save(made)
      if (cell.extra!.checkpoint === undefined) return // there is no room
    }
    this.placed(cell)
  }
  /** It has come back from a thread that was lost, as it was, but with a higher epoch: by that it is known. */
  returned(cell: Cell): void {
    const { record, extra } = cell
    const checkpoint = extra?.checkpoint
    cell.record = 0
    this.arrived(cell)
    if (record !== 0) this.#core.platform.vault!.drop(record)
    if (checkpoint !== undefined) this.#end(checkpoint)
  }
  /** It begins to stop, or lives elsewhere by now: it must not be revived without its state. */
  gone(cell: Cell): void {
    if (cell.record !== 0) this.#core.platform.vault!.drop(cell.record)
    cell.record = 0
    this.lifeEnded(cell)
  }

  // ── lives ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A life begins, with its state still to be made. */
  begin(cell: Cell): void {
    const { checkpoint } = cell.loaded!.behavior
    // without a record of its birth it would be of no use
    if (checkpoint !== undefined && cell.record !== 0) this.#begin(cell, checkpoint)
  }
  #begin(cell: Cell, when: 'turn' | number): Checkpoint {
    return (cell.more.checkpoint = new Checkpoint(cell, when === 'turn' ? 0 : when))
  }
  /** It has started, or goes on here: gives why its checkpoint cannot be made, if so. */
  started(cell: Cell): TroupeError | undefined {
    const checkpoint = cell.extra?.checkpoint
    if (checkpoint !== undefined) return this.#finish(checkpoint)
    if (cell.loaded?.behavior.checkpoint === undefined) return undefined
    try {
      plainState(cell, refuse, plain => this.#core.copyFor(plain, cell))
      return undefined
    } catch (error) {
      return error as TroupeError
    }
  }
  /** A turn has ended well, or with a Refusal: gives why the checkpoint cannot be made, if so. */
  ended(cell: Cell, readonly: boolean): TroupeError | undefined {
    const checkpoint = cell.extra!.checkpoint!
    const changed = !readonly || checkpoint.stale || isWriting(cell)
    if (checkpoint.within === 0 && changed) return this.#finish(checkpoint)
    checkpoint.outbox?.release()
    if (checkpoint.within === 0 || !changed) return undefined
    if (checkpoint.overdue && cell.turn === undefined) return this.#save(checkpoint)
    const { timers, platform } = this.#core
    if (!checkpoint.overdue && checkpoint.slot < 0) timers.set(checkpoint, platform.now() + checkpoint.within)
    return undefined
  }
  /** It goes on after a fault. What it has sent goes out even where that cannot be saved: the fault has told why. */
  resumed({ extra, core, address }: Cell, fault: unknown): void {
    const checkpoint = extra?.checkpoint
    if (checkpoint === undefined) return
    const error = fault instanceof CheckpointFailed ? undefined : this.#save(checkpoint)
    checkpoint.outbox?.release()
    if (error !== undefined) core.emit('fault', { actor: address.id, method: CHECKPOINT, error, decision: 'resume' })
  }
  /** Its hook before a move has run. What cannot be kept cannot be moved either, which is found next. */
  leaving({ extra }: Cell): void {
    const checkpoint = extra?.checkpoint
    if (checkpoint === undefined) return
    this.#save(checkpoint)
    checkpoint.outbox?.release()
  }
  /** Its life ends: from now on it would begin with fresh state. */
  lifeEnded({ extra }: Cell): void {
    const checkpoint = extra?.checkpoint
    if (checkpoint === undefined) return
    extra!.checkpoint = undefined
    this.#end(checkpoint)
  }
  #end(checkpoint: Checkpoint): void {
    if (checkpoint.slot >= 0) this.#core.timers.clear(checkpoint)
    if (checkpoint.record !== 0) this.#core.platform.vault!.drop(checkpoint.record)
    checkpoint.outbox?.release()
  }

  /** So many ms have passed since a change. */
  dueNow(checkpoint: Checkpoint): void {
    const { cell } = checkpoint
    if (cell.status !== 'running' || cell.turn !== undefined) return void (checkpoint.overdue = true)
    const error = this.#save(checkpoint)
    if (error !== undefined) cell.fault(error, CHECKPOINT, undefined)
  }

  #finish(checkpoint: Checkpoint): TroupeError | undefined {
    const error = this.#save(checkpoint)
    if (error === undefined) checkpoint.outbox?.release()
    return error
  }
  #save(checkpoint: Checkpoint): TroupeError | undefined {
    const { cell } = checkpoint
    const writer = this.#writer
    checkpoint.overdue = false
    try {
      const end = writer.state(cell, checkpoint, refuse)
      const vault = this.#core.platform.vault!
      const record = vault.put(checkpoint.record, 'state', cell.address, writer.bytes, 0, end)
      if (record === 0) this.#full(cell)
      else checkpoint.record = record
      return undefined
    } catch (error) {
      return error as TroupeError
    } finally {
      writer.shrink()
    }
  }

  /** There is no room for what is to be kept of it: it lives on, but will not be revived. */
  #full(cell: Cell): void {
    this.gone(cell)
    const { platform, limits } = this.#core
    this.#core.emit('vaultFull', { actor: cell.address.id, thread: platform.thread, bytes: limits.vault })
  }
}

const CHECKPOINT = '(checkpoint)'

/** Others are made again by their parents. Goroutines are not. */
function canBeRevived({ parent, extra, loaded }: Cell): boolean {
  const { behavior } = loaded!
  if (body in behavior) return false
  return parent === undefined || extra?.name !== undefined || behavior.checkpoint !== undefined
}

/** Whether a turn is open that may change the state. */
function isWriting({ turn, extra }: Cell): boolean {
  return turn !== undefined || (extra?.beside?.size ?? 0) > (extra?.readers ?? 0)
}

const refuse: Refuse = ({ id, protocol }: Address, _why, text, cause) => {
  const own = cause === undefined ? undefined : protocol.core.failures.portable(cause)
  return new CheckpointFailed(`${id}: its checkpoint cannot be made: ${text}`, { actor: id, ran: 'yes', cause: own })
}
