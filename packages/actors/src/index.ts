// The public names of @troupe/actors: all that a program may import from it. What stands here is a contract, and each name
// is documented where it is defined. No file inside the package imports this one, so that what is inside can be read, and
// loaded, without the whole.
export { behavior, thread } from './behavior.ts'
export type {
  AnyBehavior,
  Behavior,
  BehaviorFor,
  Context,
  ContextOf,
  Definition,
  Ended,
  HandlerRules,
  HandlersOf,
  InitOf,
  Later,
  Log,
  MailboxRules,
  OnFault,
  Place,
  Self,
  SpawnArgs,
  SpawnOptions,
  StateOf,
  Supervision,
  Thread,
  Timer,
} from './behavior.ts'
export {
  Aborted,
  ActorFault,
  ActorStopped,
  AskCycle,
  BehaviorUnavailable,
  Expired,
  InvalidCall,
  MailboxFull,
  NameTaken,
  NotSendable,
  Refusal,
  refusal,
  SpawnFailed,
  SystemClosed,
  ThreadLost,
  TroupeError,
  TurnEnded,
  TurnExpired,
  UnknownMethod,
} from './core/errors.ts'
export type { ActorId, Ran, RefusalKind } from './core/errors.ts'
export { codec } from './core/values.ts'
export type { Events } from './events.ts'
export type { AnyRef, AskOptions, Asks, ProtocolOf, Ref, RefOf, ReplyOf, Tells } from './ref.ts'
export { createSystem } from './system.ts'
export type { HandleOf, System, SystemOptions } from './system.ts'
export { wrapper } from './wrapper.ts'
export type { Call } from './wrapper.ts'
