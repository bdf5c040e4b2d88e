// The other process of process-peers.ts: counts what it is told, answers what it is asked, by the way that it is told to take.
//
// It loads nothing but what it needs, so that its start is a bare process's start.

import { createServer, type Socket } from 'node:net'
import { createServer as createSecureServer, type TlsOptions } from 'node:tls'

export type Told =
  | { type: 'number'; n: number }
  | { type: 'object'; message: { kind: string; n: number } }
  | { type: 'add' | 'count'; id: number; n: number }

export interface Reply {
  id: number
  value: number
}

let count = 0
let sum = 0
function handle(told: Told): Reply | undefined {
  switch (told.type) {
    case 'number':
      count++
      sum = (sum + told.n) | 0
      return undefined
    case 'object':
      count++
      sum = (sum + told.message.n) | 0
      return undefined
    case 'add':
      return { id: told.id, value: told.n + 1 }
    case 'count':
      return { id: told.id, value: count }
  }
}

/** Lines of text from a stream that is cut anywhere. */
export function lines(socket: Socket, take: (line: string) => void, taken?: () => void): void {
  let rest = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop()!
    for (const part of parts) take(part)
    taken?.()
  })
}

function serveLines(socket: Socket): void {
  // replies to what came together leave together
  let out = ''
  lines(
    socket,
    line => {
      const reply = handle(JSON.parse(line) as Told)
      if (reply !== undefined) out += `${JSON.stringify(reply)}\n`
    },
    () => {
      if (out !== '') socket.write(out)
      out = ''
    },
  )
}

const [way, address = '', tls] = process.argv.slice(2)
process.once('disconnect', () => process.exit())
const ready = (): void => void process.send?.('ready')
if (way === 'ipc') {
  process.on('message', (told: Told) => {
    const reply = handle(told)
    if (reply !== undefined) process.send?.(reply)
  })
  ready()
} else if (way === 'lines') createServer(serveLines).listen(address, ready)
else if (way === 'echo') createServer(socket => void socket.pipe(socket)).listen(address, ready)
else if (way === 'tls') {
  const options = { ...(JSON.parse(tls!) as TlsOptions), requestCert: true, rejectUnauthorized: true }
  createSecureServer(options, socket => void socket.pipe(socket)).listen(Number(address), '127.0.0.1', ready)
}
