// Values of a user's own class, whose codec does what a test wants besides: it may fail.
import { codec } from '@troupe/actors'

export class Price {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
}

const nothing = (): void => {}
/** What the codec does before it packs and unpacks. */
export const before = { pack: nothing, unpack: nothing }
/** It does nothing else again. */
export function reset(): void {
  before.pack = before.unpack = nothing
}
export function cannotUnpack(): never {
  throw new Error('cannot unpack')
}

codec(Price, {
  name: 'channels.Price',
  pack({ cents }) {
    before.pack()
    return cents
  },
  unpack(cents: number) {
    before.unpack()
    return new Price(cents)
  },
})
