// One order of the steps of a program that is too large to be explored, as chance will have it.
//
// What is slow makes the trouble: so each kind of step, by its thread or lane, has a speed, which now and then changes, and the
// fastest goes first. A seed and the code give one program and one order.
import type { Random } from '../../src/testing/random.ts'
import type { Frame, Program } from './explore-frames.ts'
import { Moving, type ThreadPart } from './explore-model.ts'
import { type Post, shown, type Taken, Violation } from './explore.ts'

type Step = () => Taken<ThreadPart, Frame>
interface Choice {
  readonly thread: number
  readonly name: string
  readonly kind: string
  readonly take: Step
}
/** One in so many steps that can be left out is offered. */
const MAY = 10

/** Takes the program to its end. Throws a Violation. */
export function walk(program: Program, random: Random): void {
  const model = new Moving(program)
  const parts = [...model.begin()]
  const lanes: Post<Frame>[][][] = parts.map(() => parts.map(() => []))
  const speeds = new Map<string, number>()
  const steady = 3 + random.below(10)
  const trace: string[] = []

  const choices = (thread: number): Choice[] => {
    const part = parts[thread]!
    const own = [...part.must, ...part.may.filter(() => random.below(MAY) === 0)].map(name => {
      return { thread, name, kind: `${thread} ${name.split(' ')[0]}`, take: () => model.step(part, name) }
    })
    const received = lanes.flatMap((from, sender) => {
      const lane = from[thread]!
      const system = lane.findIndex(({ user }) => !user)
      return [...new Set([0, Math.max(system, 0)])].slice(0, lane.length).map(at => {
        const { frame, user } = lane[at]!
        const take: Step = () => {
          lane.splice(at, 1)
          return model.receive(part, frame, sender)
        }
        return { thread, name: `from ${sender} ${shown(frame)}`, kind: `${sender} ${user} ${thread}`, take }
      })
    })
    return [...own, ...received]
  }
  const speed = (kind: string): number => {
    let found = speeds.get(kind)
    if (found === undefined) speeds.set(kind, (found = random.unit()))
    return found
  }
  const isOver = (): boolean => lanes.flat(2).length === 0 && parts.every(({ must }) => must.length === 0)

  try {
    while (!isOver()) {
      const [fastest] = parts.flatMap((_, thread) => choices(thread)).sort((a, b) => speed(b.kind) - speed(a.kind))
      if (fastest === undefined) continue
      const { thread, name, kind, take } = fastest
      trace.push(`${thread}: ${name}`)
      const { part, posts } = take()
      parts[thread] = part
      for (const post of posts) {
        trace.push(`     → ${post.to} ${shown(post.frame)}`)
        lanes[thread]![post.to]!.push(post)
      }
      livesOnce(parts)
      if (random.below(steady) === 0) speeds.set(kind, random.unit() / 4)
      if (random.below(4 * steady) === 0) speeds.clear()
    }
    model.end(parts)
  } catch (error) {
    throw new Violation(error, [...trace, ...parts.map(part => part.describe())])
  }
}
function livesOnce(parts: readonly ThreadPart[]): void {
  parts.reduce((live, part) => {
    if ((live & part.live) !== 0) throw new Error(`actors ${live & part.live}, as bits, live twice`)
    return live | part.live
  }, 0)
}
