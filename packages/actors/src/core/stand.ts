// A standing on a real thread: with the actor's address, and the actor where it is here.
//
// Invariant: `cell` is set while the actor is live here or about to be, and as long as its old copy is kept.
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Effect } from './handoff-states.ts'
import type { HeldFrame } from './held-frame.ts'
import { Standing } from './standing.ts'
import type { Stream } from './stream.ts'

export class Stand extends Standing<HeldFrame> {
  readonly address: Address
  /** The actor, while it is live here, or about to be. */
  cell: Cell | undefined = undefined
  /** The ticket of a mark of this thread's own that is behind all that has been passed on; 0 where there is none. */
  marked = 0
  /** Who takes frames in: the actor, or its copy that is to be live soon. */
  get taker(): Cell | undefined {
    return this.phase === 'arriving' || this.resident ? this.cell : undefined
  }
  constructor(self: number, address: Address, out: (effect: Effect, of: Stream<HeldFrame>) => void) {
    super(self, address.protocol.core.heirs.of(address.home), out)
    this.address = address
  }
  protected override isLost(thread: number): boolean {
    const { core } = this.address.protocol
    return core.someLost && core.hasLost(thread)
  }
  protected override isOpen(thread: number): boolean {
    const { heirs } = this.address.protocol.core
    return heirs.isOpen(heirs.of(thread))
  }
  protected override standIn(thread: number): number {
    return this.address.protocol.core.heirs.of(thread)
  }
}
