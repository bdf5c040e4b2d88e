// What must hold when a course of a small program has come to its end, in whatever order its steps were taken.
//
// Of each pair that met at a channel both say so, or, where a thread was lost, one may have failed instead; nobody waits for
// what is there, nor for what only a lost thread could have given; who does not wait any more has left nothing behind.
import { CLAIMS } from '../../src/core/claims.ts'
import type { Waiter, WaitQueue } from '../../src/core/waiter.ts'
import type { Course, Fate, Operation } from './explore-course.ts'
import { chanOf, valueOf } from './explore-world.ts'

/** When nothing is left to happen. Throws what is wrong. */
export function auditEnd(course: Course): void {
  const { world, fates, lost, program } = course
  for (const [event, data] of world.events.splice(0)) {
    if (lost.size === 0) throw new Error(`${event}: ${JSON.stringify(data)}`)
  }
  for (const { thread, rests, lost } of world.threads) if (rests && !lost) throw new Error(`${thread} goes on for ever`)
  auditValues(course)
  program.routines.forEach(({ on }, i) => {
    const fate = fates[i]!
    if (lost.has(on)) return
    if (fate.how === 'failed' && !(lost.size > 0 && fate.error.code === 'thread-lost')) {
      throw new Error(`${i} failed: ${fate.error.message}`)
    }
    if (fate.how === 'waits') auditWait(course, i)
  })
  auditQueues(course)
}

const casesOf = (course: Course, i: number): readonly Operation[] => course.program.routines[i]!.cases

/** Who received a value, who sent it, and whether they agree. */
function auditValues(course: Course): void {
  const { fates, program, lost } = course
  const live = (i: number): boolean => !lost.has(program.routines[i]!.on)
  const received = new Set<number>()
  fates.forEach((fate, i) => {
    if (fate.how !== 'received') return
    const sender = Math.floor(fate.value / 10)
    const at = fate.value % 10
    const { channel } = casesOf(course, i)[fate.at]!
    if (received.has(fate.value)) throw new Error(`${fate.value} was received twice`)
    received.add(fate.value)
    const by = casesOf(course, sender)[at]
    if (by?.sends !== true || by.channel !== channel) throw new Error(`${i} received ${fate.value} from elsewhere`)
    const its = fates[sender]!
    if (its.how === 'sent' && its.at === at) return
    if (lost.size > 0 && (its.how === 'failed' || !live(sender))) return
    throw new Error(`${i} received ${fate.value}, but its sender: ${text(its)}`)
  })
  fates.forEach((fate, i) => {
    if (fate.how !== 'sent' || !live(i) || received.has(valueOf(i, fate.at))) return
    const { channel } = casesOf(course, i)[fate.at]!
    if ((course.homeOf(channel)?.buffer.count ?? 0) > 0) return
    const taken = fates.some(
      (other, o) =>
        casesOf(course, o).some(one => one.channel === channel && !one.sends) &&
        other.how !== 'not begun' &&
        (!live(o) || other.how === 'failed'),
    )
    const buffered = program.capacities?.[channel] ?? 0
    if (lost.size > 0 && (taken || buffered > 0)) return
    throw new Error(`${i} sent ${valueOf(i, fate.at)}, which nobody received`)
  })
}

/** Whether it is right that a routine still waits. */
function auditWait(course: Course, i: number): void {
  const { program, fates, lost } = course
  const { late } = program.routines[i]!
  if (late === true) throw new Error(`${i} waits, though its time is over`)
  for (const { channel, sends } of casesOf(course, i)) {
    const home = course.homeOf(channel)
    if (home === undefined) throw new Error(`${i} waits at channel ${channel}, whose home is lost`)
    program.routines.forEach((other, o) => {
      const meets = fates[o]!.how === 'waits' && o !== i && !lost.has(other.on)
      if (meets && other.cases.some(one => one.channel === channel && one.sends !== sends)) {
        throw new Error(`${i} and ${o} wait for each other at channel ${channel}`)
      }
    })
    if (!sends && home.buffer.count > 0) throw new Error(`${i} waits for a value that is there`)
    if (sends && home.buffer.count + home.granted < home.capacity) throw new Error(`${i} waits for room that is there`)
  }
}

