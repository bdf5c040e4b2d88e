// A table as plain data, and back: what travels when its host moves, or is kept.
//
// Invariant: the table that comes back does what the other one would have done. Requests are listed in the order of their tickets,
// which is that of all lines, so the lines need not be told.
import type { Request } from './lock.ts'
import { LockTable, type RequestData } from './lock-table.ts'

export interface TableSnapshot {
  readonly counter: bigint
  readonly most: number
  readonly quietUntil: number
  readonly requests: readonly (RequestData & { readonly name: string; readonly permits: number })[]
  readonly givenUp: readonly { readonly id: string; readonly due: number }[]
}

export function snapshotOf(table: LockTable): TableSnapshot {
  const { counter, most, quietUntil } = table
  const requests = [...table.requests.values()].toSorted((a, b) => (a.ticket < b.ticket ? -1 : 1))
  const givenUp = [...table.givenUp.values()].map(({ givenUp: id, due }) => ({ id, due }))
  return { counter, most, quietUntil, requests: requests.map(dataOf), givenUp }
}

function dataOf(request: Request): TableSnapshot['requests'][number] {
  const { lock, number: _number, place: _place, before: _before, behind: _behind, ...data } = request
  return { ...data, name: lock.name, permits: lock.permits }
}

export function tableOf({ counter, most, quietUntil, requests, givenUp }: TableSnapshot): LockTable {
  const table = new LockTable({ counter, most, quietUntil })
  for (const { name, permits, ...data } of requests) table.restore(data, name, permits)
  for (const { id, due } of givenUp) table.restoreGivenUp(id, due)
  return table
}
