// What one thread's core asks of another's, about that thread as a whole: spawns, names, runs, channels, its end.
//
// Invariant: these go to the thread that they name, and end with it; what is for an actor is in actor-calls.ts.
import { ActorRef } from './actor-ref.ts'
import type { Source } from './behavior-value.ts'
import type { Formerly } from './channel-leave.ts'
import type { ChannelState } from './channel-move.ts'
import type { Core } from './core.ts'
import { Evacuation, type EvacuationLimits, leave } from './evacuation.ts'
import { rejectAsks } from './ending.ts'
import type { Job } from './offload-job.ts'
import { sample } from './sampling.ts'
import type { SpawnCall } from './spawning.ts'

export const threadOperations = {
  spawn: (core: Core, call: SpawnCall, from: number) => core.spawning.receive('spawn', call, from),
  go: (core: Core, call: SpawnCall, from: number) => core.spawning.receive('go', call, from),
  /** Whether a behavior can be loaded there, so that an actor can move there. */
  async knows(core: Core, [source, protocol]: [Source, number]) {
    const known = core.behaviors.protocol(protocol)
    await core.upgrades.load(source, known)
    core.handoffs.arrivals.sources.set(known, source)
  },
  claim(core: Core, [name, ref]: [string, ActorRef]) {
    core.names.claimHere(name, ref.address)
  },
  release(core: Core, [name, ref]: [string, ActorRef]) {
    core.names.releaseHere(name, ref.address)
  },
  find(core: Core, [key]: [string]) {
    const address = core.names.findHere(key)
    return address && new ActorRef(address, undefined)
  },
  run: (core: Core, [number, job]: [number, Job], from: number) => core.offloads.receive(number, job, from),
  cancelRun(core: Core, [number]: [number], from: number) {
    core.offloads.cancel(number, from)
  },
  sample: (core: Core) => sample(core),
  adopt(core: Core, state: ChannelState, from: number) {
    core.channels.adopt(state, from)
  },
  /** By one whose place this thread has taken: where homes of channels are that were there. */
  formerly(core: Core, all: Formerly[]) {
    for (const one of all) core.channels.entries.inherits(one)
  },
  /** To one whose place another has taken: moves its actors there, gives how many, and ends when it can. */
  async evacuate(core: Core, [limits]: [EvacuationLimits]) {
    const moved = await new Evacuation(core, limits).run()
    void leave(core)
    return moved
  },
  /** Resolves when the code is there that upgrades have brought. */
  upgraded: (core: Core) => core.upgrades.ready,
  emit(core: Core, [event, data]: [string, unknown]) {
    core.platform.emit(event, data)
  },
  /** To the heir of a lost thread: all that this thread knows of where actors live has been told, and which lost ones are done with. */
  spoken(core: Core, [lost, done]: [number[], number[]], from: number) {
    core.heirs.spoken(from, lost, done)
  },
  /** By an heir: it has revived what it can of those threads; these have a name. */
  revived(core: Core, [lost, names]: [number[], string[]], from: number) {
    core.heirs.revived(lost)
    core.names.revived(from, names)
  },
  close: (core: Core) => core.closeHere(),
  end(core: Core) {
    rejectAsks(core)
    core.onEnd(false)
  },
}
