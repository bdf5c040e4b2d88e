// How this process's numbers are called in arguments that leave it: threads by their places, protocols by their texts.
//
// Invariant: what is asked of the tables is in them, or may be added: names from another process have been admitted before
// (wire-tables.ts).
import type { Places } from '../core/places.ts'
import type { Symbols } from '../core/platform.ts'
import type { WireNames } from '../core/wire-form.ts'

export function wireNames(places: Places, protocols: Symbols, now: () => number): WireNames {
  return {
    place: thread => places.text(thread),
    thread: place => places.number(place),
    protocol: number => protocols.text(number),
    protocolNumber: text => protocols.intern(text),
    now,
  }
}
