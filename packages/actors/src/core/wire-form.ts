// How what a kind packs (sendable.ts) is said between processes. Within one, a thread or a protocol is a number; no other
// process knows it, so there it is a text. A form names, item by item, what the packed value holds, so that it can be
// turned into the one and the other without making an instance, and checked by who must not trust it (edge/wire-scan.ts).
//
// Invariant: both forms hold the same number of objects, none or one array, as marks refer to objects by number.
import { birthOf, keyOf, serialOf } from './channel-frame.ts'
import { assertNever } from './platform.ts'

/**
 * protocol, place, channel and moment stand for numbers of this process: a behavior's protocol, a thread, a channel's key (two
 * items between processes), a time of its clock (what is left until then). `place or none` may be -1. `body`: bytes that are
 * a value of the wire dialect themselves, with no others in it. The rest stays as it is.
 */
export type WireField =
  | 'protocol'
  | 'place'
  | 'place or none'
  | 'channel'
  | 'moment'
  | 'body'
  | 'text'
  | { readonly least: number; readonly most: number }
  | { readonly oneOf: readonly string[] }

/** One field where a kind packs its instances into one, else the items of an array; `each`: what comes again and again behind the first. */
export type WireForm = WireField | readonly WireField[] | Repeated
interface Repeated {
  readonly first: readonly WireField[]
  readonly each: readonly WireField[]
}

/** The fields of an array of so many items as another process has it; undefined where it cannot have so many. */
export function fieldsOf(form: readonly WireField[] | Repeated, items: number): readonly WireField[] | undefined {
  if (!('each' in form)) {
    const wanted = form.length + form.filter(field => field === 'channel').length
    return items === wanted ? form : undefined
  }
  const { first, each } = form
  const times = (items - first.length) / each.length
  if (!Number.isInteger(times) || times < 1) return undefined
  return [...first, ...Array.from({ length: times }, () => each).flat()]
}

/** What the numbers of this process are called elsewhere. */
export interface WireNames {
  place(thread: number): string
  thread(place: string): number
  protocol(number: number): string
  protocolNumber(text: string): number
  /** ms of this process's clock */
  now(): number
}

/** `plain`, as `pack` gave it, for another process. */
export function toWire(form: WireForm, plain: unknown, names: WireNames): unknown {
  if (!isList(form)) return said(form, plain, names)
  const wire: unknown[] = []
  const given = plain as unknown[]
  const fields = 'each' in form ? fieldsOf(form, given.length)! : form
  for (const [at, field] of fields.entries()) {
    const item = given[at]
    if (field === 'channel') wire.push(names.place(birthOf(item as number)), serialOf(item as number))
    else wire.push(said(field, item, names))
  }
  return wire
}

/** What `unpack` takes, of what another process has sent in this form. */
export function fromWire(form: WireForm, wire: unknown, names: WireNames): unknown {
  if (!isList(form)) return understood(form, wire, names)
  const plain: unknown[] = []
  const items = wire as unknown[]
  let at = 0
  for (const field of fieldsOf(form, items.length)!) {
    if (field === 'channel') plain.push(keyOf(names.thread(items[at++] as string), items[at++] as number))
    else plain.push(understood(field, items[at++], names))
  }
  return plain
}

function said(field: WireField, item: unknown, names: WireNames): unknown {
  if (typeof field === 'object') return item
  const number = item as number
  switch (field) {
    case 'protocol':
      return names.protocol(number)
    case 'place':
      return names.place(number)
    case 'place or none':
      return number < 0 ? null : names.place(number)
    case 'moment':
      return number - names.now()
    case 'body':
    case 'text':
      return item
    case 'channel':
      throw new TypeError('a channel takes two items, and so an array')
  }
  return assertNever(field)
}

function understood(field: WireField, item: unknown, names: WireNames): unknown {
  if (typeof field === 'object') return item
  switch (field) {
    case 'protocol':
      return names.protocolNumber(item as string)
    case 'place':
      return names.thread(item as string)
    case 'place or none':
      return item === null ? -1 : names.thread(item as string)
    case 'moment':
      return (item as number) + names.now()
    case 'body':
    case 'text':
      return item
    case 'channel':
      throw new TypeError('a channel takes two items, and so an array')
  }
  return assertNever(field)
}

export function isList(form: WireForm): form is readonly WireField[] | Repeated {
  return Array.isArray(form) || (typeof form === 'object' && 'each' in form)
}
