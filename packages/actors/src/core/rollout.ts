// New code for a running system, from the first thread's side: `system.upgrade(module)`.
//
// Thread by thread: a fresh one begins beside the old one, with the new module; when that has loaded, it takes the old one's
// place, and the old one is emptied (evacuation.ts). The first thread comes last, and in place, as nobody can take its own.
// Invariants: one upgrade at a time. Whatever happens every actor is alive, with the old code or the new one, and each line
// of threads knows which code it has, so a thread that takes a lost one's place begins with it. What fails ends the
// roll-out where it is; the next one goes on from there.
import { type BehaviorValue, checkParts, inWords, source } from './behavior-value.ts'
import type { Core } from './core.ts'
import { InvalidCall, SystemClosed, UpgradeFailed } from './errors.ts'
import { Evacuation, type EvacuationLimits } from './evacuation.ts'
import { words } from './failures.ts'
import { type ProtocolData, protocolText } from './protocol.ts'
import type { Upgrade } from './upgrades.ts'

const DEADLINE = 60_000
const GOROUTINES = 5_000

/** The host threads, by what users call them: lines. */
export interface Lines {
  readonly lines: readonly number[]
  /** Starts a fresh thread for a line; resolves with its number when it is there. Rejects with why it cannot be. */
  start(line: number, upgrades: readonly Upgrade[]): Promise<number>
  /** From here on it is what the line's number means; gives those before it, which are to be emptied. */
  adopt(line: number, thread: number): Promise<readonly number[]>
  /** A thread that was started is not needed after all. */
  drop(thread: number): void
}

export interface UpgradeOptions {
  /** ms within which each thread's actors must have left it; 60,000. */
  deadline?: number
  /** ms for which goroutines may go on after their signals have been aborted; 5,000. */
  goroutines?: number
}
export interface Upgraded {
  readonly behaviors: readonly { readonly name: string; readonly from: number | undefined; readonly to: number }[]
  /** How many actors have moved to fresh threads, or got newer code in place. */
  readonly actors: number
}

/** The upgrades of a system, one after the other. */
export class Rollout {
  readonly #core: Core
  readonly #lines: Lines
  #last: Promise<unknown> = Promise.resolve()

  constructor(core: Core, lines: Lines) {
    this.#core = core
    this.#lines = lines
  }

  upgrade(module: unknown, options: unknown = {}): Promise<Upgraded> {
    const url = urlOf(module)
    const limits = checkedOptions(options)
    const done = this.#last.then(() => rollOut(this.#core, url, this.#lines, limits))
    this.#last = done.catch(() => {})
    return done
  }
}

function urlOf(module: unknown): string {
  const url = module instanceof URL ? module.href : module
  if (typeof url === 'string' && URL.canParse(url)) return url
  throw new InvalidCall(
    `upgrade: ${inWords(module)} is no URL of a module; pass new URL('./counter-2.ts', import.meta.url)`,
  )
}
function checkedOptions(options: unknown): Required<UpgradeOptions> {
  checkParts('upgrade', options as object, ['deadline', 'goroutines'] satisfies (keyof UpgradeOptions)[])
  const { deadline = DEADLINE, goroutines = GOROUTINES } = options as UpgradeOptions
  for (const [name, ms] of Object.entries({ deadline, goroutines })) {
    if (typeof ms !== 'number' || !(ms >= 0)) {
      throw new InvalidCall(`upgrade: ${name} is ${inWords(ms)}; it is a number of ms`)
    }
  }
  return { deadline, goroutines }
}

async function rollOut(core: Core, url: string, lines: Lines, options: Required<UpgradeOptions>): Promise<Upgraded> {
  if (core.closing) throw new SystemClosed('upgrade: the system is closed')
  const behaviors = await core.platform.module!(url)
  if (behaviors.length === 0) throw new InvalidCall(`upgrade: ${url} makes no behavior at module level`)
  const upgraded = behaviors.map(behavior => ({
    name: behavior.name,
    from: seen(core, behavior),
    to: behavior.version,
  }))
  const upgrades = behaviors.map(({ name, version, [source]: from }): Upgrade => ({ name, version, source: from }))
  const limits = (): EvacuationLimits => {
    const now = core.platform.now()
    return { until: now + options.deadline, goroutinesUntil: now + options.goroutines }
  }
  let actors = 0
  for (const line of lines.lines) actors += await inTheNameOf(line, () => renew(core, line, lines, upgrades, limits))
  await core.upgrades.begin(upgrades)
  actors += await inTheNameOf(0, () => new Evacuation(core, limits()).run())
  return { behaviors: upgraded, actors }
}

/** Gives a line a fresh thread, and moves there what is on those before; resolves with how many actors. */
async function renew(
  core: Core,
  line: number,
  lines: Lines,
  upgrades: readonly Upgrade[],
  limits: () => EvacuationLimits,
): Promise<number> {
  const thread = await lines.start(line, upgrades)
  try {
    await core.calls.ask(thread, 'upgraded', undefined)
  } catch (error) {
    lines.drop(thread)
    throw error
  }
  const old = await lines.adopt(line, thread)
  const emptied = await Promise.all(old.map(one => empty(core, one, limits())))
  return emptied.reduce((sum, moved) => sum + moved, 0)
}
async function empty(core: Core, thread: number, limits: EvacuationLimits): Promise<number> {
  try {
    return (await core.calls.ask(thread, 'evacuate', [limits])) as number
  } catch (error) {
    // it is lost, so its successor revives its actors, with the new code
    if (core.hasLost(thread) && !core.closing) return 0
    throw error
  }
}

async function inTheNameOf<T>(thread: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof SystemClosed) throw error
    const text = `upgrade: stopped at thread ${thread}: ${words(error)}`
    throw new UpgradeFailed(text, { cause: error })
  }
}

/** The version that the system has had until now, if any. Throws InvalidCall where the new one cannot follow it. */
function seen({ platform: { protocols } }: Core, behavior: BehaviorValue): number | undefined {
  const { name, version } = behavior
  const text = protocolText(behavior)
  let highest: number | undefined
  for (let number = 0; number < protocols.length; number++) {
    const known = protocols.text(number)
    const data = JSON.parse(known) as ProtocolData
    if (data.name !== name || known === text) continue
    if (data.version > version) {
      throw new InvalidCall(
        `upgrade: '${name}' is version ${version} in the new module, and ${data.version} has been there: give it a higher version`,
      )
    }
    if (data.version === version) {
      throw new InvalidCall(
        `upgrade: '${name}' has other handlers in the new module than before, and the same version ${version}: give it a higher one`,
      )
    }
    highest = Math.max(highest ?? 0, data.version)
  }
  return highest
}
