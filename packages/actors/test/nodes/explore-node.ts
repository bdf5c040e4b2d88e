// One node of an exploration: real core, hub, codec and frames, which take one input after the other and come to rest in between.
//
// Invariant: what it does depends on its inputs alone. So a node's state is the row of inputs that it has had, and can be made again
// from them; two nodes with the same row are the same.
import type { Cell } from '../../src/core/cell.ts'
import type { NodeId } from '../../src/core/link-errors.ts'
import type { TakeRecord } from '../../src/core/link-outgoing.ts'
import { defaultLimits } from '../../src/core/platform.ts'
import type { HubLink } from '../../src/edge/hub.ts'
import { TABLE } from '../../src/edge/hub-records.ts'
import { Course } from '../../src/testing/course.ts'
import { SimHub } from '../../src/testing/sim-hub.ts'
import { World } from '../../src/testing/world.ts'

/** ms of virtual time in which a node comes to rest: no timer of the core is as short. */
const REST = 4

/** What a node has said to another: one frame, and the tables that it needs. */
export type Sent = readonly (readonly [kind: number, bytes: Uint8Array])[]

class Way implements HubLink {
  readonly id: NodeId
  readonly full = false
  readonly pending = 0
  readonly sent: [number, Uint8Array][][] = []
  /** So many of them have been acknowledged. */
  acknowledged = 0

  constructor(id: NodeId) {
    this.id = id
  }
  send(kind: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    const record: [number, Uint8Array] = [kind, bytes.slice(start, end)]
    const last = this.sent.at(-1)
    // tables go with what comes behind them
    if (last !== undefined && last.every(([known]) => known === TABLE)) last.push(record)
    else this.sent.push([record])
  }
  join(kind: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.send(kind, bytes, start, end)
  }
  flush(): void {}
  forsake(take: TakeRecord): void {
    for (const records of this.sent.slice(this.acknowledged)) {
      for (const [kind, bytes] of records) take(kind, bytes, 0, bytes.length)
    }
  }
}

export class ExploredNode {
  readonly id: string
  readonly course: Course
  readonly world: World
  readonly hub: SimHub
  readonly ways = new Map<string, Way>()
  deadLetters = 0

  constructor(id: string, others: readonly string[]) {
    this.id = id
    this.course = new Course({ seed: 1, steps: 100_000, heard: () => true })
    const places = others.map(other => `${other}/0`)
    this.world = new World(this.course, {
      count: 1,
      limits: defaultLimits,
      latency: 0,
      emit: event => void (event === 'deadLetter' && this.deadLetters++),
      node: { id, ahead: 0, first: { methods: [], protocols: [], places } },
    })
    this.hub = new SimHub(this.world)
    this.course.addStepper(this.hub)
    for (const other of others) {
      const way = new Way(other as NodeId)
      this.ways.set(other, way)
      this.hub.hub.attached(way)
    }
  }

  /** Does something, and lets all come to rest; or time pass. */
  async take(input: () => unknown, ms = REST): Promise<void> {
    await this.course.go(async () => {
      input()
      this.hub.hub.flush()
      await this.course.sleep(ms)
    })
  }
  receive(from: string, sent: Sent): void {
    for (const [kind, bytes] of sent) {
      const own = bytes.slice() // it is translated where it is
      this.hub.hub.record(this.ways.get(from)!, kind, own, 0, own.length)
    }
  }
  sees(other: string, state: 'up' | 'suspect'): void {
    this.hub.hub.tellAll('node', [{ id: other, state, threads: [[0, 0]], behaviors: [] }])
  }
  loses(other: string, acknowledged: number): void {
    this.ways.get(other)!.acknowledged = acknowledged
    this.hub.hub.end(other, 'it was not heard')
  }

  get core() {
    return this.world.threads[0]!.core
  }
  /** All copies of actors that it has, live or not. */
  get cells(): Cell[] {
    const { directory, routes } = this.core
    const kept = [...routes.stands()].flatMap(({ cell }) => (cell === undefined ? [] : [cell]))
    return [...new Set([...directory, ...kept])]
  }
}
