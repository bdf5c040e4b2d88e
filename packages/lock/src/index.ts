// @troupe/lock: locks with leases and fencing tokens. Public names only.
export { ALL, Lock, type Request } from './lock.ts'
export { type Asked, type Effect, LockTable, type RefusedBecause, type TableOptions } from './lock-table.ts'
export { snapshotOf, tableOf, type TableSnapshot } from './table-snapshot.ts'
export type { WaitStep } from './wait-cycle.ts'
