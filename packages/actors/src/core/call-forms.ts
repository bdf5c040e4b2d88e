// What cores say to each other between nodes, as data: which values the arguments of each call hold, and those of frames about
// moves. The gate to other processes checks them (edge/wire-forms.ts), so that a core can take for granted what it decodes.
//
// Invariant: every call that another node may make is here; what is of the user's own is `any`, as it is checked by whoever reads it.

/**
 * `protocol`: a text that names one. `whole`: a number from 0 to 2^53 − 1. `ref`, `thread`, `moment`: instances of kinds (travel-kinds.ts). `none`: undefined. A list
 * has any number of items, `items` these, the last of which may be missing where `least` says so; `fields` are an object's,
 * those that may be missing `none` among others.
 */
export type Form =
  | 'any'
  | 'text'
  | 'protocol'
  | 'flag'
  | 'whole'
  | 'number'
  | 'none'
  | 'ref'
  | 'routed'
  | 'thread'
  | 'moment'
  | 'error'
  | { readonly list: Form }
  | { readonly items: readonly Form[]; readonly least?: number }
  | { readonly fields: Readonly<Record<string, Form>> }
  | { readonly oneOf: readonly string[] }
  | { readonly either: readonly Form[] }
  | (() => Form)

const items = (...forms: Form[]): Form => ({ items: forms })
const list = (form: Form): Form => ({ list: form })
const optional = (form: Form): Form => ({ either: ['none', form] })

/** As far-source.ts names a behavior. */
const named: Form = {
  either: [{ fields: { name: 'text' } }, { fields: { name: 'text', options: list('any'), inner: () => named } }],
}
const behavior = items(named, 'protocol')
const spawn = items(behavior, 'whole', 'whole', 'any', optional('ref'), optional('text'), optional('flag'))
const ended: Form = {
  fields: { actor: 'text', why: { oneOf: ['stopped', 'faulted', 'lost'] }, error: optional('text') },
}
const ofTwo = items('ref', 'ref')

/** By operation, of thread-calls.ts and actor-calls.ts. */
export const callForms: Readonly<Record<string, Form>> = {
  spawn,
  go: spawn,
  knows: items(behavior, 'whole'),
  claim: items('text', 'ref'),
  release: items('text', 'ref'),
  namePassed: items('text', 'ref', 'thread'),
  find: items('text'),
  spoken: items(list('thread'), list('thread')),
  revived: items(list('thread'), list('text')),
  downHeard: items('text', list('thread')),
  goneBefore: items(list('text'), list('thread'), list('thread')),
  stop: items('ref', 'flag'),
  ready: items('ref'),
  move: items('ref', 'thread', 'moment'),
  shift: items('ref', 'thread', 'moment'),
  watch: ofTwo,
  unwatch: ofTwo,
  ended: items('ref', ended),
  childAdopted: ofTwo,
  parented: ofTwo,
  orphaned: ofTwo,
  named: items('ref', 'text'),
  childGone: ofTwo,
  childFault: items('ref', 'error'),
  piped: items('ref', 'whole', 'text', list('any')),
  pipeFailed: items('ref', 'whole', 'text', 'error'),
}

const timer = items('whole', 'text', list('any'), optional('number'), 'moment', 'flag', 'flag')
const watching = items('ref', 'text', list('any'), optional(ended))
const call: Form = { either: [items('whole'), items('ref'), items('text', list('any'))] }
const things: Form = { fields: { timers: list(timer), watching: list(watching), calls: list(call) } }

/** What an actor takes along to another node beside its state (baggage.ts: Rest). */
export const baggageForm: Form = {
  items: [
    ...[behavior, 'none' as const, 'whole' as const, 'whole' as const, 'whole' as const],
    ...[optional('flag'), 'any' as const, optional('ref'), optional('text')],
    ...[optional(list('moment')), optional(list('ref')), optional(list('ref')), optional(things), optional('routed')],
  ],
  least: 5,
}
/** Who has asked the way to an actor that moves. */
export const knowersForm: Form = list('thread')
/** An error, as errors.ts packs it. */
export const errorForm: Form = {
  fields: {
    ...{ kind: { oneOf: ['troupe', 'refusal', 'not-sendable', 'move-failed'] }, code: 'text', message: 'text' },
    ...{ actor: 'text', method: 'text', ran: { oneOf: ['no', 'yes', 'unknown'] } },
    ...{ data: 'any', cause: 'any', stack: optional('text') },
  },
}
