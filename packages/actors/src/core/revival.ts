// A thread that stands in for lost ones makes their actors again: those of which enough was kept (checkpoints.ts).
//
// Invariants: it begins when every survivor has said which actors it hosts, so that none is made again that lives; what is
// made again has a higher epoch than before. With its checkpoint an actor goes on; without, it begins anew, and its
// children end with its old life. One that is quarantined is not made again. When all is done everybody is told, and whoever
// was not among them has ended.
import { interestedIn } from './arrivals.ts'
import type { Cell } from './cell.ts'
import type { Core } from './core.ts'
import type { ActorId } from './errors.ts'
import { MOVED, REVIVED } from './handoff-frame.ts'
import * as life from './life.ts'
import { keyOf } from './names.ts'
import { type Remains, remainsOf } from './remains.ts'

export async function revive(
  core: Core,
  lost: readonly number[],
  quarantined: ReadonlySet<ActorId>,
): Promise<string[]> {
  const names: string[] = []
  for (const remains of newest(core, lost)) {
    if (livesElsewhere(core, remains)) continue
    const { id } = remains.address
    if (quarantined.has(id)) {
      core.emit('quarantined', { actor: id })
      continue
    }
    const cell = await made(core, remains)
    if (cell === undefined) continue
    place(cell, remains)
    if (remains.name !== undefined) names.push(keyOf(remains.address.protocol.name, remains.name))
  }
  for (const thread of lost) core.platform.emptyVault(thread)
  return names
}

/** An actor may be in the vaults of several that were lost one after the other. */
function newest(core: Core, lost: readonly number[]): Iterable<Remains> {
  const all = new Map<ActorId, Remains>()
  for (const thread of lost) {
    for (const remains of remainsOf(core, thread)) {
      const known = all.get(remains.address.id)
      if (known === undefined || known.epoch < remains.epoch) all.set(remains.address.id, remains)
    }
  }
  return all.values()
}

function livesElsewhere({ routes }: Core, { address, epoch }: Remains): boolean {
  const { cell, standing } = routes.of(address)
  return cell !== undefined || (standing !== undefined && standing.epoch > epoch)
}

async function made(core: Core, remains: Remains): Promise<Cell | undefined> {
  try {
    return await remains.actor()
  } catch (error) {
    const { id } = remains.address
    core.emit('fault', { actor: id, method: 'revive', error: core.failures.portable(error), decision: 'stop' })
    return undefined
  }
}

function place(cell: Cell, { epoch, hasState }: Remains): void {
  const { core, address } = cell
  const { routes, platform, outbound, timers } = core
  const { more } = cell
  more.epoch = epoch + 1
  more.reborn = !hasState
  core.directory.add(cell)
  routes.revived(cell)
  // the board knows who stands in for its origin, before this thread may have heard of it
  for (const thread of interestedIn(cell).add(platform.current(address.home))) {
    if (thread >= 0 && thread !== platform.thread)
      outbound.handoff(thread, address, MOVED, REVIVED, more.epoch, platform.thread)
  }
  for (const timer of more.timers?.values() ?? []) if (!timer.idle) timers.set(timer, timer.due)
  if (hasState) core.checkpoints.arrived(cell)
  else core.checkpoints.placed(cell)
  core.emit('revived', { actor: address.id, checkpoint: hasState })
  life.revive(cell, hasState)
}
