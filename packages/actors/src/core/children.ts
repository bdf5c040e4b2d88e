// The children of an actor on its own thread: a doubly linked list through their cells, as a Set would cost more than the
// cell's own part in the directory, and a million children are no rare case.
//
// Invariants: a cell is in the list of its parent from its spawn until it has stopped, and in no other; the parent's
// `extra.firstChild` is the youngest.
import type { Cell } from './cell.ts'

export function link(parent: Cell, child: Cell): void {
  const { more } = parent
  const elder = more.firstChild
  child.elder = elder
  if (elder !== undefined) elder.younger = child
  more.firstChild = child
}

export function unlink(parent: Cell, child: Cell): void {
  const { elder, younger } = child
  if (elder !== undefined) elder.younger = younger
  if (younger !== undefined) younger.elder = elder
  else if (parent.extra?.firstChild === child) parent.extra.firstChild = elder
  child.elder = child.younger = undefined
}
