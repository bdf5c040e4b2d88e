// What one writes by hand between two processes: the channel of child_process (`process.send`, JSON), lines of JSON over a
// Unix socket, and, as the floor of both, eight bytes echoed by one; and a thread that makes a bare connection with mutual TLS.
//
// Settings: what is sent within one turn of the event loop leaves in one write, where it is by hand, as ours does too; replies
// are matched by number in a Map. Ordered, isolated, unbounded: a sender that does not wait can exhaust memory.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { inFlight, oneAtATime, oneWay, type Figures, type Plan, type Trials } from '../measure.ts'
import { certificates, folder, freePort, longer, ONE_AT_A_TIME, start } from './processes.ts'
import { lines, type Reply, type Told } from './process-peers.child.ts'

const BURST = 4096

/** How a message leaves, and what takes the replies. */
type Way = (take: (reply: Reply) => void) => Promise<(told: Told) => void>

class Peer {
  readonly #waiting = new Map<number, (value: number) => void>()
  readonly #send: (told: Told) => void
  #calls = 0

  private constructor(send: (told: Told) => void) {
    this.#send = send
  }
  static async start(way: Way): Promise<Peer> {
    const peer: Peer = new Peer(await way(reply => peer.#take(reply)))
    return peer
  }
  #take({ id, value }: Reply): void {
    const resolve = this.#waiting.get(id)
    this.#waiting.delete(id)
    resolve?.(value)
  }

  tell(told: Told): void {
    this.#send(told)
  }
  call(type: 'add' | 'count', n: number): Promise<number> {
    const id = ++this.#calls
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.#send({ type, id, n })
    })
  }
}

const byChannel: Way = async take => {
  const child: ChildProcess = await start('./process-peers.child.ts', 'ipc')
  child.on('message', message => take(message as Reply))
  return told => void child.send(told)
}
const byLines: Way = async take => {
  const socket = await connected('lines')
  lines(socket, line => take(JSON.parse(line) as Reply))
  let out = ''
  const flush = (): void => {
    socket.write(out)
    out = ''
  }
  return told => {
    if (out === '') queueMicrotask(flush)
    out += `${JSON.stringify(told)}\n`
  }
}
async function connected(way: string): Promise<Socket> {
  const address = `${folder()}/peer.sock`
  await start('./process-peers.child.ts', way, address)
  const socket = connect(address)
  await once(socket, 'connect')
  return socket
}

function trialsOf(way: Way): Trials {
  const telling = async (plan: Plan, told: (n: number) => Told): Promise<Figures> => {
    const peer = await Peer.start(way)
    return oneWay(longer(plan), BURST, { send: n => peer.tell(told(n)), counted: () => peer.call('count', 0) })
  }
  return {
    'process-tell': plan => telling(plan, n => ({ type: 'number', n })),
    'process-tell-object': plan => telling(plan, n => ({ type: 'object', message: { kind: 'add', n } })),
    'process-ask': async plan => {
      const peer = await Peer.start(way)
      return oneAtATime(longer(plan, ONE_AT_A_TIME), n => peer.call('add', n))
    },
    'process-asks': async plan => {
      const peer = await Peer.start(way)
      return inFlight(longer(plan), 512, n => peer.call('add', n))
    },
  }
}
export const channel = trialsOf(byChannel)
export const jsonLines = trialsOf(byLines)

export const echo: Trials = {
  'process-ask': async plan => {
    const socket = await connected('echo')
    const bytes = Buffer.alloc(8)
    return oneAtATime(longer(plan, ONE_AT_A_TIME), async n => {
      bytes.writeDoubleLE(n + 1)
      socket.write(bytes)
      const [back] = (await once(socket, 'data')) as [Buffer]
      return back.readDoubleLE()
    })
  },
}

export const bareTls: Trials = {
  'process-join': async () => {
    const tls = certificates()
    const port = await freePort()
    await start('./process-peers.child.ts', 'tls', `${port}`, JSON.stringify(tls))
    const workerData = { ...tls, port, host: '127.0.0.1', servername: 'localhost' }
    const connected = async (): Promise<number> => {
      const begun = performance.now()
      const worker = new Worker(new URL('./process-peers.worker.ts', import.meta.url), { workerData })
      await once(worker, 'message')
      const ms = performance.now() - begun
      await worker.terminate()
      return ms
    }
    await connected() // ours has started two nodes by then
    return { tls: await connected() }
  },
}
