// What one thread's core asks of another's, about that thread as a whole: spawns, names, runs, channels, its end.
//
// Invariant: these go to the thread that they name, and end with it; what is for an actor is in actor-calls.ts.
import { ActorRef } from './actor-ref.ts'
import type { Source } from './behavior-value.ts'
import type { ChannelState } from './channel-move.ts'
import type { Core } from './core.ts'
import { rejectAsks } from './ending.ts'
import type { Job } from './offload-job.ts'
import { sample } from './sampling.ts'
import type { SpawnCall } from './spawning.ts'

export const threadOperations = {
  spawn: (core: Core, call: SpawnCall, from: number) => core.spawning.receive('spawn', call, from),
  go: (core: Core, call: SpawnCall, from: number) => core.spawning.receive('go', call, from),
  /** Whether a behavior can be loaded there, so that an actor can move there. */
  async knows(core: Core, [source]: [Source]) {
    core.behaviors.load(await core.platform.load(source))
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
  emit(core: Core, [event, data]: [string, unknown]) {
    core.platform.emit(event, data)
  },
  /** To the heir of a lost thread: all that this thread hosts of what was spawned there has been told. */
  spoken(core: Core, _nothing: undefined, from: number) {
    core.heirs.spoken(from)
  },
  /** By an heir: it has revived what it can of those threads; these have a name. */
  revived(core: Core, [lost, names]: [number[], string[]], from: number) {
    core.heirs.revived(lost)
    core.names.revived(from, names)
  },
  close: (core: Core) => core.closeHere(),
  end(core: Core) {
    rejectAsks(core)
    core.onEnd()
  },
}
