// Types of channels, goroutines and select: what must compile, and, behind each @ts-expect-error, what must not.
import {
  after,
  type Channel,
  type GoContext,
  goroutine,
  type Received,
  type Receiver,
  select,
  type Sender,
  settled,
  type System,
  type Task,
  thread,
  trySelect,
} from '@troupe/actors'
import { is, type Eq } from './basic.ts'

interface Job {
  id: number
}
interface Result {
  ok: boolean
}
declare const system: System

const jobs = system.channel<Job>({ capacity: 16 })
const done = system.channel<Result>()
is<Eq<typeof jobs, Channel<Job>>>()
// @ts-expect-error no such policy
system.channel<Job>({ overflow: 'drop' })

// ── goroutines: arguments in order, the result's type, the mailbox's ────────────────────────────────────────────────

export const worker = goroutine(import.meta, 'worker', async (_ctx, jobs: Receiver<Job>, done: Sender<Result>) => {
  for await (const job of jobs) await done.send({ ok: job.id > 0 })
  return 7
})
const task = system.go(worker, jobs, done)
is<Eq<typeof task, Task<number, never>>>()
function again() {
  return system.go(worker(jobs, done), { on: thread(1), name: 'w1' })
}
is<Eq<ReturnType<typeof again>, Task<number, never>>>()
// @ts-expect-error swapped
system.go(worker(done, jobs))
// @ts-expect-error swapped
system.go(worker, done, jobs)
// @ts-expect-error missing
system.go(worker, jobs)

export const printer = goroutine(import.meta, 'printer', async (ctx: GoContext<string>, prefix: string) => {
  for await (const line of ctx.mailbox) ctx.log.info(prefix + line.toUpperCase())
})
const lines = system.go(printer, '> ')
void lines.mailbox.send('x')
// @ts-expect-error its mailbox takes strings
void lines.mailbox.send(1)
// @ts-expect-error it has no mailbox
void task.mailbox.send(1)

// ── select: one member for each case ────────────────────────────────────────────────────────────────────────────

const on = Math.random() > 0.5
const got = await select({
  job: jobs.receiving(),
  put: on ? done.sending({ ok: true }) : null,
  late: after(100),
  end: settled(task.done),
})
switch (got.case) {
  case 'job':
    if (got.done) break
    is<Eq<typeof got.value, Job>>()
    break
  case 'put':
    break
  case 'late':
    break
  case 'end':
    if (got.status === 'fulfilled') is<Eq<typeof got.value, number>>()
    break
  default:
    got satisfies never
}
// @ts-expect-error no such case
if (got.case === 'nope') void got
const now = trySelect({ job: jobs.receiving() })
if (now && !now.done) is<Eq<typeof now.value, Job>>()
// @ts-expect-error a case is made by receiving(), sending(), after() or settled()
void select({ job: jobs })
// @ts-expect-error a result is no job
void select({ put: jobs.sending({ ok: true }) })

const { value, done: closed } = await jobs.receive()
if (!closed) is<Eq<typeof value, Job>>()
is<Eq<Awaited<ReturnType<Receiver<Job>['receive']>>, Received<Job>>>()

// ── variance ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Animal {
  name: string
}
interface Dog extends Animal {
  bark: true
}
declare const dogs: Sender<Dog>
declare const animals: Sender<Animal>
export const narrower: Sender<Dog> = animals
// @ts-expect-error a sender of dogs does not take any animal
export const wider: Sender<Animal> = dogs
export const fewer: Receiver<Animal> = null as unknown as Receiver<Dog>

// ── channels over channels, generic goroutines ──────────────────────────────────────────────────────────────────────

const ends = system.channel<Sender<Result>>()
void ends.send(done)
void ends.send(done.sender)
// @ts-expect-error a receiver is no sender
void ends.send(done.receiver)

export const copy = goroutine(import.meta, 'copy', async <T>(_ctx: GoContext, from: Receiver<T>, to: Sender<T>) => {
  for await (const one of from) await to.send(one)
})
export const last = goroutine(import.meta, 'last', async <T>(_ctx: GoContext, from: Receiver<T>) => {
  let latest: T | undefined
  for await (const one of from) latest = one
  return latest
})
const more = system.channel<Job>()
system.go(copy(jobs, more))
// @ts-expect-error jobs into results
system.go(copy(jobs, done))
const lastJob = system.go(last(jobs))
is<Eq<typeof lastJob, Task<Job | undefined, never>>>()
