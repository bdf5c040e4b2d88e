// @troupe/lock: locks with leases and fencing tokens. Public names only.
export { type AcquireMore, type Grant, lockServer, type LockServerOptions } from './behavior.ts'
export {
  type AcquireOptions,
  type LockOptions,
  type LockServer,
  mutex,
  type Mutex,
  type PermitOptions,
  type ReadWrite,
  readWrite,
  semaphore,
} from './client.ts'
export type { LockPlatform } from './client-platform.ts'
export { fenced, type Fenced, type Guard, guard, type Pass } from './fenced.ts'
export type { Unfenced } from './guarded-ref.ts'
export type { HeldLock } from './held-lock.ts'
export { ALL, Lock, type Request } from './lock.ts'
export {
  Busy,
  LockCycle,
  LockGivenUp,
  LockLost,
  LockMismatch,
  LockReentered,
  LockRequestInvalid,
  LockTableFull,
  NoToken,
  StaleToken,
  WaitTimeout,
} from './lock-errors.ts'
export type { LockReport, ServerReport } from './lock-report.ts'
export { LockTable, type TableOptions } from './lock-table.ts'
export type { Asked, Effect, RefusedBecause } from './table-events.ts'
export { snapshotOf, tableOf, type TableSnapshot } from './table-snapshot.ts'
export type { WaitStep } from './wait-cycle.ts'
