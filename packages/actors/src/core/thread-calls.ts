// What one thread's core asks of another's, about that thread as a whole: spawns, names, runs, channels, its end.
//
// Invariant: these go to the thread that they name, and end with it; what is for an actor is in actor-calls.ts.
import { ActorRef } from './actor-ref.ts'
import type { NamedSource, Source } from './behavior-value.ts'
import type { Formerly } from './channel-leave.ts'
import type { ChannelState } from './channel-move.ts'
import type { Core } from './core.ts'
import { Drain } from './drain.ts'
import { Evacuation, type EvacuationLimits, leave } from './evacuation.ts'
import { rejectAsks } from './ending.ts'
import { type FarBehavior, isFar, nearSource, protocolOf, sourceHere } from './far-source.ts'
import type { NodeInfo } from './nodes.ts'
import type { Job } from './offload-job.ts'
import { sample } from './sampling.ts'
import type { SpawnCall } from './spawning.ts'
import { numbersOf, type ThreadNumber } from './thread-number.ts'

export const threadOperations = {
  spawn: (core: Core, call: SpawnCall, from: number) => core.spawning.receive('spawn', call, from),
  go: (core: Core, call: SpawnCall, from: number) => core.spawning.receive('go', call, from),
  /** Whether a behavior can be loaded there, so that an actor can move there. */
  async knows(core: Core, [from, protocol]: [Source | FarBehavior, number]) {
    const known = isFar(from) ? protocolOf(core, from[1]) : core.behaviors.protocol(protocol)
    const found = isFar(from) ? await nearSource(core, from[0]) : from
    await core.upgrades.load(found, known)
    core.handoffs.arrivals.sources.set(known, found)
  },
  /** Where this process has the behavior that another node has named. */
  sourceOf: (core: Core, [from]: [NamedSource]) => sourceHere(core, from),
  claim: (core: Core, [name, ref]: [string, ActorRef], from: number) => core.names.claimBy(name, ref.address, from),
  release: (core: Core, [name, ref]: [string, ActorRef], from: number) => core.names.releaseBy(name, ref.address, from),
  nameMoved(core: Core, [name, ref, to]: [string, ActorRef, number]) {
    core.names.moved(name, ref.address, to)
  },
  /** By a process, to the keeper of names: an actor of its own goes to another node. */
  namePassed(core: Core, [name, ref, to]: [string, ActorRef, ThreadNumber], from: number) {
    core.names.passed(name, ref.address, from, to.number)
  },
  async find(core: Core, [key]: [string], from: number) {
    const address = await core.names.findBy(key, from)
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
  /** Moves all actors to other nodes that can be moved. */
  drain: (core: Core, [until]: [number]) => new Drain(core, until).run(),
  /** Resolves when the code is there that upgrades have brought. */
  upgraded: (core: Core) => core.upgrades.ready,
  emit(core: Core, [event, data]: [string, unknown]) {
    core.platform.emit(event, data)
  },
  /** To the heir of a lost thread: all that this thread knows of where actors live has been told, and which lost ones are done with. */
  spoken(core: Core, [lost, done]: [ThreadNumber[], ThreadNumber[]], from: number) {
    core.heirs.spoken(from, numbersOf(lost), numbersOf(done))
  },
  /** By an heir: it has revived what it can of those threads; these have a name. */
  revived(core: Core, [lost, names]: [ThreadNumber[], string[]], from: number) {
    core.heirs.revived(numbersOf(lost))
    core.names.revived(from, names)
  },
  close: (core: Core) => core.closeHere(),
  end(core: Core) {
    rejectAsks(core)
    core.onEnd(false)
  },
  node(core: Core, [node]: [NodeInfo]) {
    core.nodes.told(node)
  },
  nodeDown(core: Core, [id, why]: [string, string]) {
    core.nodes.down(id, why)
  },
  /** By a thread that has heard that a node is down, as others of its node will. */
  downHeard(core: Core, [id, others]: [string, ThreadNumber[]], from: number) {
    core.nodes.losses.heard(id, numbersOf(others), from)
  },
  /** By a thread of another node: what was gone before. */
  goneBefore(core: Core, [ids, threads, heirs]: [string[], ThreadNumber[], ThreadNumber[]]) {
    core.nodes.losses.goneBefore(ids, numbersOf(threads), numbersOf(heirs))
  },
  senior(core: Core, [id]: [string]) {
    core.nodes.ledBy(id)
  },
  room(core: Core) {
    core.platform.room?.()
  },
  farLost(core: Core, [thread, inOrder]: [number, boolean]) {
    core.nodes.threadLost(thread, inOrder)
  },
  farHeir(core: Core, [thread, heir]: [number, number]) {
    core.nodes.threadFollowed(thread, heir)
  },
}

/** What the hub alone may say. */
export const byHub: ReadonlySet<string> = new Set(['node', 'nodeDown', 'senior', 'room', 'farLost', 'farHeir'])
/** What threads ask of each other, and other nodes' may not. */
export const withinNode: ReadonlySet<string> = new Set([
  'sourceOf',
  'nameMoved',
  'run',
  'cancelRun',
  'sample',
  'adopt',
  'formerly',
  'evacuate',
  'drain',
  'upgraded',
  'emit',
  'close',
  'end',
])
