// What becomes of a stream when a thread is lost: one by way of which it went, one where its actor was, or its origin.
//
// Invariants: what had gone by way of a lost thread has come back, or is lost, before that is said here; so the stream is clean
// then, and waits only for who stands in. Where nobody does, a stream does not end before its origin has said that the actor has:
// it may have moved on from there, and have told its origin alone.
import { Stream } from './stream.ts'

export abstract class BereftStream<Held = unknown> extends Stream<Held> {
  /** A thread has ended. What had gone by way of it is over: it has come back by now, or is lost. */
  lost(thread: number): void {
    this.tellNoMore(thread)
    this.vouched = -1 // it may have ended there, by another way than is known here
    if (this.via === thread) {
      this.fence = 0
      this.clean = true
      this.passed = false
    }
    if (this.via === thread || this.target === thread) this.orphanOf = thread
  }
  /** The fence that is out may have been lost with a thread. */
  fenceAgain(): void {
    if (this.fence === 0) return
    this.out({ do: 'fence', to: this.via, stamp: this.stamp, kind: 'way', ticket: this.fence })
  }
  /** It is known who stands in for a lost thread from now on: a thread that may be lost itself. */
  inherited(thread: number, heir: number): void {
    if (this.origin === thread) {
      this.origin = heir
      this.tellNoMore(heir) // it is told anyway
      const { self, via, stamp, epoch } = this
      if (heir === self && via !== self && stamp === epoch) this.out({ do: 'known', to: via, epoch })
    }
    this.adopted()
  }
  /** Where it was is gone for good: it may have left that before, and its origin would know. False if nobody can. */
  unplaced(): boolean {
    const { self, origin } = this
    if (this.phase !== 'away' || origin === self || origin < 0 || this.isLost(origin)) return false
    this.hint(origin) // which may know less
    this.guessed = true
    this.askOrigin(this.epoch)
    return true
  }
}
