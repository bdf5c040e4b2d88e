// TCP: `tcp://host:port`, with mutual TLS 1.3; or without, on this machine alone, where that is written as `insecure: true`.
//
// Invariants: with TLS both sides show a certificate that the cluster's own authority has signed, before a byte of the handshake is
// read; the authority must be given, as by default any public one would do. Sockets that have not come so far are bounded in
// number and time.
import { isIP, connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import * as tls from 'node:tls'
import { InvalidCall } from '../core/errors.ts'
import type { Certificates } from '../core/node-settings.ts'
import type { Credentials } from '../core/link-handshake.ts'
import type { Connection, ConnectionEvents, Listener, ListenLimits, Transport } from './link-transport.ts'
import { NO_EVENTS, SOCKET_ROOM, SocketConnection } from './socket-connection.ts'

export type { Certificates }
export type TcpOptions = { readonly tls: Certificates } | { readonly insecure: true }

const NOBODY: Credentials = { by: 'nobody', names: [] }

export class TcpTransport implements Transport {
  readonly scheme = 'tcp'
  readonly #tls: Certificates | undefined

  constructor(options: TcpOptions) {
    if ('tls' in options) {
      const { key, cert, ca } = options.tls
      for (const [what, text] of Object.entries({ key, cert, ca })) {
        if (text === undefined || text.length === 0)
          throw new InvalidCall(`TCP needs tls.${what}, as a PEM text: both sides show a certificate`)
      }
      this.#tls = options.tls
    } else if (options.insecure !== true) {
      throw new InvalidCall(
        'TCP needs certificates: give { tls: { key, cert, ca } }, or use a Unix socket on one machine',
      )
    }
  }

  async listen(address: string, accept: (connection: Connection) => void, limits: ListenLimits): Promise<Listener> {
    const { host, port } = this.#parse(address)
    const server = this.#tls === undefined ? this.#plain(accept) : secured(this.#tls, accept, limits)
    server.maxConnections = limits.connections
    await new Promise<void>((done, fail) => {
      server.once('error', error => fail(error))
      server.listen({ host, port }, () => done())
    })
    server.removeAllListeners('error')
    const bound = server.address() as AddressInfo
    const shown = isIP(host) === 6 ? `[${host}]` : host
    // connections that it has made go on
    return { address: `tcp://${shown}:${bound.port}`, close: async () => void server.close() }
  }

  connect(address: string, events: ConnectionEvents): Connection {
    const { host, port } = this.#parse(address)
    const to = { host, port, highWaterMark: SOCKET_ROOM }
    if (this.#tls === undefined) {
      const socket = connect({ ...to, noDelay: true })
      const connection = new SocketConnection(socket, events, NOBODY)
      socket.once('connect', () => connection.events.opened())
      return connection
    }
    const socket = tls.connect({ ...to, ...contextOf(this.#tls), ...nameOf(this.#tls, host) })
    socket.setNoDelay(true)
    const connection = new SocketConnection(socket, events, NOBODY)
    socket.once('secureConnect', () => {
      connection.credentials = credentialsOf(socket)
      connection.events.opened()
    })
    return connection
  }

  #plain(accept: (connection: Connection) => void): Server {
    return createServer({ noDelay: true, highWaterMark: SOCKET_ROOM }, socket => {
      accept(new SocketConnection(socket, NO_EVENTS, NOBODY))
    })
  }

  #parse(address: string): { host: string; port: number } {
    const found = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})$/.exec(address)
    const port = Number(found?.[2])
    if (found === null || port > 65_535) throw new InvalidCall(`"${address}" is no TCP address: write tcp://host:port`)
    const host = found[1]!.replaceAll(/[[\]]/g, '')
    if (this.#tls === undefined && !isLoopback(host)) {
      throw new InvalidCall(
        `"${address}" can be reached by others, and insecure: true is for this machine alone: give { tls: { key, cert, ca } }`,
      )
    }
    return { host, port }
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function contextOf({ key, cert, ca }: Certificates): tls.SecureContextOptions {
  return { key, cert, ca, minVersion: 'TLSv1.3' }
}
/** What the certificate of whoever listens must be made out to. */
function nameOf({ serverName }: Certificates, host: string): tls.ConnectionOptions {
  if (serverName === undefined) return isIP(host) === 0 ? { servername: host } : {}
  const checkServerIdentity = (_: string, shown: tls.PeerCertificate) => tls.checkServerIdentity(serverName, shown)
  return { servername: serverName, checkServerIdentity }
}
/** The names in the other side's certificate, which has been verified. */
function credentialsOf(socket: tls.TLSSocket): Credentials {
  const { subject, subjectaltname } = socket.getPeerCertificate()
  const names = [subject?.CN, ...(subjectaltname ?? '').split(', ').map(name => name.replace(/^[\w ]+:/, ''))].flat()
  return { by: 'certificate', names: [...new Set(names.filter(name => name !== undefined && name !== ''))] as string[] }
}

/** A server that hands on those who have shown their certificate in time. */
function secured(certificates: Certificates, accept: (connection: Connection) => void, limits: ListenLimits): Server {
  const strangers = new Map<string, Socket>()
  const keyOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`
  const options = { requestCert: true, rejectUnauthorized: true, handshakeTimeout: limits.handshake, noDelay: true }
  const server = tls.createServer({ ...contextOf(certificates), ...options, highWaterMark: SOCKET_ROOM }, socket => {
    strangers.delete(keyOf(socket))
    accept(new SocketConnection(socket, NO_EVENTS, credentialsOf(socket)))
  })
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket)
    if (strangers.size >= limits.unknown) return void socket.destroy()
    strangers.set(key, socket)
    socket.once('close', () => {
      if (strangers.get(key) === socket) strangers.delete(key)
    })
  })
  // who fails at this is told by TLS itself, and its socket is closed
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return server
}
