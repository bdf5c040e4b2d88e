// Newer code of behaviors, as one thread runs it: what an upgrade (rollout.ts) has brought here.
//
// A behavior is known by its name, its version, and the names of its handlers: its protocol. Whoever sends the source of a
// behavior sends the number of its protocol too, and what is loaded from that source must be the same, or what an upgrade
// has brought in its stead.
// Invariants: a thread never runs other code than was meant; only an upgrade changes what a name means, and then for all
// that begins or arrives there. Nothing is loaded before the upgrade's own modules have been.
import { type BehaviorValue, defined, type Source, source } from './behavior-value.ts'
import type { Core } from './core.ts'
import { BehaviorUnavailable } from './errors.ts'
import { words } from './failures.ts'
import type { Loaded, Protocol } from './protocol.ts'

/** A behavior that an upgrade brings. Plain data, so that threads of later can be told. */
export interface Upgrade {
  readonly name: string
  readonly version: number
  readonly source: Source
}

export class Upgrades {
  readonly #core: Core
  readonly #newest = new Map<string, { readonly upgrade: Upgrade; behavior: BehaviorValue | undefined }>()
  /** Composed behaviors, around what is now inside them. */
  readonly #composed = new WeakMap<BehaviorValue, BehaviorValue>()
  #loading: Promise<void> | undefined = undefined

  constructor(core: Core) {
    this.#core = core
  }

  /** Resolves when the code of all upgrades is there; rejects with why it cannot be loaded. */
  get ready(): Promise<void> {
    return this.#loading ?? Promise.resolve()
  }
  /** From here on this is what their names mean on this thread. */
  begin(upgrades: readonly Upgrade[]): Promise<void> {
    for (const upgrade of upgrades) this.#newest.set(upgrade.name, { upgrade, behavior: undefined })
    const loading = this.#loadAll(upgrades)
    loading.catch(() => {}) // whoever needs the code hears of it
    return (this.#loading = loading)
  }
  async #loadAll(upgrades: readonly Upgrade[]): Promise<void> {
    await Promise.all(upgrades.map(upgrade => this.#load(upgrade)))
    this.#loading = undefined
  }
  async #load({ name, version, source: from }: Upgrade): Promise<void> {
    const behavior = await this.#core.platform.load(from)
    const found = this.#newest.get(name)!
    if (behavior.version !== version) {
      throw new BehaviorUnavailable(
        `'${name}' in ${from.url} is version ${behavior.version} by now; the upgrade began with version ${version}`,
      )
    }
    found.behavior = behavior
  }

  /** What an upgrade has put in its place, if any has. */
  newest<B extends BehaviorValue>(behavior: B): B {
    if (this.#newest.size === 0 || behavior?.[source] === undefined) return behavior
    const from = behavior[source]
    const newer = this.#newest.get(baseOf(from).name)?.behavior
    if (newer === undefined || newer.version < behavior.version) return behavior
    if (!('inner' in from)) return newer as B
    let composed = this.#composed.get(behavior)
    if (composed === undefined) {
      const isNew = baseOf(from).url === newer[source].url
      composed = isNew ? behavior : defined(around(from, newer[source]))!
      this.#composed.set(behavior, composed)
    }
    return composed as B
  }

  /** The module from which an upgrade has brought it, if one has. */
  urlOf(name: string): string | undefined {
    return this.#newest.get(name)?.upgrade.source.url
  }
  /** Whether an upgrade has put something in its place. */
  renews({ behavior }: Loaded): boolean {
    return this.newest(behavior) !== behavior
  }

  /** The behavior of that protocol, where nothing has to be loaded for it; composed ones are not found here. */
  known(known: Protocol): Loaded | undefined {
    if (this.#loading !== undefined || this.#newest.has(known.name)) return undefined
    return this.#core.behaviors.known(known)
  }
  /** The number of a method, where an upgrade has brought one of that name: whoever gets it knows whether it is his. */
  methodNamed(name: string): number | undefined {
    for (const { behavior } of this.#newest.values()) {
      const method = behavior && this.#core.behaviors.load(behavior).protocol.methods.get(name)
      if (method !== undefined) return method
    }
    return undefined
  }

  /** The behavior of that protocol, or what an upgrade has put in its place. Rejects with BehaviorUnavailable. */
  async load(from: Source, known: Protocol): Promise<Loaded> {
    if (this.#loading !== undefined) await this.#loading
    const newer = this.#newest.get(baseOf(from).name)?.upgrade
    const isNewer = newer !== undefined && newer.version >= known.version
    const { platform, behaviors } = this.#core
    const loaded = behaviors.load(await platform.load(isNewer ? around(from, newer.source) : from))
    if (loaded.protocol === known || (isNewer && loaded.protocol.version > known.version)) return loaded
    throw mismatch(from, loaded.protocol, known)
  }

  /** Whether two modules may both define it: one of them is an upgrade. */
  hasBrought({ name, version }: BehaviorValue): boolean {
    return this.#newest.get(name)?.upgrade.version === version
  }
}

/** The state of an actor as its behavior on this thread has it, from what was packed of one of that protocol. */
export function stateFrom({ behavior, protocol }: Loaded, known: Protocol, plain: unknown): unknown {
  if (protocol === known) return behavior.restore === undefined ? plain : behavior.restore(plain)
  const { name, version, upgrade } = behavior
  if (upgrade === undefined)
    throw new UpgradeRefused(`version ${version} of '${name}' has no upgrade(fromVersion, old)`)
  const state = call(upgrade, known.version, plain)
  if (typeof (state as PromiseLike<unknown> | undefined)?.then === 'function')
    throw new UpgradeRefused('upgrade returned a promise; it gives the new state at once')
  return state
}
function call(upgrade: NonNullable<BehaviorValue['upgrade']>, from: number, old: unknown): unknown {
  try {
    return upgrade(from, old)
  } catch (error) {
    throw new UpgradeRefused(`upgrade(${from}, …) threw: ${words(error)}`, { cause: error })
  }
}
/** Why a state cannot become one of the new version. */
export class UpgradeRefused extends Error {}

/** The behavior that wrappers stand around. */
function baseOf(from: Source): Source {
  return 'inner' in from ? baseOf(from.inner) : from
}
/** The same wrappers around another behavior. */
function around(from: Source, base: Source): Source {
  if (!('inner' in from)) return base
  const { url, name, options, inner } = from
  return { url, name, options, inner: around(inner, base) }
}

function mismatch({ url }: Source, found: Protocol, known: Protocol): BehaviorUnavailable {
  const { name, version } = known
  const file = url.startsWith('file:') ? decodeURIComponent(new URL(url).pathname) : url
  if (found.version !== version) {
    return new BehaviorUnavailable(
      `'${name}' in ${file} is version ${found.version}, and version ${version} on other threads: the file has changed; system.upgrade() brings new code to all of them`,
    )
  }
  const lacks = [...known.methods.keys()].filter(method => !found.methods.has(method))
  const has = [...found.methods.keys()].filter(method => !known.methods.has(method))
  const what = [lacks.length > 0 && `lacks ${lacks.join(', ')}`, has.length > 0 && `has ${has.join(', ')} besides`]
  return new BehaviorUnavailable(
    `'${name}' in ${file} ${what.filter(Boolean).join(' and ')}, though its version is ${version} as on other threads: give new code a higher version, and call system.upgrade()`,
  )
}
