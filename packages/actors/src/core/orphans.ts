// Those on this thread that have to do with actors of a lost one: who watches them, whose children or parents they are.
//
// Invariant: it is found out before anybody stands in for the lost thread, and kept until somebody does: that one is asked then.
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { requestStop } from './stopping.ts'
import { ended, lostWith } from './watches.ts'

export interface Orphans {
  readonly watches: [Cell, Address][]
  /** Those who watch others elsewhere: the lost one may have had the word of it, and not passed it on. */
  readonly unsure: [Cell, Address][]
  readonly parentless: Cell[]
  readonly children: [Cell, Address][]
}

export function orphansOf({ routes, directory, platform }: Core, thread: number): Orphans {
  const orphans: Orphans = { watches: [], unsure: [], parentless: [], children: [] }
  for (const cell of directory) {
    const { extra, parent } = cell
    for (const { address } of extra?.watching?.values() ?? []) {
      const place = routes.placeOf(address)
      if (place === thread) orphans.watches.push([cell, address])
      else if (place !== platform.thread) orphans.unsure.push([cell, address])
    }
    for (const child of extra?.away?.values() ?? []) {
      if (routes.placeOf(child) === thread) orphans.children.push([cell, child])
    }
    if (parent !== undefined && routes.placeOf(parent) === thread) orphans.parentless.push(cell)
  }
  return orphans
}

/** The same for one that has come here: it may have been on its way when somebody was lost. */
export function askAgain(cell: Cell): void {
  const { core, address, parent, extra } = cell
  const { calls, routes, platform, heirs } = core
  for (const watch of extra?.watching?.values() ?? []) {
    const place = routes.placeOf(watch.address)
    if (watch.how === undefined && place !== platform.thread) calls.watch(watch.address, address)
  }
  for (const child of [...(extra?.away?.values() ?? [])]) {
    if (heirs.areNone(routes.placeOf(child))) extra!.away!.delete(child.id)
    else calls.parented(child, address)
  }
  if (parent === undefined) return
  if (heirs.areNone(routes.placeOf(parent))) requestStop(cell, false)
  else calls.orphaned(parent, cell)
}

/** Nobody stands in for the lost thread: whoever had to do with an actor there is told of its end, or ends with it. */
export function bereave(core: Core, { watches, unsure, parentless, children }: Orphans, thread: number): void {
  for (const [cell, address] of watches) ended(cell, lostWith(address, thread))
  for (const [cell, address] of unsure) core.calls.watch(address, cell.address)
  for (const [cell, child] of children) cell.extra?.away?.delete(child.id)
  for (const cell of parentless) requestStop(cell, false)
}
