// Who can reach a node over TCP: with certificates of the same authority, or on this machine alone.
import * as tls from 'node:tls'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Authority } from '../../test/nodes/link-certificates.ts'
import type { Connection, Listener } from './link-transport.ts'
import { TcpTransport, type Certificates, type TcpOptions } from './socket-tcp.ts'

const LIMITS = { connections: 16, unknown: 4, handshake: 300 }
const open: Listener[] = []
const accepted: Connection[] = []
afterEach(async () => {
  accepted.splice(0).forEach(connection => connection.destroy())
  await Promise.all(open.splice(0).map(listener => listener.close()))
})
async function listen(options: TcpOptions, address = 'tcp://127.0.0.1:0'): Promise<string> {
  const listener = await new TcpTransport(options).listen(address, connection => accepted.push(connection), LIMITS)
  open.push(listener)
  return listener.address
}
/** The names that the other side showed, or why there was none. */
function dial(options: TcpOptions, address: string): Promise<string> {
  return new Promise(done => {
    const connection = new TcpTransport(options).connect(address, {
      // TLS 1.3: whether the listener takes the certificate is known when it says something, or ends it
      opened: () => setTimeout(() => done(connection.credentials.names.join(' ')), 200),
      data: () => {},
      drained: () => {},
      ended: ({ reason, message }) => done(`${reason}: ${message}`),
    })
  })
}

describe('without certificates', () => {
  test('it must be said to be insecure, and is for this machine alone', async () => {
    expect(() => new TcpTransport({} as TcpOptions)).toThrow('TCP needs certificates: give { tls: { key, cert, ca } }')
    const insecure = { insecure: true } as const
    for (const host of ['0.0.0.0', '[::]', '192.168.1.7', 'example.org', '128.0.0.1', '127.0.0.1.example.org']) {
      await expect(listen(insecure, `tcp://${host}:0`)).rejects.toThrow(
        'can be reached by others, and insecure: true is for',
      )
      expect(() => new TcpTransport(insecure).connect(`tcp://${host}:1`, undefined!)).toThrow(
        'can be reached by others',
      )
    }
    expect(await listen(insecure)).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
  })
  test('an address that is none, or taken, is said to be', async () => {
    for (const address of [
      'tcp:127.0.0.1:80',
      'tcp://127.0.0.1',
      'tcp://127.0.0.1:70000',
      'tcp://:80',
      'tcp://a b:80',
    ]) {
      await expect(listen({ insecure: true }, address)).rejects.toThrow(
        `"${address}" is no TCP address: write tcp://host:port`,
      )
    }
    const address = await listen({ insecure: true })
    await expect(listen({ insecure: true }, address)).rejects.toThrow('EADDRINUSE')
  })
})

describe('with certificates', () => {
  let ours: Authority
  let theirs: Authority
  let a: Certificates
  let b: Certificates
  beforeAll(() => {
    ours = new Authority()
    theirs = new Authority()
    a = ours.for('a')
    b = ours.for('b')
  })
  afterAll(() => {
    ours.close()
    theirs.close()
  })

  test('each must be given', () => {
    for (const what of ['key', 'cert', 'ca']) {
      expect(() => new TcpTransport({ tls: { ...a, [what]: '' } })).toThrow(`TCP needs tls.${what}, as a PEM text`)
    }
  })
  test('both sides see the names of the other', async () => {
    const address = await listen({ tls: b })
    expect(await dial({ tls: a }, address)).toBe('b nodes 127.0.0.1')
    expect(accepted[0]?.credentials).toEqual({ by: 'certificate', names: ['a', 'nodes', '127.0.0.1'] })
  })
  test('whoever shows none, or one of another authority, gets nowhere, on either side', async () => {
    const rogue = theirs.for('b')
    const address = await listen({ tls: b })
    expect(await dial({ tls: { ...rogue, ca: ours.ca } }, address)).toMatch(/^(error|closed)/)
    const bare = tls.connect({ host: '127.0.0.1', port: portOf(address), ca: ours.ca, servername: 'b' })
    await new Promise(done => bare.on('error', () => {}).once('close', done))
    const plain = connect({ host: '127.0.0.1', port: portOf(address) })
    plain.write('x'.repeat(600))
    await new Promise(done => plain.on('error', () => {}).once('close', done))
    expect(accepted).toEqual([])

    const impostor = await listen({ tls: { ...rogue, ca: ours.ca } })
    expect(await dial({ tls: a }, impostor)).toMatch(/^error: .*(certificate|signature)/)
  })
  test('nothing older than TLS 1.3 is spoken', async () => {
    const address = await listen({ tls: b })
    const old = tls.connect({ host: '127.0.0.1', port: portOf(address), ...a, maxVersion: 'TLSv1.2' })
    const error = await new Promise<Error>(done => old.once('error', done))
    expect(error.message).toMatch(/protocol version/)
  })
  test('the name in the certificate must be that of the host, or the one that all nodes have', async () => {
    const address = await listen({ tls: b })
    expect(await dial({ tls: { ...a, serverName: 'nodes' } }, address)).toContain('nodes')
    expect(await dial({ tls: { ...a, serverName: 'ships' } }, address)).toMatch(/^error: .*ships/)
  })
  test('sockets that say nothing have so much time', async () => {
    const address = await listen({ tls: b })
    const idle = connect({ host: '127.0.0.1', port: portOf(address) }).on('error', () => {})
    await new Promise(done => idle.once('close', done))
    expect(await dial({ tls: a }, address)).toContain('b')
    expect(accepted).toHaveLength(1)
  })
  test('and are so many', async () => {
    const listener = await new TcpTransport({ tls: b }).listen(
      'tcp://127.0.0.1:0',
      connection => accepted.push(connection),
      { ...LIMITS, handshake: 60_000 },
    )
    open.push(listener)
    let closed = 0
    const to = { host: '127.0.0.1', port: portOf(listener.address) }
    const idle = Array.from({ length: 7 }, () =>
      connect(to)
        .on('error', () => {})
        .once('close', () => closed++),
    )
    await expect.poll(() => closed).toBe(3)
    for (const socket of idle) socket.destroy()
    // the server sees them go before it sees who comes then
    await expect.poll(() => dial({ tls: a }, listener.address)).toContain('b')
    expect(closed).toBe(7)
  })
})

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}
