// How long threads have been ready to run while others had the processors, as Linux tells it.
//
// Linux counts a wait only when it is over. So a thread that is ready, and has not run since the last look, waits still: the time
// since then is taken for a wait, until it is counted. Elsewhere nothing is known, and nothing is taken off but the watchdog's own
// lateness, which has to wait for the same processors.
import { readFileSync } from 'node:fs'

/** What was seen of a thread at the last look. */
interface Seen {
  readonly ran: string
  readonly at: number
  /** ms of waits that are not counted yet. */
  readonly open: number
}

export class QueueTime {
  readonly #read: (file: string) => string
  readonly #now: () => number
  readonly #seen = new Map<number, Seen>()

  constructor(read = (file: string): string => readFileSync(file, 'utf8'), now = () => performance.now()) {
    this.#read = read
    this.#now = now
  }

  /** ms in all, for a thread by the operating system's number; 0 where nothing is known. */
  of(native: number): number {
    if (native === 0) return 0
    try {
      const [ran, waited] = this.#read(`/proc/self/task/${native}/schedstat`).split(' ') as [string, string]
      const counted = Number(waited) / 1e6 || 0
      return counted + this.#open(native, ran)
    } catch {
      this.#seen.delete(native)
      return 0 // the thread has just ended, or the kernel does not count
    }
  }

  #open(native: number, ran: string): number {
    const now = this.#now()
    const before = this.#seen.get(native)
    const waits = before?.ran === ran && this.#isReady(native)
    const open = waits ? before.open + now - before.at : 0
    this.#seen.set(native, { ran, at: now, open })
    return open
  }
  /** Whether it runs, or would if it could. The state stands behind the name, in which there may be anything. */
  #isReady(native: number): boolean {
    const stat = this.#read(`/proc/self/task/${native}/stat`)
    return stat.slice(stat.lastIndexOf(')')).startsWith(') R')
  }
}
