// What the operating system and the debugger know of this thread.
//
// Invariant: nothing here throws; where something cannot be known, that is said.
import { readlinkSync } from 'node:fs'

/** The thread's number to the operating system; 0 where it does not say. */
export function nativeId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1)) || 0
  } catch {
    return 0
  }
}

/** Whether a debugger is attached to the process, or can attach itself. */
export function isInspected(): boolean {
  return process.getBuiltinModule('node:inspector')?.url() !== undefined
}
