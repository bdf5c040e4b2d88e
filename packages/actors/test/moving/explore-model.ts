// A program over actors that move, as something to explore: what its threads can do next, and what must hold in the end.
//
// In the end every message has been handled once, of each sender in the order sent; nothing is held, no fence and no question
// is out; and once each thread has let go what is no longer used, only an actor's origin and its place know of it.
import { copyOf, describe, keyOf, tidy } from './explore-copies.ts'
import type { Frame, Program } from './explore-frames.ts'
import { Thread } from './explore-thread.ts'
import type { Model, Part, Taken } from './explore.ts'

export class ThreadPart implements Part {
  /** Never changed. */
  readonly thread: Thread
  readonly key: string
  readonly must: readonly string[]
  readonly may: readonly string[]
  readonly live: number

  constructor(thread: Thread) {
    tidy(thread)
    const { actors, standings, program } = thread
    this.thread = thread
    this.live = actors.reduce((bits, _, number) => (thread.live(number) === undefined ? bits : bits | (1 << number)), 0)
    this.must = actors.flatMap((_, number) => steps(thread, number))
    const late =
      program.late === true ? standings.flatMap((one, number) => (one?.phase === 'leaving' ? number : [])) : []
    const resting = thread.rests > 0 ? standings.flatMap((one, number) => (one === undefined ? [] : number)) : []
    this.may = [...late.map(number => `takes back ${number}`), ...resting.map(number => `rests ${number}`)]
    this.key = keyOf(thread)
  }
  describe(): string {
    return describe(this.thread)
  }
  after(what: (thread: Thread) => void): Taken<ThreadPart, Frame> {
    const thread = copyOf(this.thread)
    what(thread)
    const posts = thread.posts.splice(0)
    return { part: new ThreadPart(thread), posts }
  }
}

/** What an actor does some time. */
function steps(thread: Thread, number: number): string[] {
  const actor = thread.live(number)
  const standing = thread.standings[number]
  if (actor === undefined || standing?.phase === 'leaving') return []
  const found = actor.next(thread.program) === undefined ? [] : [`sends ${number}`]
  if (actor.wants(thread.program, thread.self) === undefined || thread.wakings[number] !== undefined) return found
  if (standing !== undefined && !standing.settled) return standing.fence === 0 ? [...found, `settles ${number}`] : found
  return [...found, ...Array.from({ length: actor.mailbox.length + 1 }, (_, turns) => `offers ${number} ${turns}`)]
}

export class Moving implements Model<ThreadPart, Frame> {
  readonly program: Program

  constructor(program: Program) {
    this.program = program
  }
  begin(): ThreadPart[] {
    return Array.from({ length: this.program.threads }, (_, self) => {
      const thread = new Thread(self, this.program)
      thread.begin()
      return new ThreadPart(thread)
    })
  }
  step(part: ThreadPart, step: string): Taken<ThreadPart, Frame> {
    const [, what, number, turns] = /^(\D+) (\d+) ?(\d*)/.exec(step)!
    return part.after(thread => {
      const actor = thread.actors[Number(number)]!
      if (what === 'sends') thread.send(actor)
      else if (what === 'offers') thread.offer(actor, Number(turns))
      else if (what === 'settles') thread.stand(Number(number)).settle()
      else if (what === 'takes back') thread.takeBack(actor)
      else {
        thread.rests--
        thread.rest(Number(number))
      }
    })
  }
  receive(part: ThreadPart, frame: Frame, from: number): Taken<ThreadPart, Frame> {
    return part.after(thread => thread.receive(frame, from))
  }

  /**
   * What `known` says matters to standings alone that are let go. News that are not new change nothing, and never will, as
   * long as no standing is let go; those of the very epoch that is known are new only to who has given the actor.
   */
  isInert({ thread }: ThreadPart, frame: Frame): boolean {
    if (this.program.rests !== undefined) return false
    if (frame.is !== 'moved') return frame.is === 'known'
    const standing = thread.standings[frame.actor]
    return standing !== undefined && frame.epoch <= standing.epoch && standing.phase !== 'given'
  }

  end(parts: readonly ThreadPart[]): void {
    const threads = parts.map(({ thread }) => copyOf(thread))
    const places = this.program.homes.map((_, number) => threads.findIndex(thread => thread.live(number) !== undefined))
    for (const thread of threads) atRest(thread, places)
    letGo(threads)
    for (const thread of threads) nothingLeft(thread, places)
  }
}

const fail = (what: string): never => {
  throw new Error(`in the end ${what}`)
}

/** Nothing is left to be done on the thread. */
function atRest(thread: Thread, places: readonly number[]): void {
  const { self, program, settling } = thread
  thread.actors.forEach((actor, number) => {
    if (actor === undefined) return
    if (places[number] !== self) fail(`thread ${self} still keeps actor ${number}`)
    const { sends, moves } = program
    if (actor.sent < sends[number]!.length || actor.moved < moves[number]!.length)
      fail(`actor ${number} has not done all`)
    actor.handle(actor.mailbox.length)
    sends.forEach((targets, by) => {
      const sent = targets.filter(to => to === number).length
      if (actor.handled[by] !== sent) fail(`actor ${number} has had ${actor.handled[by]} of ${sent} messages of ${by}`)
    })
  })
  thread.standings.forEach((standing, number) => {
    if (standing === undefined) return
    if (standing.held.length > 0) fail(`thread ${self} holds frames for ${number}`)
    if (standing.fence !== 0) fail(`thread ${self} waits for its fence to ${number}`)
    if ((standing.phase === 'here') !== (places[number] === self)) fail(`${number} is ${standing.phase} on ${self}`)
  })
  if (thread.wakings.some(waking => waking !== undefined)) fail(`an actor on ${self} is never settled`)
  if (settling.debts.size > 0 || settling.round !== 0 || settling.next.length > 0) fail(`thread ${self} owes an answer`)
}

/** All threads let go what is not used, until nothing changes any more. */
function letGo(threads: readonly Thread[]): void {
  for (let keys = ''; ;) {
    for (const thread of threads) for (const number of thread.standings.keys()) thread.rest(number)
    for (let busy = true; busy;) {
      busy = false
      for (const thread of threads) {
        for (const { to, frame } of thread.posts.splice(0)) {
          threads[to]!.receive(frame, thread.self)
          busy = true
        }
      }
    }
    const before = keys
    for (const thread of threads) tidy(thread)
    keys = threads.map(keyOf).join()
    if (keys === before) return
  }
}
/** What is not used any more has been let go. */
function nothingLeft(thread: Thread, places: readonly number[]): void {
  const { self, program } = thread
  atRest(thread, places)
  thread.standings.forEach((standing, number) => {
    if (standing === undefined) return
    const { place, knowers, phase, clean } = standing
    if (place !== places[number]) fail(`thread ${self} takes ${number} to be on ${place} for ever`)
    if (program.homes[number] !== self && phase !== 'here')
      fail(`thread ${self} keeps its standing of ${number} for ever`)
    if (knowers.length > 0) fail(`thread ${self} tells ${knowers.join()} of ${number} for ever`)
    if (phase === 'here' && !clean) fail(`thread ${self} is never settled with ${number}`)
  })
}
