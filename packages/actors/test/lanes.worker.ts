// A thread of the tests in lanes.test.ts: it plays the role that its workerData names, until it is told to close.

import { parentPort, workerData } from 'node:worker_threads'
import { Clock } from '../src/edge/clock.ts'
import type { Origin } from '../src/edge/clock.ts'
import { EventLoop } from '../src/edge/event-loop.ts'
import { Lanes } from '../src/edge/lanes.ts'
import { SharedMemory } from '../src/edge/shared-memory.ts'
import type { SharedParts } from '../src/edge/shared-memory.ts'
import { numbered, NumberedFrames } from './numbered-frames.ts'
import type { Numbered } from './numbered-frames.ts'

/** Kinds of frames. CLOSE ends the thread that gets it. */
export const PLAIN = 0
export const PING = 1
export const CLOSE = 2

export interface Role {
  readonly parts: SharedParts
  readonly origin: Origin
  readonly self: number
  /**
   * `echo`: sends each ping back. `count`: checks that plain frames come in order and stores how many. `send`: sends
   * plain frames for ever. `rally`: waits for the gate, serves pings to `to` and stores how many came back.
   */
  readonly plays: 'echo' | 'count' | 'send' | 'rally'
  readonly to: number
  readonly pings: number
  readonly lengths: readonly number[]
  /** Words that the test reads: what was counted, by thread, and behind these the gate. */
  readonly counts: SharedArrayBuffer
  readonly expecting: boolean
}

export const GATE = 16

if (parentPort !== null && (workerData as Role | null)?.parts !== undefined) play(workerData as Role)

function play(role: Role): void {
  const { self, to, lengths } = role
  const counts = new Int32Array(role.counts)
  const clock = new Clock(role.origin)
  const lanes = new Lanes(new SharedMemory(role.parts), self)
  const frames = new NumberedFrames(Math.max(...lengths))
  let number = 0
  const length = () => lengths[number % lengths.length] as number
  const post = (target: number, kind: number): boolean =>
    lanes.post(target, frames.write(kind, number, length()), length(), false)

  const take = ({ kind, number: got, from }: Numbered): void => {
    switch (kind) {
      case CLOSE:
        loop.close()
        return
      case PLAIN:
        if (got !== counts[self]) throw new Error(`thread ${self} got frame ${got} and not ${counts[self]}`)
        Atomics.store(counts, self, got + 1)
        return
      case PING:
        Atomics.add(counts, self, 1)
        if (role.plays === 'echo' || (counts[self] as number) < role.pings) {
          number = got
          post(from, PING)
        } else if (role.plays === 'rally') {
          Atomics.notify(counts, self)
        }
    }
  }
  /** Sends until nothing more may wait, and counts what was taken. */
  const send = (): boolean => {
    while (post(to, PLAIN)) {
      number++
      Atomics.store(counts, self, number)
      if (number % 100 === 0) break
    }
    return true
  }
  const run = role.plays === 'send' ? send : () => false
  const loop = new EventLoop({ lanes, clock, run, receive: numbered(take), expecting: () => role.expecting })
  if (role.plays === 'send') loop.wake()
  if (role.plays === 'rally') {
    Atomics.store(counts, GATE + self, 1)
    Atomics.wait(counts, GATE, 0)
    post(to, PING)
    loop.wake()
  }
  parentPort?.postMessage(clock.now())
}
