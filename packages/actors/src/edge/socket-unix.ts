// Unix sockets: `unix:/path/to/socket`. Nobody but the user of the process can connect, and it connects to nobody else.
//
// Invariants:
// - A socket gets its name only when it is closed to others: it is bound within a new directory of mode 0700, made 0600 itself, and
//   then linked to its name, which fails if there is one already. (A thread other than the first cannot set the umask.)
// - The socket of a process that is gone is replaced; of one that lives, or a file that is no socket, never. Only one process at a
//   time takes one away, and looks again before: so nobody takes the new one of another for the dead one.
import { randomBytes } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { chmod, link, lstat, mkdir, rm } from 'node:fs/promises'
import { connect, createServer, Socket, type Server } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { InvalidCall } from '../core/errors.ts'
import type { Connection, ConnectionEvents, Listener, ListenLimits, Transport } from './link-transport.ts'
import { NO_EVENTS, SOCKET_ROOM, SocketConnection } from './socket-connection.ts'

/** What a sockaddr has room for, with the zero at its end. */
const LONGEST = process.platform === 'linux' ? 107 : 103
/** Beside a socket while its predecessor is taken away; 200 looks 10 ms apart. */
const GUARD = '.new'
const GUARD_ATTEMPTS = 200
const USER = { by: 'user', names: [] } as const

export class UnixTransport implements Transport {
  readonly scheme = 'unix'

  async listen(address: string, accept: (connection: Connection) => void, limits: ListenLimits): Promise<Listener> {
    const path = pathOf(address)
    const folder = dirname(path)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const within = join(folder, `.${randomBytes(4).toString('hex')}`)
    assertShort(join(within, 's'), address)
    assertShort(path + GUARD, address)
    await mkdir(within, { mode: 0o700 })
    const server = createServer({ highWaterMark: SOCKET_ROOM }, socket => {
      accept(new SocketConnection(socket, NO_EVENTS, USER))
    })
    server.maxConnections = limits.connections
    try {
      await listening(server, join(within, 's'))
      await chmod(join(within, 's'), 0o600)
      await named(join(within, 's'), path)
    } catch (error) {
      server.close()
      throw error
    } finally {
      await rm(within, { recursive: true, force: true })
    }
    const { ino } = await lstat(path)
    return { address: `unix:${path}`, close: () => closed(server, path, ino) }
  }

  connect(address: string, events: ConnectionEvents): Connection {
    const path = pathOf(address)
    const to = { path, highWaterMark: SOCKET_ROOM }
    const socket = ofAnother(path) ? new Socket() : connect(to)
    if (!socket.connecting)
      socket.destroy(new Error(`${path} belongs to another user: whoever listens there is not trusted`))
    const connection = new SocketConnection(socket, events, USER)
    socket.once('connect', () => connection.events.opened())
    return connection
  }
}

function pathOf(address: string): string {
  const path = address.slice('unix:'.length)
  if (path === '' || path.includes('\0'))
    throw new InvalidCall(`"${address}" names no socket: write unix:/path/to/socket`)
  assertShort(resolve(path), address)
  return resolve(path)
}

/** Whether somebody else has made what is there. Who may write in its folder could otherwise stand in for a node. */
function ofAnother(path: string): boolean {
  const uid = process.getuid?.()
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return uid !== undefined && stat !== undefined && stat.uid !== uid
}

function assertShort(path: string, address: string): void {
  const length = Buffer.byteLength(path)
  if (length <= LONGEST) return
  throw new InvalidCall(
    `"${address}" is too long for a Unix socket: ${path} has ${length} bytes, and the system takes ${LONGEST}; use a shorter folder`,
  )
}

/** Gives a socket its name, unless somebody who lives has it. */
async function named(socket: string, path: string): Promise<void> {
  if (await linked(socket, path)) return
  if (!(await someone(path))) {
    const taken = await guarded(path, async () => {
      // somebody may have done the same just before
      if (!(await someone(path))) await rm(path, { force: true })
      return linked(socket, path)
    })
    if (taken) return
  }
  throw new InvalidCall(`${path} is in use: another process listens there; close it, or give this node another path`)
}

/** False where there is something of that name. */
async function linked(socket: string, path: string): Promise<boolean> {
  try {
    await link(socket, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Does it while no other process does the same for this path. The guard is a socket too, so it ends with its process. */
async function guarded<T>(path: string, action: () => Promise<T>): Promise<T> {
  const guard = `${path}${GUARD}`
  for (let attempt = 0; attempt < GUARD_ATTEMPTS; attempt++) {
    const server = createServer(socket => socket.destroy())
    try {
      await listening(server, guard)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      if (await someone(guard)) await new Promise(done => setTimeout(done, 10))
      else await rm(guard, { force: true })
      continue
    }
    try {
      return await action()
    } finally {
      server.close()
    }
  }
  throw new InvalidCall(
    `${path} is being taken over by another process, at ${guard}: wait until it is done, or remove that file`,
  )
}

/** Whether a process listens at a socket. Throws where it is no socket. */
async function someone(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat === undefined) return false
  if (!stat.isSocket())
    throw new InvalidCall(`${path} exists and is no socket: remove it, or give this node another path`)
  return new Promise(done => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      done(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    )
  })
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen({ path }, () => {
      server.off('error', fail)
      done()
    })
  })
}

/** The name goes with the socket, unless it is another's by now. */
async function closed(server: Server, path: string, ino: number): Promise<void> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat?.ino === ino) await rm(path, { force: true })
  server.close()
}
