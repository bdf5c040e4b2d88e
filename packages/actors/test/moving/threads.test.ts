// Moves on real threads, under load: nothing is lost, doubled or overtaken, all asks end, and nothing is left of it.
//
// ROUNDS in the environment does more: ROUNDS=20000.
import { createSystem, type Events, type Ref, thread } from '@troupe/actors'
import { expect, test } from 'vitest'
import { type Heard, inspector, type Left, sender, target } from '../fixtures/restless.ts'
import { eventually } from '../fixtures/stage.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 1_500)
const THREADS = 4
const TARGETS = 8
const SENDERS = 8
/** Moves under way at a time. */
const WIDTH = 6

test('many senders and targets, all of which move', { timeout: 300_000 }, async () => {
  await using system = await createSystem({ threads: THREADS - 1, askDeadline: 60_000 })
  const dead: Events['deadLetter'][] = []
  system.on('deadLetter', letter => dead.push(letter))
  const on = (n: number) => ({ on: thread(n % THREADS) })
  const targets = await Promise.all(Array.from({ length: TARGETS }, (_, n) => system.spawn(target, undefined, on(n))))
  const senders = await Promise.all(Array.from({ length: SENDERS }, (_, n) => system.spawn(sender, targets, on(n))))
  const inspectors = await Promise.all(
    Array.from({ length: THREADS }, (_, n) => system.spawn(inspector, undefined, on(n))),
  )

  let moves = 0
  let chance = 1
  const below = (end: number): number => (chance = (chance * 48_271) % 0x7fffffff) % end
  /** One that keeps moving somebody while there is something to do. */
  const restless = async (): Promise<void> => {
    for (let rounds = 0; rounds < ROUNDS / WIDTH; rounds++) {
      const sends = below(SENDERS)
      senders[sends]!.tell.stream(below(TARGETS), 1 + below(6))
      const ref: Ref<{}> = below(3) === 0 ? senders[below(SENDERS)]! : targets[below(TARGETS)]!
      await ref.move(thread(below(THREADS)))
      moves++
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, restless))

  const sent = await Promise.all(senders.map(one => one.ask.sent()))
  const heard: Heard[] = await Promise.all(targets.map(one => one.ask.heard()))
  expect(heard.flatMap(({ wrong }) => wrong)).toEqual([])
  targets.forEach((_, at) => {
    const wanted = senders.map(({ id }, by) => [id, sent[by]!.sent[at]!]).filter(([, count]) => count !== 0)
    expect(heard[at]!.last).toEqual(Object.fromEntries(wanted))
  })
  expect(sent.flatMap(({ refused }) => refused)).toEqual([])
  expect(sent.reduce((sum, { replies }) => sum + replies, 0)).toBeGreaterThan(0)
  expect(dead).toEqual([])
  expect(moves).toBeGreaterThan(ROUNDS / 2)

  // each thread keeps only where those are that were spawned on it and have left
  const look = () => Promise.all(inspectors.map(one => one.ask.look()))
  const isAtRest = (left: Left[]): boolean => {
    const [standings, hosted, pending] = (['standings', 'actors', 'pending'] as const).map(part =>
      left.reduce((sum, one) => sum + one[part], 0),
    )
    return pending === 0 && hosted === TARGETS + SENDERS + THREADS && standings! <= TARGETS + SENDERS
  }
  const left = await eventually(look, isAtRest)
  console.log(`${moves} moves of ${TARGETS + SENDERS} actors on ${THREADS} threads; left: ${JSON.stringify(left)}`)
})
