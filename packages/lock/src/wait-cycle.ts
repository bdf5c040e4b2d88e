// Whether a request can ever be granted, or its owner would wait for itself: directly, or by way of others who wait.
//
// A wait for a semaphore is over when any of several holders gives back, so a cycle of waits alone proves nothing. It is found by
// reduction instead (Holt: Some Deadlock Properties of Computer Systems, 1972): whoever waits for nothing is taken to give back all that it
// has; so is then whoever can be granted all that it waits for; who is left waits for ever.
// Invariants: only what comes before a request in its own lock keeps it waiting, so a cycle can only come to be with a request, and by an
// owner that has another one; nobody else is looked at twice. An owner that waits is taken to do nothing else meanwhile.
import type { Belongings } from './belongings.ts'
import type { Request } from './lock.ts'

/** `owner` waits for `lock`, which the owner of the next step has, or is to have before; the last one's next is the first. */
export interface WaitStep {
  readonly owner: string
  readonly lock: string
}

/** How the owner of a request that waits waits for itself; undefined where it need not wait for ever. */
export function cycleOf(asked: Request, owners: Belongings): WaitStep[] | undefined {
  const { owner } = asked
  if (owner === undefined || owners.countOf(owner) < 2) return undefined
  const waiting = waitsReachedFrom(owner, owners)
  let before: number
  do {
    before = waiting.size
    for (const [one, requests] of waiting) {
      if (requests.every(request => canBeGranted(request, waiting))) waiting.delete(one)
    }
  } while (waiting.size < before)
  return waiting.has(owner) ? pathFrom(owner, waiting) : undefined
}

type Waits = Map<string, Request[]>

/** Everybody who has to go on for this one to go on, with what each waits for. */
function waitsReachedFrom(owner: string, owners: Belongings): Waits {
  const reached: Waits = new Map()
  const open = [owner]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue
    const waits = owners.of(next).filter(({ granted }) => granted === undefined)
    reached.set(next, waits)
    for (const request of waits) {
      for (const other of aheadOf(request)) {
        if (other.owner !== undefined && !reached.has(other.owner)) open.push(other.owner)
      }
    }
  }
  return reached
}

function* aheadOf(request: Request): Generator<Request, void> {
  yield* request.lock.holders
  for (const other of request.lock.waiters) {
    if (other === request) return
    yield other
  }
}

/** Whether it, and all ahead of it, fit if those who still wait keep what they have, and get what they wait for. */
function canBeGranted(request: Request, waiting: Waits): boolean {
  const { lock } = request
  let kept = 0
  for (const other of aheadOf(request)) {
    if (other.granted === undefined && kept + other.wants > lock.permits) return false
    if (other.owner !== undefined && waiting.has(other.owner)) kept += other.wants
  }
  return kept + request.wants <= lock.permits
}

function pathFrom(owner: string, waiting: Waits): WaitStep[] {
  const path: WaitStep[] = []
  const at = new Map<string, number>()
  let next = owner
  while (!at.has(next)) {
    at.set(next, path.length)
    const stuck = waiting.get(next)!.find(request => !canBeGranted(request, waiting))!
    path.push({ owner: next, lock: stuck.lock.name })
    const blocking: Request[] = [...aheadOf(stuck)].filter(
      ({ owner: other }) => other !== undefined && waiting.has(other),
    )
    // one that leads on, if there is one: that it has the lock itself says less
    next = (blocking.find(({ owner: other }) => other === owner) ?? blocking[0])!.owner!
  }
  return path.slice(at.get(next))
}
