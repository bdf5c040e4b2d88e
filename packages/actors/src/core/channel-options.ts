// What a channel is made with.
//
// Invariant: capacity is a whole number, 0 or more; whatever else is passed is refused where the channel is made.
import { checkParts, inWords } from './behavior-value.ts'
import { InvalidCall } from './errors.ts'

export type ChannelOverflow = 'wait' | 'dropOldest' | 'dropNewest'
export const OVERFLOWS: readonly ChannelOverflow[] = ['wait', 'dropOldest', 'dropNewest']

export interface ChannelOptions {
  capacity?: number
  overflow?: ChannelOverflow
}
/** Throws InvalidCall where the options make no sense. */
export function checkedChannel(options: ChannelOptions): Required<ChannelOptions> {
  checkParts('channel', options, ['capacity', 'overflow'])
  const { capacity = 0, overflow = 'wait' } = options
  if (!(Number.isInteger(capacity) && capacity >= 0)) {
    throw new InvalidCall(`channel: capacity is ${inWords(capacity)}; it is a whole number of values, 0 for none`)
  }
  if (!OVERFLOWS.includes(overflow)) {
    throw new InvalidCall(`channel: overflow is ${inWords(overflow)}; it is one of ${OVERFLOWS.join(', ')}`)
  }
  return { capacity, overflow }
}
