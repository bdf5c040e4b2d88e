// The whole command over several processes: the figures are those of one process, and no process outlives the first, however it ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'

const demo = join(import.meta.dirname, '../src/main.ts')
const flights = join(import.meta.dirname, 'fixtures/flights.csv')
const ENDLESSLY = ['--repeat', '1000000']

/** Where the processes of these tests have their sockets. */
let folder: string
const started: ChildProcess[] = []
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'demo-'))))
afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL') // of a test that has failed
  await rm(folder, { recursive: true, force: true })
})

function start(...args: string[]): ChildProcess {
  const { FORCE_COLOR: _, ...env } = process.env
  // a group of its own, as a shell gives it one
  const child = spawn(process.execPath, [demo, ...args], { env: { ...env, TMPDIR: folder }, detached: true })
  started.push(child)
  return child
}
async function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const code = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  return { code: await code, stdout, stderr }
}
/** Resolves when flights are on their way. */
const flying = (child: ChildProcess): Promise<unknown> => new Promise(resolve => child.stdout!.once('data', resolve))

/** The processes that a process has started, as Linux tells; each has its name on its command line. */
async function childrenOf(pid: number): Promise<{ pid: number; line: string }[]> {
  const pids = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean)
  return Promise.all(
    pids.map(async child => ({ pid: Number(child), line: await readFile(`/proc/${child}/cmdline`, 'utf8') })),
  )
}
/** Resolves when a process has ended, or is a zombie that nobody has looked at; the test's own limit bounds it. */
async function gone(pid: number): Promise<void> {
  const state = async (): Promise<string> => await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tX')
  while (!/State:\s[XZ]/.test(await state())) await sleep(20)
}
const sockets = async (): Promise<string[]> => (await readdir(folder)).filter(name => name.startsWith('troupe-demo-'))

test.for([
  ['over three nodes', ['--nodes', '3']],
  ['over two nodes, each with one thread', ['--nodes', '2', '--threads', '0']],
  ['while airports move between nodes', ['--nodes', '3', '--threads', '1', '--moves', '200']],
] as const)('%s the figures are those of one process', { timeout: 60_000 }, async ([, args]) => {
  const [alone, spread] = [await ended(start('--json')), await ended(start('--json', ...args))]
  expect([spread.code, spread.stderr]).toEqual([0, ''])
  const { verified, airports, moves } = JSON.parse(spread.stdout)
  expect(verified).toBe(true)
  expect(airports).toEqual(JSON.parse(alone.stdout).airports)
  if (args.some(arg => arg === '--moves')) expect(moves).toMatchObject({ wanted: 200, done: 200, failed: {} })
  else expect(moves).toBeUndefined()
  expect(await sockets()).toEqual([])
})

test('for people', { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await ended(
    start('--input', flights, '--nodes', '2', '--threads', '1', '--moves', '9'),
  )
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^Replaying flights.csv over 2 nodes, each with 1 thread\n/)
  expect(stdout).toMatch(
    /\n9 moves between 2 nodes: a pause of [\d.]+ ms \(p50\), [\d.]+ ms \(p99\)\.\nVerified: all 25/,
  )
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('Ctrl-C, of which all processes hear, ends it with what has landed', { timeout: 60_000 }, async () => {
  const child = start('--nodes', '2', ...ENDLESSLY)
  await flying(child)
  process.kill(-child.pid!, 'SIGINT')
  const { code, stdout, stderr } = await ended(child)
  expect([code, stderr]).toEqual([130, ''])
  expect(stdout).toContain('Interrupted: these figures are partial, and not verified.')
  expect(await sockets()).toEqual([])
})

test.runIf(existsSync('/proc/self/task'))(
  'when the first process is killed the others end, and leave nothing',
  { timeout: 60_000 },
  async () => {
    const child = start('--nodes', '3', ...ENDLESSLY)
    await flying(child)
    const others = (await childrenOf(child.pid!)).filter(({ line }) => line.includes('node.ts'))
    expect(others).toHaveLength(2)
    child.kill('SIGKILL')
    await Promise.all(others.map(({ pid }) => gone(pid)))
    expect(await sockets()).toEqual([])
  },
)

test.runIf(existsSync('/proc/self/task'))(
  'when another one is killed, what is lost is told in one line',
  { timeout: 60_000 },
  async () => {
    const child = start('--nodes', '3', '--json', ...ENDLESSLY)
    let victim: number | undefined
    while (victim === undefined) {
      await sleep(20)
      victim = (await childrenOf(child.pid!)).find(({ line }) => line.includes('"node-2"'))?.pid
    }
    await sleep(1_000) // it may have joined, or not yet
    process.kill(victim, 'SIGKILL')
    const { code, stdout, stderr } = await ended(child)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^demo: node-2 (is down \(.*\); its airports are lost, so start again|has ended: SIGKILL)\n$/,
    )
    expect(await sockets()).toEqual([])
  },
)
