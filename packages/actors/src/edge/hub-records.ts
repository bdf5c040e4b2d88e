// What two hubs say to each other, in the records of a link: kinds, and those that are not frames, as JSON.
//
// Invariants: all of a record is checked before any of it counts; whatever makes no sense is a BadFrame, which ends the link.
// Records keep their order with the frames between them: so a thread's end comes behind all that it has sent.
import { HUB } from '../core/places.ts'
import { BadFrame } from './bad-frame.ts'

/** Texts that the numbers in later frames stand for (wire-tables.ts). */
export const TABLE = 1
/** Frames, each with one word behind it: the thread that it is for, the thread that it is from, and SYSTEM_BIT. */
export const FRAMES = 2
/** Threads of the sender's that are gone, and who follows them. */
export const THREADS = 3
/** No more user frames for a thread of the sender's, or some again. */
export const FLOW = 4

/** A thread that is gone; `heir`: who follows it, -1 nobody, 0 not known yet; a text for a thread of any node. */
export type GoneThread = readonly [thread: number, inOrder: boolean, heir: number | string]
export type Flow = readonly [thread: number, stopped: boolean]

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function packRecord(record: readonly GoneThread[] | Flow): Uint8Array {
  return encoder.encode(JSON.stringify(record))
}
export function goneThreads(bytes: Uint8Array): GoneThread[] {
  const list = parsed(bytes)
  const right = Array.isArray(list) && list.length < HUB && list.every(isGoneThread)
  if (!right) throw new BadFrame('a THREADS record that is none', 0)
  return list
}
export function flow(bytes: Uint8Array): Flow {
  const record = parsed(bytes)
  if (!Array.isArray(record) || record.length !== 2 || !isThread(record[0]) || typeof record[1] !== 'boolean') {
    throw new BadFrame('a FLOW record that is none', 0)
  }
  return record as unknown as Flow
}

const isThread = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < HUB
function isGoneThread(one: unknown): one is GoneThread {
  if (!Array.isArray(one) || one.length !== 3) return false
  const [thread, inOrder, heir] = one as unknown[]
  const isHeir = heir === -1 || typeof heir === 'string' || isThread(heir)
  return isThread(thread) && typeof inOrder === 'boolean' && isHeir
}
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}
