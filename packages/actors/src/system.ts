// A system: the user's handle, and the place where core and edge come together on the first thread.
//
// Invariants: an open system keeps the process alive; a closed one leaves nothing open. Closing goes in order: no new
// actors, all actors stopped on all threads, asks that still wait rejected, threads ended.
import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers' // not one that a test has replaced
import { EventEmitter } from 'eventemitter3'
import { checkParts, inWords } from './core/behavior-value.ts'
import { type BalanceOptions, balanceSettings, startBalancing } from './core/balancing.ts'
import { blame } from './core/blame.ts'
import { Core } from './core/core.ts'
import { GRACE, rejectAsks } from './core/ending.ts'
import { InvalidCall } from './core/errors.ts'
import { host, SystemHosting } from './core/hosting.ts'
import type { NodeSettings } from './core/node-settings.ts'
import type { Limits } from './core/platform.ts'
import { Quarantine } from './core/quarantine.ts'
import { type Lines, Rollout, type Upgraded, type UpgradeOptions } from './core/rollout.ts'
import { whose } from './core/turn-words.ts'
import { nodeId } from './core/link-errors.ts'
import { halt, isHostThread } from './edge/host-mark.ts'
import type { HostThreads } from './edge/host-threads.ts'
import type { HubThread } from './edge/hub-thread.ts'
import { NodePlatform } from './edge/node-platform.ts'
import type { Report } from './edge/pulse.ts'
import { socketOf } from './edge/socket-path.ts'
import { onStrayRejection } from './edge/stray-rejections.ts'
import { createParts, type SystemParts } from './edge/system-parts.ts'
import type { ResourceLimits } from './edge/thread-pool.ts'
import type { WatchLimits } from './edge/watch.ts'
import { Announcements } from './announcements.ts'
import { Cluster, type Clustered, type Drained, type Member } from './cluster.ts'
import type { AnyBehavior } from './behavior.ts'
import type { Events } from './events.ts'
import type { HandleOf, Hosted, SpawnOf } from './hosted.ts'
import type { Hosting, Place } from './hosting.ts'
import { checkLimits, type LimitOptions, limitOptions } from './limit-options.ts'
import { type NodeOptions, nodeSettings } from './node-options.ts'
import type { AnyRef } from './ref.ts'
import { checkThreadOptions, flag, type ThreadOptions, threadOptions, type ThreadRules } from './thread-options.ts'

export interface SystemOptions extends ThreadOptions, LimitOptions {
  /** Threads beside the calling one; 0 keeps everything on it. As many as there are cores, less one, but at least one. */
  threads?: number
  /**
   * Whether actors move by themselves: from overloaded to idle threads, and together where they talk much (docs/moving.md).
   * 'off' by default, as a move runs hooks of the actor's, and needs state that can travel: its author's to decide.
   */
  balance?: 'off' | 'on' | BalanceOptions
  /** Makes this process a node of a cluster, with the name and ways to others that are given (docs/nodes.md). */
  node?: NodeOptions
  /** For each host thread, as `new Worker` takes them. Buffers do not count. */
  resourceLimits?: ResourceLimits
  /** Whether blocked threads are ended while an inspector is open, when a debugger may hold them; false. */
  endWhileInspected?: boolean
}

export interface System extends Omit<Hosting, 'spawn'>, Clustered, AsyncDisposable {
  /**
   * Resolves when the actor has started. Rejects with SpawnFailed, NameTaken, BehaviorUnavailable,
   * NotSendable, MailboxFull, InvalidCall, ThreadLost or SystemClosed.
   */
  spawn<T extends AnyBehavior | Hosted<unknown>>(what: T, ...args: SpawnOf<T>): Promise<HandleOf<T>>
  /** Moves actors, as `ref.move` does; resolves when all are there. Several failures come as one AggregateError. */
  move(refs: AnyRef | readonly AnyRef[], to: Place): Promise<void>
  /**
   * Brings newer code to a running system: `module` is the URL of one whose behaviors have the names of those that run, and
   * higher versions. Fresh threads load it, and actors move there one by one, through its `upgrade(fromVersion, old)`;
   * from then on these names mean the new code, whoever spawns (docs/moving.md). Resolves when all actors have it. Rejects with
   * UpgradeFailed, which says how far it came and why no further; with BehaviorUnavailable, InvalidCall or SystemClosed.
   */
  upgrade(module: string | URL, options?: UpgradeOptions): Promise<Upgraded>
  on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this
  off<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this
  /** Stops all actors, children first, after their current turns; then ends the threads. */
  close(): Promise<void>
}

