// @troupe/lock: locks with leases and fencing tokens. Public names only.
export { ALL, Lock, type Request } from './lock.ts'
export { LockTable, type TableOptions } from './lock-table.ts'
export type { Asked, Effect, RefusedBecause } from './table-events.ts'
export { snapshotOf, tableOf, type TableSnapshot } from './table-snapshot.ts'
export type { WaitStep } from './wait-cycle.ts'
