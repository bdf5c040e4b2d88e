// A connection over a socket of Node.js, plain or TLS.
//
// Invariants: `ended` comes when the socket has closed, so nothing of it is left; with the reason that the operating system gave. A
// socket that was told to finish is destroyed if the other side does not take the rest in time.
import type { Socket } from 'node:net'
import type { Credentials } from '../core/link-handshake.ts'
import type { Connection, ConnectionEnd, ConnectionEvents } from './link-transport.ts'

/** Bytes that a socket takes before it says that it is full: some blocks, so that one write is not all. */
export const SOCKET_ROOM = 256 * 1024
/** ms without any progress after which a socket that finishes is destroyed. */
const FINISH = 1000

export class SocketConnection implements Connection {
  events: ConnectionEvents
  credentials: Credentials
  readonly #socket: Socket
  #error: NodeJS.ErrnoException | undefined
  #silent = false

  constructor(socket: Socket, events: ConnectionEvents, credentials: Credentials) {
    this.#socket = socket
    this.events = events
    this.credentials = credentials
    socket.on('data', bytes => {
      if (!this.#silent) this.events.data(bytes as Uint8Array)
    })
    socket.on('drain', () => {
      if (!this.#silent) this.events.drained()
    })
    socket.on('error', error => {
      this.#error = error
    })
    socket.on('close', () => {
      if (!this.#silent) this.events.ended(endOf(this.#error))
    })
  }

  write(bytes: Uint8Array): boolean {
    return this.#silent || !this.#socket.writable || this.#socket.write(bytes)
  }
  cork(): void {
    this.#socket.cork()
  }
  uncork(): void {
    this.#socket.uncork()
  }
  destroy(): void {
    this.#silent = true
    this.#socket.destroy()
  }
  finish(): void {
    this.#silent = true
    this.#socket.setTimeout(FINISH, () => this.#socket.destroy())
    this.#socket.destroySoon()
  }
}

/** Nobody is told before an owner has come. */
export const NO_EVENTS: ConnectionEvents = { opened() {}, data() {}, drained() {}, ended() {} }

function endOf(error: NodeJS.ErrnoException | undefined): ConnectionEnd {
  if (error === undefined) return { reason: 'closed', message: 'the other side closed the connection' }
  switch (error.code) {
    case 'ECONNREFUSED':
      return { reason: 'refused', message: `nobody listens there (${error.message})` }
    case 'ENOENT':
      return { reason: 'absent', message: `there is no such socket (${error.message})` }
    case 'ECONNRESET':
    case 'EPIPE':
      return { reason: 'closed', message: `the other side's end is gone (${error.message})` }
    default:
      return { reason: 'error', message: error.message }
  }
}
