// One run of a simulated log from one seed: a time of faults, then a time without, in which all has to come to an end; and what has to hold of it.
import { judge, register } from '@troupe/actors/testing'
import type { ReadMode } from '@troupe/paxos'
import { Clients } from './clients.ts'
import { type Broken, type Host, Random, Violation, World } from './world.ts'

const FAULTY = 1_500
/** Within so much time after the last fault everything that was under way has ended: 15 election timeouts. */
const CALM = 1_500

export interface RunOptions {
  readonly broken?: Broken
  readonly reads?: ReadMode
  readonly drift?: number
}
export interface Ran {
  readonly operations: number
  readonly slots: number
  readonly epochs: number
  readonly faults: number
}

export function run(seed: number, { broken = {}, reads, drift }: RunOptions = {}): Ran {
  const chance = new Random(seed ^ 0x5bd1e995)
  const mode: ReadMode = reads ?? (chance.chance(0.5) ? 'quorum' : { lease: 80, drift: 0.1 })
  const founders = ['a', 'b', 'c', 'd', 'e'].slice(0, chance.chance(0.6) ? 3 : 5)
  const flexible =
    founders.length === 5 && broken.accept === undefined && chance.chance(0.3) ? { quorums: { accept: 2 } } : {}
  const world = new World({
    seed,
    founders,
    broken,
    drift: drift ?? (mode === 'quorum' ? 0.3 : 0.1),
    options: {
      reads: mode,
      sessions: { most: chance.chance(0.1) ? 2 : 100, idle: chance.chance(0.1) ? 200 : 1e9 },
      ...flexible,
    },
  })
  const clients = new Clients(world, 2)
  const faults = new Faults(world, clients, chance, mode === 'quorum')
  faults.begin()
  world.agenda.runTo(FAULTY)
  faults.end()
  world.agenda.runTo(FAULTY + CALM * 0.7)
  clients.stop()
  world.agenda.runTo(FAULTY + CALM)
  if (clients.busy > 0)
    throw new Violation(`${clients.busy} operations have not ended, ${CALM} ms after the last fault\n${said(world)}`)
  check(world, clients)
  const epochs = Math.max(...[...world.hosts.values()].map(({ replica }) => replica?.status.epoch ?? 0))
  return { operations: clients.history.length, slots: world.chosen - 1, epochs, faults: faults.count }
}

function check(world: World, clients: Clients): void {
  const all = [...world.hosts.values()].filter(host => !host.isGone)
  const furthest = Math.max(...all.map(({ replica }) => replica!.status.decided))
  for (const { name, replica, machine } of all) {
    const { decided } = replica!.status
    if (decided < furthest) throw new Violation(`${name} knows ${decided} slots of ${furthest}\n${said(world)}`)
    const twice = machine.applied.find((uid, at) => machine.applied.indexOf(uid) < at)
    if (twice !== undefined) throw new Violation(`command ${twice} was applied twice`)
    const lost = clients.acknowledged.find(uid => !machine.applied.includes(uid))
    if (lost !== undefined) throw new Violation(`command ${lost} was acknowledged, and is lost to ${name}`)
  }
  const judgement = judge(clients.history, register())
  if (judgement.verdict === 'refused') throw new Violation(judgement.explanation)
}
function said(world: World): string {
  return [...world.hosts.values()].map(({ name, replica }) => `${name}: ${JSON.stringify(replica?.status)}`).join('\n')
}

class Faults {
  readonly #world: World
  readonly #clients: Clients
  readonly #chance: Random
  readonly #mayJump: boolean
  count = 0
  #disksLost = 0
  #isChanging = false
  #voters: string[]
  #news = 0

  constructor(world: World, clients: Clients, chance: Random, mayJump: boolean) {
    this.#world = world
    this.#clients = clients
    this.#chance = chance
    this.#mayJump = mayJump
    this.#voters = [...world.founders]
  }
  begin(): void {
    this.#world.agenda.after(this.#chance.below(150), () => {
      if (!this.#world.isFaulty) return
      this.count++
      this.#one()
      this.begin()
    })
  }
  end(): void {
    const { hosts, cut } = this.#world
    this.#world.isFaulty = false
    cut.clear()
    for (const host of hosts.values()) {
      host.pausedUntil = 0
      if (host.replica === undefined && !host.isGone) host.start()
    }
  }
  get #there(): Host[] {
    return [...this.#world.hosts.values()].filter(host => !host.isGone)
  }
  #one(): void {
    const { agenda, cut } = this.#world
    const host = this.#chance.pick(this.#there)
    const kind = this.#chance.below(20)
    if (kind < 6) this.#crash(host, this.#chance.below(250))
    else if (kind < 8) host.pausedUntil = agenda.now + this.#chance.below(250)
    else if (kind < 10) this.#jump(host)
    else if (kind < 15) this.#partition()
    else if (kind < 17) cut.clear()
    else if (kind < 19) this.#change()
    else this.#loseDisk()
  }
  #crash(host: Host, ms: number): void {
    if (host.replica === undefined) return
    host.crash()
    this.#world.agenda.after(ms, () => {
      if (host.replica === undefined && !host.isGone) host.start()
    })
  }
  #jump(host: Host): void {
    if (this.#mayJump) host.jump(this.#chance.below(1_000) - 500)
  }
  #partition(): void {
    const names = this.#there.map(({ name }) => name)
    const kind = this.#chance.below(4)
    if (kind > 0) this.#world.cut.clear()
    const hub = this.#chance.pick(names)
    const half = new Set(names.filter(() => this.#chance.chance(0.5)))
    for (const [at, a] of names.entries()) {
      for (const b of names.slice(at + 1)) {
        if (
          kind === 0
            ? this.#chance.chance(0.3)
            : kind === 1
              ? a === hub || b === hub
              : kind === 2
                ? half.has(a) !== half.has(b)
                : a !== hub && b !== hub
        )
          this.#world.cutOff(a, b)
      }
    }
  }
  #change(): void {
    if (this.#isChanging) return
    const others = this.#there.map(({ name }) => name).filter(name => !this.#voters.includes(name))
    const voters = [...this.#voters]
    const at = this.#chance.below(voters.length)
    if (this.#chance.chance(0.3) && voters.length > 3) voters.splice(at, 1)
    else voters[at] = this.#chance.chance(0.5) && others.length > 0 ? this.#chance.pick(others) : this.#new()
    this.#vote(voters)
  }
  #new(): string {
    const name = `n${++this.#news}`
    this.#world.add(name)
    return name
  }
  /** A disk is gone for ever; another replica takes the place of the one that it belonged to. One in a run, as three can spare no more. */
  #loseDisk(): void {
    if (this.#isChanging || this.#disksLost > 0) return
    this.#disksLost++
    const host = this.#world.hosts.get(this.#chance.pick(this.#voters))!
    if (host.replica !== undefined) host.crash()
    if (this.#world.broken.oldName === true) {
      this.#world.add(host.name)
      return
    }
    host.isGone = true
    this.#vote(this.#voters.map(name => (name === host.name ? this.#new() : name)))
  }
  #vote(voters: string[]): void {
    this.#isChanging = true
    const { agenda } = this.#world
    this.#clients.reconfigure(voters, agenda.now + 1_000, kind => {
      // who votes now is not known where there was no answer: nothing more is changed in this run
      if (kind !== 'changed') return
      this.#voters = voters
      this.#isChanging = false
    })
  }
}
