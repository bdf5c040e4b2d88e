// The programs that are explored: actors that send to each other and move, wherever they begin and wherever they go.
//
// Invariant: of programs that are the same but for the numbers of their threads, there is one.
import type { Random } from '../../src/testing/random.ts'
import type { Program } from './explore-frames.ts'

/** Programs that differ in places alone: by actor, to whom it sends, and how often it moves. */
export interface Kind extends Omit<Program, 'homes' | 'moves'> {
  readonly moves: readonly number[]
}
const kind = (sends: number[][], moves: number[], more?: Partial<Kind>): Kind => ({ threads: 3, sends, moves, ...more })

const twoSenders = [[], [0, 0], [0, 0]]
const oneSender = [[], [0, 0]]

/** Actor 0 is the one that the others send to. */
export const kinds: Readonly<Record<string, Kind>> = {
  'two senders of two messages; a move of their target, and one of a sender': kind(twoSenders, [1, 1, 0], {
    late: true,
  }),
  'two senders of two messages; two moves of their target': kind(twoSenders, [2, 0, 0], { late: true }),
  'two messages and three moves of their target': kind(oneSender, [3, 0], { late: true }),
  'two messages, two moves of their target and one of their sender': kind(oneSender, [2, 1]),
  'two actors that send to each other, and move': kind([[1], [0]], [1, 1], { late: true }),
  'two moves of the target; standings are let go at any time': kind(oneSender, [2, 0], { rests: 2 }),
  'moves of sender and target; standings are let go at any time': kind(oneSender, [1, 1], { rests: 1 }),
}
/** Those that take minutes. */
export const more: Readonly<Record<string, Kind>> = {
  'two senders, and threads that ask about all who leave': kind(twoSenders, [1, 1, 0], { allRounds: true }),
  'two actors that send to each other twice, and move': kind(
    [
      [1, 1],
      [0, 0],
    ],
    [1, 1],
    { late: true },
  ),
  'two senders and two moves; standings are let go at any time': kind([[], [0, 0], [0]], [2, 0, 0], { rests: 1 }),
  'three moves; standings are let go at any time': kind(oneSender, [3, 0], { rests: 1 }),
  'one message, and two moves of both': kind([[], [0]], [2, 2], { late: true }),
  'four threads': kind(oneSender, [2, 1], { threads: 4 }),
}
/** The smallest that need most of the rules. */
export const small = {
  alone: kind([[]], [1]),
  oneMove: kind(oneSender, [1, 0]),
  twoMoves: kind(oneSender, [2, 0]),
  letGo: kind(oneSender, [2, 0], { rests: 1 }),
  senderMoves: kind(oneSender, [1, 1]),
  allMove: kind(oneSender, [2, 1]),
} satisfies Record<string, Kind>

/** All programs of a kind. */
export function* programsOf({ moves, ...rest }: Kind): Generator<Program> {
  const actors = moves.length
  const slots = moves.reduce((sum, count) => sum + count, actors)
  for (const row of rows(rest.threads, slots)) {
    const homes = row.slice(0, actors)
    let at = actors
    const targets = moves.map(count => row.slice(at, (at += count)))
    const elsewhere = homes.every((home, actor) => targets[actor]!.every((to, i, all) => to !== (all[i - 1] ?? home)))
    if (elsewhere) yield { ...rest, homes, moves: targets }
  }
}
/** Rows of numbers below `end` in which none comes before all smaller ones have come. */
function* rows(end: number, length: number, row: readonly number[] = []): Generator<readonly number[]> {
  if (row.length === length) return yield row
  const known = Math.max(-1, ...row) + 1
  for (let next = 0; next <= Math.min(known, end - 1); next++) yield* rows(end, length, [...row, next])
}

/** More threads, actors, messages and moves than can be explored. */
export function randomProgram(random: Random): Program {
  const below = (end: number): number => random.below(end)
  const some = (most: number, end: number): number[] => Array.from({ length: below(most + 1) }, () => below(end))
  const threads = 3 + below(3)
  const actors = 2 + below(3)
  const each = <T>(what: () => T): T[] => Array.from({ length: actors }, what)
  return {
    threads,
    homes: each(() => below(threads)),
    sends: each(() => some(6, actors)),
    moves: each(() => some(4, threads)),
    late: below(3) === 0,
    rests: below(3),
    allRounds: below(2) === 0,
  }
}