/**
 * Of homes on a thread that is about to hear of another one's end: who waits for what only that one could have done must
 * have been told afterwards. Who could send is who has done so, or has an end and has done nothing yet.
 */
export function auditTold(course: Course, thread: number, gone: number): () => void {
  const told: WaitQueue[] = []
  for (const c of course.program.homes.keys()) {
    const home = course.homeOf(c)
    if (home?.peers === undefined || home.core.platform.thread !== thread) continue
    const { peers, senders, receivers } = home
    const all = peers.all.map(({ thread, sent, received }) => ({ gone: thread === gone, sent, received }))
    const only = (could: (one: { sent: boolean; received: boolean }) => boolean): boolean =>
      all.some(could) && all.every(peer => peer.gone || !could(peer))
    if (home.sent === 0 && only(({ sent, received }) => sent || !received)) told.push(receivers)
    if (home.received === 0 && only(({ sent, received }) => received || !sent)) told.push(senders)
  }
  return () => {
    if (told.some(queue => queue.first !== undefined)) {
      throw new Error(`${thread} has not told who waits for what only ${gone} could have done`)
    }
  }
}

/** In the queues are those who wait, and nobody else. */
function auditQueues(course: Course): void {
  const { program, fates, world, lost } = course
  const expected = program.homes.map(() => 0)
  const tickets = world.threads.map(() => 0)
  program.routines.forEach(({ on, cases }, i) => {
    if (fates[i]!.how !== 'waits' || lost.has(on)) return
    for (const { channel } of cases) {
      expected[channel]!++
      if (chanOf(course.ends[on]![channel]!).home === undefined) tickets[on]!++
    }
  })
  program.homes.forEach((_, c) => {
    const home = course.homeOf(c)
    const waiting: Waiter[] = home === undefined ? [] : [...home.senders, ...home.receivers]
    if (waiting.length !== expected[c]) throw new Error(`at channel ${c} wait ${waiting.length}, not ${expected[c]}`)
  })
  for (const { thread, core, lost } of world.threads) {
    if (lost) continue
    const { waiting } = core.channels
    if (waiting !== tickets[thread]) throw new Error(`thread ${thread} has ${waiting} tickets, not ${tickets[thread]}`)
  }
}

/** When the channels have been closed and nobody has them any more. */
export function auditLeft(course: Course): void {
  const { world, fates, program, lost } = course
  fates.forEach((fate, i) => {
    const { on } = program.routines[i]!
    if (fate.how === 'waits' && !lost.has(on)) throw new Error(`${i} waits at closed channels`)
  })
  for (const { thread, core, lost, rests } of world.threads) {
    if (lost) continue
    const { entries, waiting } = core.channels
    if (rests) throw new Error(`thread ${thread} goes on for ever`)
    if (waiting > 0) throw new Error(`thread ${thread} has ${waiting} tickets left`)
    // after a loss some are kept for good: who sent an end on cannot know what became of it
    if (course.lost.size === 0 && entries.size > 0) throw new Error(`thread ${thread} has ${entries.size} entries left`)
    if (core.timers.size > 0) throw new Error(`thread ${thread} has ${core.timers.size} timers left`)
  }
  for (const word of course.words) {
    const open = (world.claims[word]! & 3) === 1 || (world.claims[word]! & 3) === 2
    if (open && !lost.has(Math.floor(word / CLAIMS))) throw new Error(`the word ${word} is open`)
  }
  world.events.length = 0
}

function text(fate: Fate): string {
  return fate.how === 'failed' ? `failed with ${fate.error.message}` : JSON.stringify(fate)
}