/** Whatever T offers is there. */
export type Methods<T> = { readonly [K in keyof T]: unknown }

/** Of a system of one thread. */
const NO_LINES = { lines: [] } as unknown as Lines

/** ms for all threads to say that their actors have stopped. */
const CLOSE_WITHIN = GRACE + 1_000
/** ms in which a node is to become a member of its cluster; and in which its actors are to have left it. */
const [JOIN_WITHIN, DRAIN_WITHIN] = [10_000, 30_000]
/** ms for host threads to end by themselves once their actors have stopped. */
const END_WITHIN = 1_000

/** On a host thread, where a whole program may be loaded for its behaviors, this never resolves. */
export function createSystem(options: SystemOptions = {}): Promise<System> {
  return isHostThread() ? halt() : create(options)
}

async function create(options: SystemOptions): Promise<System> {
  const wanted = checked(options)
  // Piscina is for the thread that has the pool; host threads load this module too, and start faster without it.
  const hosts = wanted.threads === 0 ? undefined : await import('./edge/host-threads.ts')
  const system = new LocalSystem(wanted, hosts?.HostThreads)
  if (wanted.node !== undefined) {
    const { HubThread } = await import('./edge/hub-thread.ts')
    await system.join(HubThread, wanted.node, options.node!.within ?? JOIN_WITHIN)
  }
  return system as unknown as System
}

/** Its calls are typed by System; core knows no types of users. */
class LocalSystem extends SystemHosting implements Methods<System> {
  readonly #events = new EventEmitter()
  readonly #announcements = new Announcements(this.#events)
  readonly #core: Core
  readonly #platform: NodePlatform
  readonly #hosts: HostThreads | undefined
  readonly #rollout: Rollout
  readonly #parts: SystemParts
  #cluster: Cluster | undefined
  #closing: Promise<void> | undefined
  readonly #endListening: () => void

