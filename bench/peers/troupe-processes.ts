// Ours, in the subject "processes": the calling process is node a, and the actors are on node b, another process.
//
// Both have one thread for actors, the first, and their hub.

import { setTimeout as sleep } from 'node:timers/promises'
import { createSystem, node, type NodeOptions, type Ref, type System } from '@troupe/actors'
import { inFlight, oneAtATime, oneWay, scaled, type Figures, type Plan, type Trials } from '../measure.ts'
import { halfAndMost, pauses } from '../pausing.ts'
import { rowsIn } from '../rows.ts'
import { certificates, folder, freePort, longer, ONE_AT_A_TIME, start } from './processes.ts'
import { counting } from './troupe.actors.ts'
import { mover } from './troupe.movers.ts'

const BURST = 4096
const PATIENCE = 30_000
/** Links whose memory is measured together, and those that are there before: what comes with the first ones is the node's. */
const LINKS = 12
const EARLIER = 8

const at = folder()
const cluster = 'bench'
const options = (name: string, rest?: Partial<NodeOptions>): NodeOptions => {
  return { name, cluster, listen: `unix:${at}/${name}.sock`, within: 60_000, ...rest }
}
const joining = (name: string): NodeOptions => options(name, { join: [`unix:${at}/a.sock`] })
const others = (...nodes: NodeOptions[]) => start('./troupe-processes.node.ts', JSON.stringify(nodes))

async function open(): Promise<System> {
  const system = await createSystem({ threads: 0, askDeadline: PATIENCE, node: options('a') })
  await others(joining('b'))
  return system
}
async function far(): Promise<Ref<typeof counting>> {
  return (await open()).spawn(counting, 0, { on: node('b') })
}

async function moving(plan: Plan, bytes: number, moves: number): Promise<Figures> {
  const system = await open()
  const own: number[] = []
  system.on('moved', ({ ms }) => void own.push(ms * 1000))
  const ref = await system.spawn(mover, rowsIn(bytes))
  let there = false
  const figures = await pauses(plan, moves, {
    call: n => ref.ask.add(n),
    move() {
      there = !there
      return ref.move(node(there ? 'b' : 'a'))
    },
    where: () => ref.ask.where(),
  })
  // every other move is told of by the other process
  return { ...figures, ...halfAndMost('own', own.slice(-scaled(plan, moves / 2, 2))) }
}

/** Addresses and options of a cluster over mutual TLS: its first node, and those that join it. */
async function secure(): Promise<{ first: NodeOptions; next: (name: string) => NodeOptions }> {
  const tls = { ...certificates(), serverName: 'localhost' }
  const address = `tcp://127.0.0.1:${await freePort()}`
  const common = { cluster: 'secure', tls }
  return {
    first: options('a', { ...common, listen: address }),
    next: name => options(name, { ...common, listen: 'tcp://127.0.0.1:0', join: [address] }),
  }
}

/** ms until a node is a member: one that founds its cluster, and others that join it. */
async function join(): Promise<Figures> {
  const timed = async (node: NodeOptions): Promise<number> => {
    const begun = performance.now()
    const system = await createSystem({ threads: 0, node })
    const ms = performance.now() - begun
    await system.close()
    return ms
  }
  const alone = await timed(options('alone', { cluster: 'another' }))
  await others(options('a'))
  const unix = await timed(joining('b'))
  const { first, next } = await secure()
  await others(first)
  return { alone, unix, tls: await timed(next('b')) }
}

function collect(): void {
  if (typeof gc !== 'function') throw new Error('needs --expose-gc')
  gc()
}
/** Of many nodes that do nothing but be there, all of them in one other process. */
async function link(plan: Plan, node: NodeOptions, next: (name: string) => NodeOptions): Promise<Figures> {
  const [earlier, links] = [scaled(plan, EARLIER, 1), scaled(plan, LINKS, 2)]
  const system = await createSystem({ threads: 0, node })
  const withMore = async (from: number, count: number): Promise<number> => {
    await others(...Array.from({ length: count }, (_, n) => next(`n${from + n}`)))
    // until links that are not used have given back what they can
    await sleep(plan.budget * 60)
    collect()
    return process.memoryUsage.rss()
  }
  const before = await withMore(0, earlier)
  const after = await withMore(earlier, links)
  const expected = earlier + links + 1
  if (system.nodes().length !== expected) throw new Error(`${system.nodes().length} nodes, not ${expected}`)
  return { link: (after - before) / 1024 / links }
}

export const trials: Trials = {
  'process-tell': async plan => {
    const ref = await far()
    return oneWay(longer(plan), BURST, { send: n => ref.tell.number(n), counted: () => ref.ask.count() })
  },
  'process-tell-object': async plan => {
    const ref = await far()
    return oneWay(longer(plan), BURST, {
      send: n => ref.tell.object({ kind: 'add', n }),
      counted: () => ref.ask.count(),
    })
  },
  'process-ask': async plan => {
    const ref = await far()
    return oneAtATime(longer(plan, ONE_AT_A_TIME), n => ref.ask.add(n))
  },
  'process-asks': async plan => {
    const ref = await far()
    return inFlight(longer(plan), 512, n => ref.ask.add(n))
  },
  'process-move-1kB': plan => moving(plan, 1_000, 500),
  'process-move-64kB': plan => moving(plan, 64_000, 200),
  'process-join': join,
  'process-link': plan => link(plan, options('a'), joining),
  'process-link-tls': async plan => {
    const { first, next } = await secure()
    return link(plan, first, next)
  },
}
