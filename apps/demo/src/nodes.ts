// The processes that the airports are spread over where `--nodes` asks for several: this one, and children of it, joined by Unix
// sockets.
//
// Invariants: this process is the first node, founds the cluster, and alone prints. None of the others outlives it, even if it is
// killed: each ends when the channel to its parent closes (`node.ts`). The sockets are in a folder of their own, which goes as well.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeOptions, System } from '@troupe/actors'
import { lost } from './losses.ts'
import type { FromNode, NodeTask } from './node.ts'

/** Milliseconds that a node may take to join: many start at once, on few cores. */
const WITHIN = 30_000
/** Milliseconds after which one is killed that has not ended by itself. */
const END_WITHIN = 2_000

export class Nodes implements AsyncDisposable {
  /** Of all, this process first; none where it is the only one, which is no cluster. */
  readonly names: readonly string[]
  readonly #folder: string | undefined
  readonly #children: ReadonlyMap<string, ChildProcess>
  readonly #listeners: ((what: FromNode) => void)[] = []

  /** Starts the others, each with so many threads. */
  constructor(count: number, threads: number) {
    this.names = count === 1 ? [] : Array.from({ length: count }, (_, n) => `node-${n + 1}`)
    const folder = (this.#folder = count === 1 ? undefined : mkdtempSync(join(tmpdir(), 'troupe-demo-')))
    const program = join(import.meta.dirname, 'node.ts')
    const started = this.names.slice(1).map((name): [string, ChildProcess] => {
      const task: NodeTask = { threads, node: this.#options(name), folder: folder! }
      const child = fork(program, [JSON.stringify(task)], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        serialization: 'advanced',
      })
      child.on('message', message => this.#tell(message as FromNode))
      return [name, child]
    })
    this.#children = new Map(started)
  }

  /** What makes this process the first node. */
  get self(): { node?: NodeOptions } {
    return this.names.length === 0 ? {} : { node: this.#options(this.names[0]!) }
  }
  #options(name: string): NodeOptions {
    const address = (of: string): string => `unix:${join(this.#folder!, of)}`
    const first = this.names[0]!
    const others = name === first ? [] : [address(first)]
    return { name, cluster: 'demo', listen: address(name), join: others, within: WITHIN }
  }

  /** The listener hears what the others tell from now on, and that one of them is down. */
  listen(listener: (what: FromNode) => void): void {
    this.#listeners.push(listener)
  }
  #tell(what: FromNode): void {
    for (const listener of this.#listeners) listener(what)
  }

  /** Resolves when all are there; rejects with a refusal when one of them has ended. */
  together(system: System): Promise<void> {
    return new Promise((done, fail) => {
      for (const [name, child] of this.#children) {
        const ended = (): void => fail(lost({ text: `${name} has ended: ${howEnded(child)}` }))
        if (hasEnded(child)) ended()
        else child.once('exit', ended)
      }
      const look = (): void => {
        const up = system.nodes().filter(({ state }) => state === 'up')
        if (up.length >= this.names.length) done()
      }
      system.on('nodeChanged', ({ node, to, why }) => {
        look()
        const text = `${node} is down (${why}); its airports are lost, so start again`
        if (to === 'down') this.#tell({ kind: 'lost', loss: { text } })
      })
      system.on('minority', () => {}) // its nodes are back, or will be down
      system.on('expelled', ({ why }) => {
        this.#tell({ kind: 'lost', loss: { text: `the other nodes go on without this process: ${why}` } })
      })
      look()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children.values()].map(ended))
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const gone = new Promise(done => child.once('exit', done))
  if (child.connected) child.disconnect()
  const late = setTimeout(() => child.kill('SIGKILL'), END_WITHIN)
  await gone
  clearTimeout(late)
}
const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
const howEnded = (child: ChildProcess): string => child.signalCode ?? `exit code ${child.exitCode}`
