// What can be asked of a behavior, by name (Protocol), and what this thread runs for it (Loaded).
//
// Methods travel as numbers of a table of names that all threads share, never as positions in a handler table: two
// versions of one behavior may order their handlers as they like. A protocol is known from the shared table alone, so a
// ref works on a thread that never loads the behavior's module.
//
// `ref.tell` and `ref.ask` are instances of a class made once for each protocol, with a real method a handler, so that a
// call costs no closure and no Proxy. Only names that the protocol lacks reach a Proxy, at the end of the prototypes.
import type { ActorRef } from './actor-ref.ts'
import type { BehaviorValue, Handler, MailboxOptions, SupervisionOptions } from './behavior-value.ts'
import type { Core } from './core.ts'
import { InvalidCall } from './errors.ts'
import { MANY_ARGUMENTS } from './mailbox.ts'

export interface Method {
  readonly id: number
  readonly name: string
  readonly handler: Handler
  /** Runs beside any waiting turn. */
  readonly interleave: boolean
  /** Runs beside other readonly turns. */
  readonly readonly: boolean
  /** ms its turn may take; undefined is the system's limit. */
  readonly limit: number | undefined
}

type View = new (ref: ActorRef) => object

export class Protocol {
  readonly core: Core
  /** Its number in the shared table. */
  readonly number: number
  readonly name: string
  readonly version: number
  readonly methods: ReadonlyMap<string, number>
  readonly Tells: View
  readonly Asks: View

  constructor(core: Core, number: number, text: string) {
    const { name, version, methods } = JSON.parse(text) as ProtocolData
    this.core = core
    this.number = number
    this.name = name
    this.version = version
    this.methods = new Map(methods.map(method => [method, core.platform.methods.intern(method)]))
    this.Tells = viewClass(this, tellMethod, (ref, method, args) => ref.tellUnknown(method, args))
    this.Asks = viewClass(this, askMethod, (ref, method, args) => ref.askUnknown(method, args))
  }
}

/** What is known of a behavior everywhere: its identity. */
export interface ProtocolData {
  readonly name: string
  readonly version: number
  readonly methods: readonly string[]
}
/** The text by which the threads agree on a protocol. */
export function protocolText({ name, version, handlers }: BehaviorValue): string {
  const data: ProtocolData = { name, version, methods: Object.keys(handlers) }
  return JSON.stringify(data)
}
/** What a protocol's text says, if it is written like that. */
export function protocolIn(text: string): ProtocolData | undefined {
  let data: Partial<ProtocolData> | null
  try {
    data = JSON.parse(text) as Partial<ProtocolData> | null
  } catch {
    return undefined
  }
  if (typeof data !== 'object' || data === null) return undefined
  const { name, version, methods } = data
  if (typeof name !== 'string' || !Number.isSafeInteger(version) || !Array.isArray(methods)) return undefined
  if (!methods.every(method => typeof method === 'string') || new Set(methods).size < methods.length) return undefined
  return JSON.stringify({ name, version, methods }) === text ? (data as ProtocolData) : undefined
}

/** A behavior as one thread runs it: its handlers by method number. */
export class Loaded {
  readonly protocol: Protocol
  readonly behavior: BehaviorValue
  readonly methods: (Method | undefined)[] = []
  readonly capacity: number
  readonly bytes: number
  readonly overflow: NonNullable<MailboxOptions['overflow']>
  readonly supervision: SupervisionOptions
  /** Whether any handler may run beside others, so that messages need a look when they come. */
  readonly interleaves: boolean

  constructor(core: Core, protocol: Protocol, behavior: BehaviorValue) {
    this.protocol = protocol
    this.behavior = behavior
    this.capacity = behavior.mailbox?.capacity ?? core.limits.capacity
    this.bytes = behavior.mailbox?.bytes ?? core.limits.bytes
    this.overflow = behavior.mailbox?.overflow ?? 'refuse'
    this.supervision = behavior.supervision ?? {}
    let interleaves = false
    for (const [name, handler] of Object.entries(behavior.handlers)) {
      const id = core.platform.methods.intern(name)
      const { interleave = false, readonly = false, deadline } = behavior.options?.[name] ?? {}
      interleaves ||= interleave
      this.methods[id] = { id, name, handler, interleave, readonly, limit: deadline }
    }
    this.interleaves = interleaves
  }
}

/** The base of all views: holds the ref where generated methods, and nobody else, can reach it. */
class RefView {
  readonly #ref: ActorRef
  constructor(ref: ActorRef) {
    this.#ref = ref
  }
  static refOf(view: RefView): ActorRef {
    try {
      return view.#ref
    } catch {
      throw new InvalidCall('a method was called without its ref; call it as ref.ask.method(…) or ref.tell.method(…)')
    }
  }
}

const refOf = RefView.refOf

// An array of the arguments is made only where there are several, and by name, as spreading `arguments` costs ten times
// that (measured: a third of a thread that mostly sends).
function tellMethod(method: number) {
  return function (this: RefView, a?: unknown, b?: unknown, c?: unknown): void {
    const count = arguments.length
    if (count < 2) refOf(this).sendTell(method, count, a)
    else refOf(this).sendTell(method, MANY_ARGUMENTS, count === 2 ? [a, b] : count === 3 ? [a, b, c] : [...arguments])
  }
}

function askMethod(method: number, name: string) {
  return function (this: RefView, a?: unknown, b?: unknown, c?: unknown): Promise<unknown> {
    const count = arguments.length
    if (count < 2) return refOf(this).sendAsk(method, name, count, a)
    const all = count === 2 ? [a, b] : count === 3 ? [a, b, c] : [...arguments]
    return refOf(this).sendAsk(method, name, MANY_ARGUMENTS, all)
  }
}

// What programs ask of any object to find out what it is; a ref must not look like a promise or have a JSON of its own.
const notMethods = new Set(['then', 'toJSON', 'asymmetricMatch', '$$typeof', 'nodeType', 'constructor'])

function viewClass(
  protocol: Protocol,
  make: (method: number, name: string) => (this: RefView, argument?: unknown) => unknown,
  unknown: (ref: ActorRef, method: string, args: readonly unknown[]) => unknown,
): View {
  class ProtocolView extends RefView {}
  const methods = ProtocolView.prototype as unknown as Record<string, unknown>
  for (const [name, id] of protocol.methods) methods[name] = make(id, name)
  const rest = new Proxy(Object.create(null) as object, {
    get(_target, name, view) {
      if (typeof name === 'symbol' || notMethods.has(name)) return undefined
      return (...args: unknown[]) => unknown(refOf(view as RefView), name, args)
    },
  })
  Object.setPrototypeOf(methods, rest)
  return ProtocolView
}
