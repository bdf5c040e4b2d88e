// The processes of `pnpm chaos nodes`: started, killed, stopped, told to leave, and started anew.
//
// Invariants: a name has one process at a time; one that ends for whatever reason is started again, under the same name, as another
// node; one that ends for no reason is a fault. None outlives `end`, whatever state it is in.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeOptions } from '@troupe/actors'

/** A pause is shorter than the others wait for a node, a stop is longer. */
export type Outage = 'kill' | 'pause' | 'stop' | 'leave'
/** Exit codes of those that the others have declared down, or that have left. */
export const [EXPELLED, LEFT] = [3, 4]

export class Processes {
  readonly counts = { started: 0, killed: 0, expelled: 0, left: 0 }
  readonly faults: string[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'troupe-chaos-'))
  readonly #all = new Map<string, ChildProcess>()
  /** Those that are members, and what has been done to them. */
  readonly #struck = new Map<ChildProcess, Set<Outage>>()
  #over = false

  /** Of a node; the first founds the cluster, which the others join. */
  options(name: string, first: string): NodeOptions {
    const address = (of: string): string => `unix:${join(this.#folder, `${of}.sock`)}`
    const seeds = name === first ? [] : [address(first)]
    return { name, cluster: 'chaos', listen: address(name), join: seeds, within: 60_000 }
  }

  /** Resolves when it is a member. */
  start(name: string, first: string): Promise<void> {
    const child = fork(join(import.meta.dirname, 'node.ts'), [JSON.stringify(this.options(name, first))], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#all.set(name, child)
    this.counts.started++
    child.once('exit', (code, signal) => {
      if (this.#over) return
      this.#note(name, child, code, signal)
      void this.start(name, first)
    })
    return new Promise(done => {
      child.on('message', message => {
        if (message !== 'ready') return void this.faults.push(`${name}: ${JSON.stringify(message)}`)
        this.#struck.set(child, new Set())
        done()
      })
    })
  }
  #note(name: string, child: ChildProcess, code: number | null, signal: string | null): void {
    const struck = this.#struck.get(child)
    this.#struck.delete(child)
    if (signal === 'SIGKILL' && struck?.has('kill')) this.counts.killed++
    else if (code === EXPELLED && struck?.has('stop')) this.counts.expelled++
    else if (code === LEFT) this.counts.left++
    else {
      const what = struck === undefined ? 'before it was ready' : `after ${[...struck].join(', ') || 'nothing'}`
      this.faults.push(`${name} has ended (${signal ?? `exit code ${code}`}), ${what}`)
    }
  }

  /** Does it to a node, if that is a member and is not leaving; `ms`: for how long it is to stand still. */
  strike(name: string, how: Outage, ms: number): boolean {
    const child = this.#all.get(name)!
    const struck = this.#struck.get(child)
    if (struck === undefined || struck.has('kill') || struck.has('leave')) return false
    struck.add(how)
    if (how === 'kill') return child.kill('SIGKILL')
    if (how === 'leave') return child.send('leave')
    child.kill('SIGSTOP')
    setTimeout(() => child.kill('SIGCONT'), ms)
    return true
  }

  end(): void {
    this.#over = true
    for (const child of this.#all.values()) child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
