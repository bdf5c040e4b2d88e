// The kinds of values that mean something to cores, and so travel in a way of their own.
//
// Invariant: in frames they go by their place in this list, which is the same on every thread and every node.
import { refTravel } from './actor-ref.ts'
import { endTravel } from './channel-end.ts'
import { lateReplyTravel } from './late-reply.ts'
import { keyedTravel, routedTravel } from './routed-ref.ts'
import { sealedTravel } from './sealed.ts'
import type { TravelKind } from './sendable.ts'
import { momentTravel, threadNumberTravel } from './thread-number.ts'

export const travelKinds = [
  refTravel,
  lateReplyTravel,
  endTravel,
  threadNumberTravel,
  momentTravel,
  sealedTravel,
  routedTravel,
  keyedTravel,
] as unknown as readonly TravelKind<unknown>[]
