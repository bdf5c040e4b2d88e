// The public names of @troupe/actors: all that a program may import from it. What stands here is a contract, and each name
// is documented where it is defined. No file inside the package imports this one, so that what is inside can be read, and
// loaded, without the whole.
export { behavior } from './behavior.ts'
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
  Self,
  StateOf,
  Supervision,
  Timer,
} from './behavior.ts'
export { balancePolicy } from './core/balance.ts'
export type {
  ActorLoad,
  BalanceMemory,
  BalanceMove,
  BalancePolicy,
  BalancePolicyOptions,
  BalanceView,
  Talk,
  ThreadLoad,
} from './core/balance.ts'
export type { BalanceOptions } from './core/balancing.ts'
export type { Channel, ChannelOptions, Received, Receiver, Sender } from './channel.ts'
export {
  Aborted,
  ActorFault,
  ActorStopped,
  AskCycle,
  BehaviorUnavailable,
  ChannelClosed,
  CheckpointFailed,
  Expired,
  InvalidCall,
  MailboxFull,
  MoveFailed,
  MoveInDoubt,
  NameTaken,
  NodeLost,
  NodeRefused,
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
  UpgradeFailed,
} from './core/errors.ts'
export type { ActorId, Ran, RefusalKind } from './core/errors.ts'
export type { Upgraded, UpgradeOptions } from './core/rollout.ts'
export { codec } from './core/values.ts'
export type { Events } from './events.ts'
export { goroutine } from './goroutine.ts'
export type { GoContext, Goroutine, Start, Task } from './goroutine.ts'
export { composed, hosted, keyed } from './hosted.ts'
export type { HandleOf, Hosted, Keyed, Opener, Router } from './hosted.ts'
export { node, thread } from './hosting.ts'
export type { Hosting, Node, Place, SpawnArgs, SpawnOptions, Spot, Thread } from './hosting.ts'
export type { Drained, Member, MemberState } from './cluster.ts'
export type { NodeOptions } from './node-options.ts'
export { moved } from './moved.ts'
export type { Moved } from './moved.ts'
export { offload } from './offload.ts'
export type { Offload } from './offload.ts'
export type { AnyRef, AskOptions, Asks, ProtocolOf, Ref, RefOf, ReplyOf, Tells } from './ref.ts'
export { after, select, settled, trySelect } from './select.ts'
export type { Case, Won } from './select.ts'
export { createSystem } from './system.ts'
export type { System, SystemOptions } from './system.ts'
export { wrapper } from './wrapper.ts'
export type { Call } from './wrapper.ts'
