// What a stream asks about threads that are lost.
//
// Invariant: nobody is lost where nothing else is said: what follows from losses is no part of the pure protocol, whose
// explorations know none.

export abstract class Losses {
  /** Who answers for what was on a thread: itself while it lives, or while that is not known. */
  protected standIn(thread: number): number {
    return thread
  }
  protected isLost(_thread: number): boolean {
    return false
  }
  /** Whether it is lost, and not known who stands in for it. */
  protected isOpen(_thread: number): boolean {
    return false
  }
}
