// Who waits for what in a simulation: so that a turn that waits for the real world is found, and a deadlock explained.
//
// Every handler, and the simulation's callback, runs in a Scope that the asynchronous context carries through whatever it
// awaits. Each promise that the framework gives out notes itself in the scope that asked for it, until it settles.
// Invariant: a promise is as handled or unhandled as its user leaves it: noting it does not count as handling.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Cell } from '../core/cell.ts'
import type { SimThread } from './sim-thread.ts'

export class Scope {
  /** Undefined for the callback. */
  readonly cell: Cell | undefined
  readonly thread: SimThread
  /** What it waits for, in words. */
  readonly waits = new Set<{ readonly what: string }>()

  constructor(thread: SimThread, cell?: Cell) {
    this.thread = thread
    this.cell = cell
  }
}

const scopes = new AsyncLocalStorage<Scope>()

export function within<T>(scope: Scope, run: () => T): T {
  return scopes.run(scope, run)
}

export function currentScope(): Scope | undefined {
  return scopes.getStore()
}

/** The promise, noted as something simulated that the code which called this waits for. */
export function waiting<T>(what: string, promise: Promise<T>): Promise<T> {
  const scope = scopes.getStore()
  if (scope === undefined) return promise
  const wait = { what }
  scope.waits.add(wait)
  return promise.then(
    value => {
      scope.waits.delete(wait)
      return value
    },
    (error: unknown) => {
      scope.waits.delete(wait)
      throw error
    },
  )
}
