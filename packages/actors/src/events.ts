// What a system tells of, and what of it is printed on standard error while nobody listens, so that it cannot go unseen.
//
// Invariants: what has told its caller already (a spawn that is rejected), or follows from what the program did itself
// (messages to an actor it has stopped), is not printed. Dead letters that somebody will miss are, but once for each
// actor, method and reason, and only so many: whoever sends in a loop would fill the screen.
import type { DeadLetter, DeadReason } from './core/dead-letters.ts'
import type { ActorId } from './core/errors.ts'
import { assertNever } from './core/platform.ts'
import type { Place, Spot } from './hosting.ts'
import type { MemberState } from './cluster.ts'

export interface Events {
  /** Messages that could not be delivered: `count` alike. */
  deadLetter: DeadLetter
  /** A handler, or a goroutine's body, threw what is no Refusal, a turn took too long, a child could not start, or a task
   *  failed that nobody looked at; and what was done about it. */
  fault: { actor: ActorId; method: string; error: unknown; decision: 'restart' | 'resume' | 'stop' | 'escalate' }
  /** An actor has moved; `ms`: for how long it took no message. */
  moved: { actor: ActorId; from: Spot; to: Spot; ms: number }
  /** It was to move, and goes on where it was: what `ctx.moveTo` could not do, or the system, to balance itself. */
  moveFailed: { actor: ActorId; to: Place; error: unknown }
  /** An actor whose thread was lost goes on, on another one: with its last checkpoint, or with fresh state. */
  revived: { actor: ActorId; checkpoint: boolean }
  /** It has ended its thread too often, and is not revived any more. */
  quarantined: { actor: ActorId }
  restarted: { actor: ActorId; error: unknown; times: number }
  /** The policy by which the system balances itself threw, or wants what cannot be. */
  balanceFailed: { error: unknown }
  /** A spawn by the system was rejected. */
  spawnFailed: { behavior: string; error: unknown }
  /** `actor` where it is known whose rejection it was. */
  unhandledRejection: { actor: ActorId | undefined; thread: number; error: unknown }
  /** An actor on this thread cannot be revived any more, as its vault has no room for it in `bytes` (createSystem: vault). */
  vaultFull: { actor: ActorId; thread: number; bytes: number }
  /** A thread has ended without having been told to: it crashed, or was blocked for too long. */
  threadLost: { thread: number; error: unknown }
  /** A new thread has taken the place of a lost one: that is what its number means from now on. */
  threadReplaced: { thread: number; by: number }
  /** A lost thread is not replaced, although it should be. */
  threadNotReplaced: { thread: number; why: string }
  /**
   * A thread has done nothing else for `ms`, in a turn of `actor` where that can be known. Of thread 0 it is told when it goes
   * on again, of the others while they are blocked.
   */
  threadBlocked: { thread: number; ms: number; actor: ActorId | undefined; method: string | undefined }
  /** `heap`, above 0.85: how full a thread's heap is; it gets no new actors while another thread has room. */
  threadFull: { thread: number; heap: number }
  /** A lost thread is in a native call and cannot be ended: it is fenced off. The process cannot end before that call does. */
  threadStuck: { thread: number }
  /** A node of the cluster has come, gone, or is not heard any more; `from` is undefined when it is new. `why`: for people. */
  nodeChanged: { node: string; id: string; from: MemberState | undefined; to: MemberState; why: string }
  /** This node hears more than half of the members again, or for the first time. */
  majority: { heard: number; of: number }
  /** It hears no more than half of the members: others may go on without it, and declare it down. */
  minority: { heard: number; of: number; why: string }
  /** The others have declared this node down, or its hub failed: it is no member any more, and its system closes. */
  expelled: { by: string | undefined; why: string; error: Error }
  /** A node has sent what makes no sense: the connection with it was ended. */
  linkFailed: { node: string; error: Error }
  /** Two nodes that did not see each other had given one name to two actors; this one has lost it. */
  nameLost: { actor: ActorId; name: string; error: unknown }
  log: { actor: ActorId; level: 'info' | 'warn' | 'error'; text: string; data: unknown }
}

/** The dead letters that somebody will miss, and why. */
const missed: Partial<Record<DeadReason, string>> = {
  full: 'its mailbox, or the way to it, is full; wait for ref.ready(), or send less',
  unknown: 'it has no such method',
  unreadable: 'its codec cannot decode them',
}
const MOST_DEAD_LETTERS = 100

/** Prints what a system's program does not listen to. */
export class Printer {
  readonly #deadLetters = new Set<string>()
  readonly #fullVaults = new Set<number>()

