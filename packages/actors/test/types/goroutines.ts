// What goroutines infer and refuse: their arguments, results and mailboxes, and that generic bodies stay generic.
import { goroutine, thread } from '@troupe/actors'
import type { Channel, Context, GoContext, Goroutine, Hosting, Receiver, Sender, Start, System, Task } from '@troupe/actors'
import type { Simulation } from '@troupe/actors/testing'
import { counter, type Eq, is } from './basic.ts'

interface Job { id: number }
interface Result { ok: boolean }
declare const system: System
declare const simulation: Simulation
declare const ctx: Context
const jobs = system.channel<Job>({ capacity: 16 })
const done = system.channel<Result>()
is<Eq<typeof jobs, Channel<Job>>>()

export const worker = goroutine(import.meta, 'worker', async (ctx, jobs: Receiver<Job>, done: Sender<Result>) => {
  is<Eq<typeof ctx, GoContext>>()
  for await (const job of jobs) await done.send({ ok: job.id > 0 })
  return 7
})
is<Eq<typeof worker, (jobs: Receiver<Job>, done: Sender<Result>) => Start<number>>>()
const asGoroutine: Goroutine<[Receiver<Job>, Sender<Result>], number> = worker

// ── starting one: the same from everywhere ──────────────────────────────────────────────────────────────────────
const task = system.go(worker, jobs, done)
is<Eq<typeof task, Task<number, never>>>()
is<Eq<typeof task.done, Promise<number>>>()
is<Eq<ReturnType<typeof again>, Task<number, never>>>()
function again() { return system.go(worker(jobs, done), { on: thread(1), name: 'w1' }) }
is<Eq<ReturnType<typeof inTurn>, Task<number, never>>>()
function inTurn() { return ctx.go(worker(jobs.receiver, done.sender)) }
is<Eq<ReturnType<typeof simulated>, Task<number, never>>>()
function simulated() { return simulation.go(worker, simulation.channel<Job>(), done) }
const anyHost = (host: Hosting) => host.go(worker(host.channel<Job>(), done))
anyHost(ctx)
// @ts-expect-error swapped
system.go(worker(done, jobs))
// @ts-expect-error swapped
system.go(worker, done, jobs)
// @ts-expect-error missing
system.go(worker, jobs)
// @ts-expect-error no such option
system.go(worker(jobs, done), { at: thread(1) })
// @ts-expect-error a behavior is spawned
system.go(counter)
// @ts-expect-error a goroutine is started with go
system.spawn(worker)
// @ts-expect-error a goroutine has no refs to look up
system.lookup(worker, 'w1')
// @ts-expect-error a body is async
export const plain = goroutine(import.meta, 'plain', () => 1)
// @ts-expect-error its name is missing
export const nameless = goroutine(import.meta, async () => 1)

// ── a mailbox is typed by annotating ctx ────────────────────────────────────────────────────────────────────────
export const printer = goroutine(import.meta, 'printer', async (ctx: GoContext<string>, prefix: string) => {
  for await (const line of ctx.mailbox) ctx.log.info(prefix + line.toUpperCase())
})
const p = system.go(printer, '> ')
is<Eq<typeof p, Task<void, string>>>()
void p.mailbox.send('x')
// @ts-expect-error strings only
void p.mailbox.send(1)
// @ts-expect-error no mailbox
void task.mailbox.send(1)

// ── generic goroutines stay generic when called ─────────────────────────────────────────────────────────────────
export const copy = goroutine(import.meta, 'copy', async <T>(ctx: GoContext, from: Receiver<T>, to: Sender<T>) => {
  for await (const x of from) await to.send(x)
})
export const last = goroutine(import.meta, 'last', async <T>(ctx: GoContext, from: Receiver<T>) => {
  let l: T | undefined
  for await (const x of from) l = x
  return l
})
const more = system.channel<Job>()
system.go(copy(jobs, more))
// @ts-expect-error jobs into results
system.go(copy(jobs, done))
const lastJob = system.go(last(jobs))
is<Eq<typeof lastJob, Task<Job | undefined, never>>>()

// ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────
export const inside = goroutine(import.meta, 'inside', async ctx => {
  is<Eq<typeof ctx.signal, AbortSignal>>()
  is<Eq<ReturnType<typeof ctx.sleep>, Promise<void>>>()
  is<Eq<ReturnType<typeof ctx.now>, number>>()
  const ref = ctx.spawn(counter, 5)
  // @ts-expect-error init missing
  ctx.spawn(counter)
  // @ts-expect-error no state of its own
  ctx.state
  // @ts-expect-error nobody can send it messages
  ctx.self
  const found = await ctx.lookup(counter, 'x')
  is<Eq<typeof found, typeof ref | undefined>>()
  return await ctx.go(worker(jobs, done)).done
})
