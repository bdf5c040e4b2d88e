// @troupe/ring: consistent hashing by itself, without a system. Public names only.
export { ring, type Ring } from './ring.ts'
export { RingError, type RingErrorCode } from './ring-error.ts'
export type { HashName } from './hash.ts'
export type { Key } from './key-bytes.ts'
export type { NodeSpec, RingNode } from './node.ts'
export type { RingOptions } from './options.ts'
export type { Strategy } from './placement.ts'
export type { KeyMove, Move, Plan, RangeMove } from './plan.ts'