  constructor(wanted: Checked, Hosts: typeof HostThreads | undefined) {
    super()
    const { threads, limits, node } = wanted
    const parts = createParts(threads + 1, availableParallelism(), limits.vault, node && nodeId(node))
    this.#parts = parts
    this.#platform = new NodePlatform(parts, 0, (event, data) => this.#emit(event, data))
    this.#core = new Core(this.#platform, limits)
    this.#endListening = onStrayRejection(reason => this.#takeRejection(reason))
    this.#platform.start(this.#core)
    if (Hosts !== undefined) {
      if (wanted.balance !== undefined) startBalancing(this.#core, wanted.balance)
      this.#hosts = this.#startHosts(Hosts, wanted, parts)
    }
    this.#rollout = new Rollout(this.#core, this.#hosts ?? NO_LINES)
  }

  #startHosts(Hosts: typeof HostThreads, wanted: Checked, parts: SystemParts): HostThreads {
    const core = this.#core
    const platform = this.#platform
    const { threads: count, limits, resourceLimits, rules } = wanted
    const url = new URL(`./host${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
    const quarantine = new Quarantine()
    const hosts = new Hosts({
      memory: platform.lanes!.memory,
      task: { parts, limits },
      quarantined: () => quarantine.all,
      pool: { url, count, resourceLimits },
      rules,
      events: {
        lost: (thread, error, turn) => {
          const { actor } = whose(core, turn)
          if (actor !== undefined) quarantine.note(actor, platform.now())
          this.#emit('threadLost', { thread, error })
        },
        replaced: (thread, by) => this.#emit('threadReplaced', { thread, by }),
        notReplaced: (thread, why) => this.#emit('threadNotReplaced', { thread, why }),
        blocked: (thread, { ms, turn }) => this.#emit('threadBlocked', { thread, ms, ...whose(core, turn) }),
        stuck: thread => this.#emit('threadStuck', { thread }),
        unwatched: error => this.#emit('unhandledRejection', { actor: undefined, thread: 0, error }),
      },
      because: report => blockedError(core, report),
    })
    platform.onGone = (thread, inOrder) => core.lostThread(thread, hosts.reasonOf(thread), inOrder)
    platform.onHeir = (lost, heir) => core.heir(lost, heir)
    platform.onChange = () => hosts.look()
    return hosts
  }

  /** Joins the cluster; where that fails, nothing is left open. */
  async join(Hub: typeof HubThread, settings: NodeSettings, within: number): Promise<void> {
    const emit = (event: string, data: unknown): void => this.#emit(event, data)
    this.#cluster = new Cluster(this.#core, emit, () => void this.close())
    this.#announcements.hold()
    try {
      const task = { parts: this.#parts, settings }
      await this.#cluster.join(events => new Hub(task, events), within)
    } catch (error) {
      await this.close()
      throw error
    } finally {
      setImmediate(() => this.#announcements.open()) // once the program, which is told now, has had its turn
    }
  }
  async drain({ deadline = DRAIN_WITHIN }: { deadline?: number } = {}): Promise<Drained> {
    if (this.#cluster !== undefined) return this.#cluster.drain(this.#hosts?.living ?? [], deadline)
    throw new InvalidCall('drain: this process is no node (createSystem: node)')
  }
  async leave(options?: { deadline?: number }): Promise<Drained> {
    const drained = await this.drain(options)
    await this.#cluster!.retire()
    await this.close()
    return drained
  }
  nodes(): Member[] {
    return this.#cluster?.nodes() ?? []
  }

  [host](): Core {
    return this.#core
  }

  on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this {
    this.#events.on(event, listener)
    return this
  }
  off<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): this {
    this.#events.off(event, listener)
    return this
  }

  upgrade(module: string | URL, options?: UpgradeOptions): Promise<Upgraded> {
    return this.#rollout.upgrade(module, options)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const core = this.#core
    const hosts = this.#hosts
    core.closing = true
    hosts?.close()
    const others = hosts?.living.map(thread => core.calls.ask(thread, 'close', undefined)) ?? []
    // a handler that never lets go of its thread says nothing: that thread is ended below, whatever it does
    await Promise.race([Promise.allSettled([core.closeHere(), ...others]), core.sleep(CLOSE_WITHIN)])
    rejectAsks(core)
    await core.offloads.close()
    hosts?.expectEnd()
    for (const thread of hosts?.living ?? []) core.calls.send(thread, 'end', undefined)
    await hosts?.end(END_WITHIN)
    // one that had to be ended has not said so: what is sent there from now on would wait for ever
    for (const thread of hosts?.all ?? []) core.lostThread(thread)
    await this.#cluster?.close()
    core.deadLetters.publish()
    this.#platform.close()
    this.#endListening()
  }

  #emit(event: string, data: unknown): void {
    this.#announcements.announce(event, data)
  }

  /** Not an actor's, and nobody listens: then it is not for this system. */
  #takeRejection(reason: unknown): boolean {
    const heard = this.#events.listenerCount('unhandledRejection') > 0
    if (!heard && this.#core.scheduler.suspect === undefined) return false
    blame(this.#core, reason)
    return true
  }
}

/** Why a thread was ended that was blocked. */
function blockedError(core: Core, { ms, turn }: Report): Error {
  const { actor, method } = whose(core, turn)
  const where = actor === undefined ? '' : ` in ${actor}.${method}`
  const hint = 'what computes for long belongs into run(), or needs a longer endBlockedAfter'
  return new Error(`it was blocked for ${ms} ms${where} and ended; ${hint}`)
}

interface Checked {
  node: NodeSettings | undefined
  threads: number
  limits: Limits
  balance: ReturnType<typeof balanceSettings>
  resourceLimits: ResourceLimits | undefined
  rules: ThreadRules & WatchLimits
}

const OPTIONS = [
  'threads',
  ...limitOptions,
  'balance',
  'node',
  'resourceLimits',
  'endWhileInspected',
  ...threadOptions,
] satisfies (keyof SystemOptions)[]

function checked(options: SystemOptions): Checked {
  checkParts('createSystem', options, OPTIONS)
  const { threads = Math.max(1, availableParallelism() - 1), resourceLimits } = options
  if (!Number.isInteger(threads) || threads < 0 || threads > 1_023) {
    throw new InvalidCall(`createSystem: threads is ${inWords(threads)}; it must be a whole number from 0 to 1023`)
  }
  const limits = checkLimits('createSystem', options)
  const rules = checkThreadOptions('createSystem', options)
  const endWhileInspected = flag('createSystem', 'endWhileInspected', options.endWhileInspected, false)
  const balance = balanceSettings('createSystem', options.balance)
  const node = options.node && nodeSettings(options.node, Date.now(), socketOf)
  return { node, threads, limits, balance, resourceLimits, rules: { ...rules, endWhileInspected } }
}
