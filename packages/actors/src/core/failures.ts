// Makes the errors that users see out of what happened. What a handler threw is the user's own object, which may hold
// anything, so it is copied, or put into words where it cannot travel.
//
// Invariants: an error that reaches a user names the actor, the method and whether the handler ran; making one never throws.
import type { Address } from './address.ts'
import type { Chain } from './ask.ts'
import type { Core } from './core.ts'
import type { Undelivered } from './dead-letters.ts'
import { assertNever } from './platform.ts'
import {
  ActorFault,
  ActorStopped,
  AskCycle,
  type ErrorAbout,
  Expired,
  MailboxFull,
  MoveInDoubt,
  NotSendable,
  type Ran,
  Refusal,
  SystemClosed,
  TroupeError,
  UnknownMethod,
} from './errors.ts'

type ErrorMaker = new (message: string, about?: ErrorAbout) => TroupeError

export class Failures {
  readonly #core: Core
  constructor(core: Core) {
    this.#core = core
  }

  /** An error that can go anywhere: a copy, or its words. */
  portable(error: unknown): unknown {
    try {
      return this.#core.copyFor(error, this.#core)
    } catch {
      return new Error(words(error))
    }
  }
  /** The same, as an error of ours. */
  own(error: unknown): TroupeError {
    const portable = this.portable(error)
    if (portable instanceof TroupeError) return portable
    return new ActorFault(words(error), { ran: 'unknown', cause: portable })
  }

  make(Made: ErrorMaker, what: string, cause: unknown, { id }: Address, method: string, ran: Ran): TroupeError {
    return new Made(`${what}: ${words(cause)}`, { actor: id, method, ran, cause: this.portable(cause) })
  }
  /** A handler threw something that is no Refusal. */
  fault(error: unknown, address: Address, method: string): TroupeError {
    if (error instanceof ActorFault && error.actor === address.id) return error
    return this.make(
      ActorFault,
      method === '' ? address.id : `${address.id}.${method} threw`,
      error,
      address,
      method,
      'yes',
    )
  }
  /** A handler threw a Refusal: the first actor it passes through is its actor. */
  refusal(error: Refusal, { id }: Address, method: string): TroupeError {
    if (error.actor !== '') return this.own(error)
    const { code, message, cause } = error
    const about = {
      message,
      actor: id,
      method,
      ran: 'yes' as const,
      cause: cause === undefined ? undefined : this.portable(cause),
    }
    try {
      return new Refusal(code, this.#core.copyFor(error.data, this.#core), about)
    } catch (failure) {
      return this.unsendable(failure, `the data of Refusal('${code}')`, id, method, 'yes')
    }
  }
  unsendable(error: unknown, root: string, actor: Address['id'], method: string, ran: Ran): TroupeError {
    if (error instanceof NotSendable) return new NotSendable(error.path, error.what, { root, actor, method, ran })
    if (error instanceof TroupeError) return error
    return new ActorFault(`${root}: ${words(error)}`, { actor, method, ran })
  }
  /** What an asker is told of a message that became a dead letter. */
  undelivered(to: Address, method: string, reason: Undelivered, ran: Ran = 'no'): TroupeError {
    const { id } = to
    const about = { actor: id, method, ran }
    switch (reason) {
      case 'stopped':
        return new ActorStopped(`${id}.${method}: the actor has stopped`, about)
      case 'expired':
        return new Expired(`${id}.${method}: the deadline had passed before its turn came`, about)
      case 'full': {
        const text = `${id}.${method}: its mailbox, or the way to it, is full; wait for ref.ready(), or send less`
        return new MailboxFull(text, about)
      }
      case 'unknown':
        return this.unknownMethod(to, method)
      case 'unreadable':
        return new NotSendable('', 'something that its codec cannot decode', {
          ...about,
          root: `${id}.${method}: arguments`,
        })
      case 'doubt': {
        const text = `${id}.${method}: it was to move to ${this.#core.places.words(this.#core.routes.placeOf(to))}, which cannot be reached; whether it has arrived is not known yet`
        return new MoveInDoubt(text, about)
      }
      case 'lost':
        if (this.#core.closing) return new SystemClosed(`${id}.${method}: the system is closed`, about)
        return this.#core.nodes.lossOf(this.#core.routes.placeOf(to), what => `${id}.${method}: ${what}`, about)
      default:
        return assertNever(reason)
    }
  }
  /** What came back for an ask cannot be made again here. */
  unreadable({ id }: Address, method: string, error: unknown): TroupeError {
    const root = `${id}.${method}: the reply`
    const about = { root, actor: id, method, ran: 'unknown' as const, cause: this.portable(error) }
    return new NotSendable('', 'something that its codec cannot decode here', about)
  }
  unknownMethod({ id, protocol }: Address, method: string): TroupeError {
    const known = [...protocol.methods.keys()].join(', ') || 'none'
    return new UnknownMethod(`${id} has no method '${method}'; it has: ${known}`, { actor: id, method })
  }
  /** The chain, innermost first, comes back to an actor that is in it. */
  cycle(address: Address, method: string, chain: Chain): TroupeError {
    const steps = [`${address.id}.${method}`]
    for (let entry: Chain | undefined = chain; entry !== undefined; entry = entry.outer) {
      steps.unshift(`${entry.actor.id}.${entry.method}`)
      if (entry.actor.equals(address)) break
    }
    const text = `this ask would wait on itself: ${steps.join(' → ')}; tell instead of ask somewhere, or make a handler interleave`
    return new AskCycle(text, { actor: address.id, method })
  }
}

/** What an error says, whatever it is. */
export function words(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'something without words'
  }
}
