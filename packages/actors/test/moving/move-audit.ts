// What must be true of moves: each ends, and one that is done has brought its actor where it was to go.
//
// Invariant: where several are about one actor at once, or it moves by itself, nobody says which comes last; so only moves
// that were alone are held to their word.
import type { Audit } from '../simulation-audit.ts'

interface Move {
  readonly actor: string
  readonly to: number
  alone: boolean
}

export class MoveAudit {
  readonly #audit: Audit
  readonly #open = new Map<string, Set<Move>>()
  /** Actors that move by themselves: nobody hears how that ends. */
  readonly #byThemselves = new Set<string>()

  constructor(audit: Audit) {
    this.#audit = audit
  }

  begin(actor: string, to: number): Move {
    const others = this.#open.get(actor) ?? new Set()
    this.#open.set(actor, others)
    for (const other of others) other.alone = false
    const move: Move = { actor, to, alone: others.size === 0 }
    others.add(move)
    return move
  }
  bySelf(actor: string): void {
    this.#audit.saw('moves by itself')
    this.#byThemselves.add(actor)
  }
  /** `how`: 'done', or why not. */
  ended(move: Move, how: string): void {
    const { actor, to, alone } = move
    const audit = this.#audit
    audit.check(this.#open.get(actor)!.delete(move), () => `the move of ${actor} to thread ${to} ended twice`)
    audit.saw(`move: ${how}`)
    if (how === 'stopped') audit.saidToHaveStopped(actor)
    const life = audit.lives.get(actor)
    if (how !== 'done' || !alone || this.#byThemselves.has(actor) || life === undefined || life.bare || life.over)
      return
    audit.check(
      life.place === to,
      () => `${actor} was said to have moved to thread ${to}, and is on thread ${life.place}`,
    )
  }

  closed(): void {
    for (const [actor, open] of this.#open) {
      for (const { to } of open) this.#audit.check(false, () => `the move of ${actor} to thread ${to} never ended`)
    }
  }
}