  print(event: keyof Events, data: unknown): void {
    if (isOfNodes(event)) return printOfNodes(event, data)
    switch (event) {
      case 'deadLetter':
        return this.#deadLetter(data as DeadLetter)
      case 'fault': {
        const { actor, method, error, decision } = data as Events['fault']
        return console.error(`fault in ${actor}.${method} (${decision}):`, error)
      }
      case 'unhandledRejection': {
        const { actor, thread, error } = data as Events['unhandledRejection']
        const where = actor === undefined ? `on thread ${thread}` : `in ${actor}`
        return console.error(`unhandled rejection ${where}:`, error)
      }
      case 'balanceFailed': {
        const { error } = data as Events['balanceFailed']
        return console.error('balance: the policy failed:', error)
      }
      case 'vaultFull':
        return this.#vaultFull(data as Events['vaultFull'])
      case 'threadLost': {
        const { thread, error } = data as Events['threadLost']
        return console.error(`thread ${thread} has ended:`, error)
      }
      case 'threadNotReplaced': {
        const { thread, why } = data as Events['threadNotReplaced']
        return console.error(`thread ${thread} is not replaced: ${why}`)
      }
      case 'threadBlocked':
        return console.error(blockedLine(data as Events['threadBlocked']))
      case 'threadFull':
        return console.error(fullLine(data as Events['threadFull']))
      case 'threadStuck': {
        const { thread } = data as Events['threadStuck']
        return console.error(`thread ${thread} is in a native call and cannot be ended; nor can the process, before it`)
      }
      case 'log': {
        const { actor, level, text, data: more } = data as Events['log']
        return console.error(`${level} ${actor}: ${text}`, ...(more === undefined ? [] : [more]))
      }
      case 'moveFailed': {
        const { error } = data as Events['moveFailed']
        return console.error('a move failed:', error)
      }
      case 'quarantined': {
        const { actor } = data as Events['quarantined']
        return console.error(`${actor} has ended its thread several times, and is not revived`)
      }
      case 'moved':
      case 'revived':
      case 'restarted':
      case 'spawnFailed':
      case 'threadReplaced':
        return
      default:
        return assertNever(event)
    }
  }

  /** Once for each thread: whoever comes next fares alike. */
  #vaultFull({ actor, thread, bytes }: Events['vaultFull']): void {
    if (this.#fullVaults.has(thread)) return
    this.#fullVaults.add(thread)
    const what = `the vault of thread ${thread} is full (${bytes} bytes)`
    console.error(`${what}: ${actor}, and others for which there is no room, cannot be revived (createSystem: vault)`)
  }

  #deadLetter({ to, method, reason, count }: DeadLetter): void {
    const why = missed[reason]
    const key = `${to} ${method} ${reason}`
    if (why === undefined || this.#deadLetters.has(key) || this.#deadLetters.size >= MOST_DEAD_LETTERS) return
    this.#deadLetters.add(key)
    const which = to === '' ? 'many actors' : `${to}.${method}`
    console.error(`${count === 1 ? 'a dead letter' : `${count} dead letters`} to ${which}: ${why}`)
  }
}

function blockedLine({ thread, ms, actor, method }: Events['threadBlocked']): string {
  return `thread ${thread} has been blocked for ${ms} ms${actor === undefined ? '' : ` by ${actor}.${method}`}`
}
const ofNodes = ['nodeChanged', 'minority', 'majority', 'expelled', 'linkFailed', 'nameLost'] as const
type OfNodes = (typeof ofNodes)[number]
const isOfNodes = (event: keyof Events): event is OfNodes => (ofNodes as readonly string[]).includes(event)
/** What needs somebody's attention: others are there, or have left. */
function printOfNodes(event: OfNodes, data: unknown): void {
  switch (event) {
    case 'majority':
      return
    case 'nodeChanged': {
      const { node, to, why } = data as Events['nodeChanged']
      if (to === 'suspect' || to === 'down') console.error(`node ${node} is ${to}: ${why}`)
      return
    }
    case 'minority': {
      const { heard, of, why } = data as Events['minority']
      return console.error(`this node hears ${heard} of ${of} members: ${why}`)
    }
    case 'expelled': {
      const { why } = data as Events['expelled']
      return console.error(`this node is no member of the cluster any more: ${why}`)
    }
    case 'linkFailed': {
      const { node, error } = data as Events['linkFailed']
      return console.error(`the connection with node ${node} was ended: ${error.message}`)
    }
    case 'nameLost': {
      const { actor, name } = data as Events['nameLost']
      return console.error(`${actor} has lost the name '${name}' to an actor of another node`)
    }
    default:
      return assertNever(event)
  }
}
function fullLine({ thread, heap }: Events['threadFull']): string {
  return `the heap of thread ${thread} is ${Math.round(heap * 100)} % full: it takes no new actors`
}
