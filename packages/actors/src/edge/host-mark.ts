// How code knows that it runs on a thread of Troupe, one that hosts actors or runs functions: by our own mark in
// workerData. `isMainThread` would not do, since users, and test runners, have workers of their own.
//
// A module that is loaded there may be a whole program: its `await createSystem(…)` must never resolve, and whoever loads
// the module must hear that it has come that far.
import { workerData } from 'node:worker_threads'

const MARK = 'troupe:host'

/** What the workerData of such a thread must hold. */
export const hostMark: Readonly<Record<string, boolean>> = { [MARK]: true }

export function isHostThread(): boolean {
  return typeof workerData === 'object' && workerData !== null && (workerData as Record<string, unknown>)[MARK] === true
}

const waiting = new Set<(stack: string) => void>()

/** A promise that never settles, for createSystem on a host thread. */
export function halt(): Promise<never> {
  const stack = new Error().stack ?? ''
  for (const heard of waiting) heard(stack)
  return new Promise(() => {})
}

/**
 * Calls back whenever a module loaded on this thread has come to its createSystem, with the stack that says which;
 * returns how to end that.
 */
export function onHalt(heard: (stack: string) => void): () => void {
  waiting.add(heard)
  return () => waiting.delete(heard)
}
