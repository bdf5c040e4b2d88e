// The two ends of a channel made by hand of a MessagePort: an Outlet sends while it has credit, an Inlet counts what comes
// and gives credit back.
//
// Invariants: at most `window` values of a port are sent and not yet received; what comes back to an Outlet is credit, which
// is a number, and after each END a tally. With an infinite window no credit is needed, and none is given.

import type { Tally } from '../passing.ts'

type Value = number | { kind: string; n: number }
export type Make = (n: number) => Value

/** What a Worker has in common with its `parentPort`. */
export interface Port {
  on(event: 'message', listener: (message: unknown) => void): unknown
  postMessage(message: unknown): void
}

const END = 'end'

export class Inlet {
  #count = 0
  #sum = 0

  /** `ended` hears what has come, after every END. */
  constructor(port: Port, window: number, ended: (tally: Tally) => void) {
    const share = Number.isFinite(window) ? Math.max(1, window >> 1) : Infinity
    let owed = 0
    port.on('message', message => {
      if (message === END) {
        ended({ count: this.#count, sum: this.#sum })
        this.#count = this.#sum = 0
        return
      }
      const value = message as Value
      this.#count++
      this.#sum = (this.#sum + (typeof value === 'number' ? value : value.n)) | 0
      if (++owed < share) return
      port.postMessage(owed)
      owed = 0
    })
  }
}

/** Sends turn about over those of its ports that have room. */
export class Outlet {
  readonly #ports: readonly Port[]
  readonly #room: number[]
  #next = 0
  #until = 0
  #make: Make = n => n
  #ended = true
  #turn = 0

  /** `received` hears the tally of each port. */
  constructor(ports: readonly Port[], window: number, received: (tally: Tally) => void) {
    this.#ports = ports
    this.#room = ports.map(() => window)
    for (const [at, port] of ports.entries()) {
      port.on('message', message => {
        if (typeof message !== 'number') return received(message as Tally)
        this.#room[at]! += message
        this.#more()
      })
    }
  }

  /** Sends these numbers, and then END to every port. */
  send(from: number, until: number, make: Make): void {
    this.#next = from
    this.#until = until
    this.#make = make
    this.#ended = false
    this.#more()
  }

  #more(): void {
    const count = this.#ports.length
    for (let full = 0; full < count && this.#next < this.#until;) {
      const at = this.#turn++ % count
      if (this.#room[at] === 0) {
        full++
        continue
      }
      full = 0
      this.#room[at]!--
      this.#ports[at]!.postMessage(this.#make(this.#next++))
    }
    if (this.#next < this.#until || this.#ended) return
    this.#ended = true
    for (const port of this.#ports) port.postMessage(END)
  }
}
