// Those on this thread that have to do with actors of a lost one: who watches them, whose children or parents they are.
//
// Invariant: it is found out before anybody stands in for the lost thread, and kept until somebody does: that one is asked then.
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'

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
