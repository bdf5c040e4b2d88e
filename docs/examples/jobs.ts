// A job queue: workers on two threads fetch what they are told to, what fails is tried again later and later, and a slow
// reader of the outcomes slows down everything before it. One goroutine decides: it alone knows which jobs are open, so it
// alone closes channels. It hands jobs out in the same select in which it takes results, and while many jobs wait for
// another try it takes no new ones: if it waited for a worker, and the worker for it, both would wait for ever.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, createSystem, goroutine, type Receiver, select, type Sender, thread } from '@troupe/actors'

interface Job {
  readonly url: string
  readonly tries: number
}
interface Result {
  readonly job: Job
  /** What went wrong; undefined if nothing did. */
  readonly fault?: string
}

const MOST_TRIES = 4
const MOST_WAITING = 100
/** ms before the first retry; twice as long before each further one. */
const BACKOFF = 5

export const feeder = goroutine(import.meta, 'feeder', async (_ctx, base: string, count: number, out: Sender<Job>) => {
  for (let n = 1; n <= count; n++) await out.send({ url: `${base}/${n}`, tries: 0 })
  out.close()
})

export const worker = goroutine(import.meta, 'worker', async (ctx, jobs: Receiver<Job>, results: Sender<Result>) => {
  for await (const { url, tries } of jobs) {
    const job = { url, tries: tries + 1 }
    await results.send({ job, ...(await attempt(url, ctx.signal)) })
  }
})
async function attempt(url: string, signal: AbortSignal): Promise<{ fault?: string }> {
  try {
    const response = await fetch(url, { signal })
    await response.arrayBuffer() // read it, or its connection stays taken
    return response.ok ? {} : { fault: `HTTP ${response.status}` }
  } catch (error) {
    signal.throwIfAborted()
    return { fault: String(error) }
  }
}

export const dispatcher = goroutine(
  import.meta,
  'dispatcher',
  async (ctx, fresh: Receiver<Job>, jobs: Sender<Job>, results: Receiver<Result>, outcomes: Sender<Result>) => {
    const waiting: { readonly at: number; readonly job: Job }[] = [] // for another try, the soonest first
    let next: Job | undefined
    let open = 0
    let more = true
    try {
      while (more || open > 0) {
        const first = waiting[0]
        if (next === undefined && first !== undefined && first.at <= ctx.now()) next = waiting.shift()!.job
        const got = await select({
          result: results.receiving(),
          put: next === undefined ? null : jobs.sending(next),
          fresh: more && next === undefined && waiting.length < MOST_WAITING ? fresh.receiving() : null,
          due: next === undefined && first !== undefined ? after(first.at - ctx.now()) : null,
        })
        switch (got.case) {
          case 'put':
            next = undefined
            break
          case 'fresh':
            if (got.done) more = false
            else open++
            next = got.value
            break
          case 'due':
            break
          case 'result': {
            if (got.done) return
            const { job, fault } = got.value
            if (fault === undefined || job.tries === MOST_TRIES) {
              open--
              await outcomes.send(got.value)
            } else {
              waiting.push({ at: ctx.now() + BACKOFF * 2 ** job.tries, job })
              waiting.sort((a, b) => a.at - b.at)
            }
            break
          }
          default:
            got satisfies never
        }
      }
    } finally {
      jobs.close() // so the workers end
      outcomes.close() // and so does whoever reads them
    }
  },
)

/** Says no to every fifth path at first, and to every tenth one for ever. */
function flakyServer() {
  const asked = new Map<string, number>()
  const server = createServer(({ url = '' }, response) => {
    const times = (asked.get(url) ?? 0) + 1
    asked.set(url, times)
    const n = Number(url.slice(1))
    response.statusCode = n % 10 === 0 ? 500 : n % 5 === 0 && times < 3 ? 503 : 200
    response.end()
  })
  const requests = () => [...asked.values()].reduce((sum, times) => sum + times, 0)
  return { server, requests }
}

const system = await createSystem({ threads: 2 })
const { server, requests } = flakyServer()
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const fresh = system.channel<Job>({ capacity: 16 })
const jobs = system.channel<Job>({ capacity: 16 })
const results = system.channel<Result>({ capacity: 16 })
const outcomes = system.channel<Result>({ capacity: 16 })
const team = [1, 2, 1, 2, 1, 2].map(n => system.go(worker(jobs, results), { on: thread(n) }))
const dispatched = system.go(dispatcher(fresh, jobs, results, outcomes))
system.go(feeder(base, 100, fresh))

const all = await Array.fromAsync(outcomes)
await Promise.all([dispatched, ...team].map(({ done }) => done))
await system.close()
server.close()

const good = all.filter(({ fault }) => fault === undefined)
console.log(`${good.length} of ${all.length} done, ${good.filter(({ job }) => job.tries > 1).length} of them late`)
const failed = all
  .filter(({ fault }) => fault !== undefined)
  .map(({ job, fault }) => `${fault} after ${job.tries} tries`)
console.log(failed.length, 'failed:', new Set(failed))
console.log(requests(), 'requests')

/* prints
90 of 100 done, 10 of them late
10 failed: Set(1) { 'HTTP 500 after 4 tries' }
150 requests
*/
