// All that can happen to one decree with three acceptors, two values and ballots 0 and 1, step by step: whatever was sent once stays
// there, and may come at any time, any number of times, or never. As in the TLA+ module PaxosHowToWinATuringAward of Lamport's
// lecture of that name (https://lamport.azurewebsites.net/tla/paxos-algorithm.html), whose model has 3,921 distinct states at depth 17; acceptors and proposers are
// the package's own here. In each state at most one value has been chosen, and only one that was proposed.
import { expect, test } from 'vitest'
import { type AcceptorState, answered } from '../src/acceptor.ts'
import type { Ballot } from '../src/ballot.ts'
import type { Answer, Request } from '../src/messages.ts'
import { heard, newProposer, type ProposerState } from '../src/proposer.ts'
import { quorumsOf } from '../src/quorum.ts'

type Value = 'v1' | 'v2'
const VALUES: readonly Value[] = ['v1', 'v2']
const ACCEPTORS = ['a1', 'a2', 'a3']
const BALLOTS: readonly Ballot[] = [0, 1].map(round => ({ round, node: 'p' }))
const PAIRS: readonly (readonly number[])[] = [
  [0, 1],
  [0, 2],
  [1, 2],
]

/** A message that has been sent; `from` of an answer. Refusals are left out: they tell proposers how to be quick, not what is safe. */
type Sent = { readonly request: Request<Value> } | { readonly from: number; readonly answer: Answer<Value> }
interface State {
  readonly acceptors: readonly AcceptorState<Value>[]
  readonly sent: ReadonlyMap<string, Sent>
}
type Acceptor = typeof answered<Value>

const keyOf = ({ acceptors, sent }: State): string =>
  JSON.stringify([acceptors.map(ordered), [...sent.keys()].toSorted()])
/** JSON with keys in one order. */
const ordered = ({ promised, vote }: AcceptorState<Value>): unknown => [
  promised?.round,
  vote?.ballot.round,
  vote?.value,
]
function with_(state: State, sent: Sent, acceptors = state.acceptors): State {
  return { acceptors, sent: new Map(state.sent).set(JSON.stringify(sent), sent) }
}

function* next(state: State, acceptor: Acceptor): Iterable<State> {
  for (const ballot of BALLOTS) {
    yield with_(state, { request: { kind: 'prepare', ballot } })
    for (const request of accepts(state, ballot)) yield with_(state, { request })
  }
  for (const sent of state.sent.values()) {
    if (!('request' in sent)) continue
    for (const [at, before] of state.acceptors.entries()) {
      const { state: after, answer } = acceptor(before, sent.request)
      if (answer === undefined || answer.kind === 'refused') continue
      yield with_(state, { from: at, answer }, state.acceptors.with(at, after))
    }
  }
}
/** What the proposer of a ballot may ask for, once: by the promises of any quorum. */
function* accepts(state: State, ballot: Ballot): Iterable<Request<Value>> {
  const all = [...state.sent.values()]
  const is = (one: Ballot): boolean => one.round === ballot.round
  if (all.some(one => 'request' in one && one.request.kind === 'accept' && is(one.request.ballot))) return
  for (const pair of PAIRS) {
    const promises = all.filter(
      one => 'answer' in one && one.answer.kind === 'promise' && is(one.answer.ballot) && pair.includes(one.from),
    )
    for (const value of VALUES) {
      let proposer: ProposerState<Value> = { ...newProposer(value), phase: 'preparing', ballot, latest: ballot }
      for (const one of promises as Extract<Sent, { from: number }>[]) {
        const { state: after, request } = heard(proposer, ACCEPTORS[one.from]!, one.answer, quorumsOf(ACCEPTORS))
        proposer = after
        if (request !== undefined) yield request
      }
    }
  }
}
/** Values that a majority has accepted in one ballot. */
function chosen({ sent }: State): Set<Value> {
  const votes = new Map<number, Set<number>>()
  const values = new Map<number, Value>()
  for (const one of sent.values()) {
    if ('request' in one && one.request.kind === 'accept') values.set(one.request.ballot.round, one.request.value)
    if (!('answer' in one) || one.answer.kind !== 'accepted') continue
    const { round } = one.answer.ballot
    votes.set(round, (votes.get(round) ?? new Set()).add(one.from))
  }
  return new Set([...votes].flatMap(([round, by]) => (by.size >= 2 ? [values.get(round)!] : [])))
}

interface Explored {
  readonly states: number
  /** Of the state that takes longest to reach, the first being 1. */
  readonly depth: number
  /** Whether there is a state in which two values were chosen, where it ends; in how many one was. */
  readonly torn: 0 | 1
  readonly decided: number
}
function explore(acceptor: Acceptor = answered): Explored {
  const first: State = { acceptors: ACCEPTORS.map(() => ({})), sent: new Map() }
  const seen = new Set([keyOf(first)])
  let [level, depth, decided] = [[first], 0, 0]
  while (level.length > 0) {
    depth++
    const further: State[] = []
    for (const state of level) {
      const { size } = chosen(state)
      if (size > 1) return { states: seen.size, depth, torn: 1, decided }
      if (size > 0) decided++
      for (const one of next(state, acceptor)) {
        const key = keyOf(one)
        if (seen.has(key)) continue
        seen.add(key)
        further.push(one)
      }
    }
    level = further
  }
  return { states: seen.size, depth, torn: 0, decided }
}

test('every state of one decree: as many as the published model has, and in none are two values chosen', () => {
  const found = explore()
  expect(found).toMatchObject({ states: 3_921, depth: 17, torn: 0 })
  expect(found.decided).toBeGreaterThan(0)
})
test('an acceptor that forgets its promise is found out', () => {
  expect(
    explore((state, request) => answered(state.vote === undefined ? {} : { vote: state.vote }, request)).torn,
  ).toBeGreaterThan(0)
})
test('an acceptor that does not tell of its vote is found out', () => {
  const silent: Acceptor = (state, request) => {
    const step = answered(state, request)
    return step.answer?.kind === 'promise' ? { ...step, answer: { ...step.answer, vote: undefined } } : step
  }
  expect(explore(silent).torn).toBeGreaterThan(0)
})
