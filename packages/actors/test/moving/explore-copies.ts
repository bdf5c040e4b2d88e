// Copies and keys of a thread's state.
//
// Invariant: whatever of a thread can make a difference later is in its key, and nothing else. So tickets start again when
// none is out, and what is only ever compared with the epoch is cut to what that still tells.
import { Thread } from './explore-thread.ts'

export function copyOf(thread: Thread): Thread {
  const copy = new Thread(thread.self, thread.program)
  copy.rests = thread.rests
  thread.actors.forEach((actor, number) => (copy.actors[number] = actor?.copy()))
  thread.standings.forEach((standing, number) => {
    copy.standings[number] = standing && fill(copy.makeStanding(number), standing)
  })
  thread.wakings.forEach((waking, number) => {
    copy.wakings[number] = waking && fill(copy.makeWaking(number, thread.epochOf(number)!, waking.from), waking)
  })
  fill(copy.settling, thread.settling)
  return copy
}
/** Gives one the fields of another. */
function fill<T extends object>(into: T, from: T): T {
  for (const [name, value] of Object.entries(from)) (into as Record<string, unknown>)[name] = cloned(value)
  return into
}
/** Messages, fences and tickets are never changed: only what holds them is copied. */
function cloned(value: unknown): unknown {
  if (Array.isArray(value)) return [...value]
  if (value instanceof Set) return new Set(value)
  if (!(value instanceof Map)) return value
  return new Map([...value].map(([key, one]) => [key, typeof one === 'object' ? fill({}, one) : one]))
}

/** Forgets what makes no difference any more. */
export function tidy(thread: Thread): void {
  thread.standings.forEach(standing => {
    if (standing === undefined) return
    standing.used = false // to rest is tried at any time
    if (standing.fence === 0) standing.fences = 0
    for (const [to, epoch] of standing.told) if (epoch < standing.epoch) standing.told.delete(to)
    if (standing.originGoes < standing.epoch) standing.originGoes = 0
    standing.knowers.sort((a, b) => a - b)
  })
  const { settling } = thread
  if (settling.debts.size === 0) settling.tickets = 0
}

export function keyOf({ rests, actors, standings, wakings, settling }: Thread): string {
  return JSON.stringify([rests, actors, standings.map(fields), wakings.map(fields), fields(settling)])
}
function fields(of: object | undefined): unknown {
  return of && Object.values(of).map(plain)
}
/** Maps and sets as what JSON knows. */
function plain(value: unknown): unknown {
  if (value instanceof Set) return sorted([...value])
  if (!(value instanceof Map)) return value
  return sorted([...value].map(([key, one]) => [key, typeof one === 'object' ? fields(one) : one]))
}

/** In one order of all. */
function sorted(values: unknown[]): unknown[] {
  return values.sort((a, b) => (String(a) < String(b) ? -1 : 1))
}

/** The thread, for people. */
export function describe({ self, actors, standings, wakings, settling }: Thread): string {
  const named = { actors, standings, wakings, settling }
  const text = JSON.stringify(named, (_, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  )
  return `thread ${self} is ${text}`
}
