// What the host threads of a system are made of, and whom they tell of what happens to them (host-threads.ts).
//
// Invariant: whoever is told hears of each end, each successor and each report once, on the first thread.
import type { NotedTurn } from '../core/turn-words.ts'
import type { Report } from './pulse.ts'
import type { SharedMemory } from './shared-memory.ts'
import type { HostTask, PoolOptions } from './thread-pool.ts'
import type { WatchLimits } from './watch.ts'

/** What is told of host threads, by their numbers. */
export interface ThreadEvents {
  /** `turn`: in the middle of which it ended, if it was in one. */
  lost(thread: number, error: unknown, turn: NotedTurn | undefined): void
  replaced(thread: number, by: number): void
  notReplaced(thread: number, why: string): void
  blocked(thread: number, report: Report): void
  stuck(thread: number): void
  unwatched(error: Error): void
}

export interface HostThreadsParts {
  readonly memory: SharedMemory
  readonly pool: PoolOptions
  readonly task: Omit<HostTask, 'thread' | 'inherits' | 'quarantined' | 'upgrades'>
  /** The actors that are not to be revived. */
  quarantined(): readonly string[]
  /** When they are blocked, and whether those that are lost are replaced. */
  readonly rules: WatchLimits & { readonly replaceThreads: boolean }
  readonly events: ThreadEvents
  /** In words, why a thread was found blocked. */
  because(report: Report): Error
}
