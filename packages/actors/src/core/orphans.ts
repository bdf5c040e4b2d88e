// Those on this thread that have to do with actors of a lost one: who watches them, whose children or parents they are.
//
// Invariant: it is found out before anybody stands in for the lost thread, and kept until somebody does: that one is asked then.
import type { Address } from './address.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import { requestStop } from './stopping.ts'

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

/**
 * The same for one that has come here: it may have been on its way when somebody was lost. One that comes from `far` asks after
 * all, also after those whose place is here: they may have ended meanwhile.
 */
export function askAgain(cell: Cell, far: boolean): void {
  const { core, address, parent, extra } = cell
  const isAsked = (one: Address): boolean => far || core.heirs.areNone(core.routes.placeOf(one))
  for (const { how, address: watched } of extra?.watching?.values() ?? []) {
    if (how === undefined && isAsked(watched)) core.calls.watch(watched, address)
  }
  for (const child of [...(extra?.away?.values() ?? [])]) if (isAsked(child)) askForChild(cell, child)
  if (parent !== undefined && isAsked(parent)) askForParent(cell, parent)
}

/** Nobody stands in for the lost thread: whoever had to do with an actor there is told of its end, or ends with it. */
export function bereave(core: Core, { watches, unsure, parentless, children }: Orphans): void {
  for (const [cell, address] of [...watches, ...unsure]) core.calls.watch(address, cell.address)
  for (const [cell, child] of children) askForChild(cell, child)
  for (const cell of parentless) askForParent(cell, cell.parent!)
}
function askForChild(cell: Cell, child: Address): void {
  const { core, address, extra } = cell
  if (core.heirs.areNone(core.routes.placeOf(child))) extra?.away?.delete(child.id)
  else core.calls.parented(child, address)
}
function askForParent(cell: Cell, parent: Address): void {
  const { core } = cell
  if (core.heirs.areNone(core.routes.placeOf(parent))) requestStop(cell, false)
  else core.calls.orphaned(parent, cell)
}
