// Who can reach a Unix socket, and whose place it may take.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Listener } from './link-transport.ts'
import { UnixTransport } from './socket-unix.ts'

const LIMITS = { connections: 4, unknown: 4, handshake: 5000 }
let folder = ''
const open: Listener[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map(listener => listener.close()))
  rmSync(folder, { recursive: true })
})
async function listen(path: string, accept: () => void = () => {}): Promise<string> {
  const listener = await new UnixTransport().listen(
    `unix:${path}`,
    connection => (accept(), connection.destroy()),
    LIMITS,
  )
  open.push(listener)
  return listener.address
}
/** `opened`, or why not. */
function dial(path: string): Promise<string> {
  return new Promise(done => {
    const connection = new UnixTransport().connect(`unix:${path}`, {
      opened: () => (connection.destroy(), done('opened')),
      data: () => {},
      drained: () => {},
      ended: ({ reason }) => done(reason),
    })
  })
}

test('only its user can connect, also where its folder is open to all, and nothing else is left behind', async () => {
  chmodSync(folder, 0o777)
  const path = join(folder, 'a')
  expect(await listen(path)).toBe(`unix:${path}`)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['a'])
  expect(await dial(path)).toBe('opened')
})

test('a folder that it makes is closed to others', async () => {
  await listen(join(folder, 'x', 'y', 'a'))
  for (const made of ['x', 'x/y']) expect(statSync(join(folder, made)).mode & 0o777).toBe(0o700)
})

test('the socket goes with the listener, and then there is none', async () => {
  const path = join(folder, 'a')
  await listen(path)
  await open.pop()!.close()
  expect(existsSync(path)).toBe(false)
  expect(await dial(path)).toBe('absent')
})

test('the socket of a process that was killed refuses, and is replaced', async () => {
  const path = join(folder, 'a')
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', program])
  expect(lstatSync(path).isSocket()).toBe(true)
  expect(await dial(path)).toBe('refused')
  await listen(path)
  expect(await dial(path)).toBe('opened')
  expect(readdirSync(folder)).toEqual(['a'])
})

test('one in use is an error, and goes on', async () => {
  const path = join(folder, 'a')
  let came = 0
  await listen(path, () => came++)
  await expect(listen(path)).rejects.toThrow(`${path} is in use: another process listens there; close it, or give`)
  const before = came
  expect(await dial(path)).toBe('opened')
  await expect.poll(() => came).toBe(before + 1)
  expect(readdirSync(folder)).toEqual(['a'])
})

test('of several that come at once for the place of a dead one, one gets it', async () => {
  for (let round = 0; round < 10; round++) {
    const path = join(folder, `s${round}`)
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => process.exit(0))`,
    ])
    writeFileSync(join(folder, 'other'), '')
    const came = await Promise.allSettled([listen(path), listen(path), listen(path)])
    expect(came.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await dial(path)).toBe('opened')
  }
})

test.runIf(process.getuid?.() === 0)('one that another user has made is not trusted', async () => {
  const path = join(folder, 'a')
  let came = 0
  await listen(path, () => came++)
  chownSync(path, 65_534, 65_534)
  expect(await dial(path)).toBe('error')
  expect(came).toBe(0)
})

test('a file that is no socket, or a folder, is left alone', async () => {
  writeFileSync(join(folder, 'a'), 'kept')
  mkdirSync(join(folder, 'b'))
  for (const name of ['a', 'b']) {
    await expect(listen(join(folder, name))).rejects.toThrow(`${join(folder, name)} exists and is no socket: remove it`)
  }
  expect(readdirSync(folder)).toEqual(['a', 'b'])
})

test('a path that is too long for the system is said to be', async () => {
  const path = join(folder, 'x'.repeat(120))
  await expect(listen(path)).rejects.toThrow(
    /is too long for a Unix socket: .* has \d+ bytes, and the system takes 10\d; use a shorter/,
  )
  expect(() => new UnixTransport().connect(`unix:${path}`, undefined!)).toThrow('too long')
  await expect(listen(' '.trim())).rejects.toThrow('"unix:" names no socket')
})
