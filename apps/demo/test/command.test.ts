// The whole command, as a process of its own: what it prints, where, and its exit code. The figures are checked against
// a reduce written here, over JSON.parse, which shares nothing with the demo.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const demo = join(import.meta.dirname, '../src/main.ts')
const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name)
const realFlights = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/flights-20k.json')

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'demo-'))))
afterAll(() => rm(folder, { recursive: true }))

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

type Sabotage = [file: string, right: string, wrong: string]

function start(args: readonly string[], sabotage?: Sabotage): ChildProcess {
  const { FORCE_COLOR: _, ...env } = process.env
  const before = sabotage ? ['--import', fixture('sabotage.ts')] : []
  return spawn(process.execPath, [...before, demo, ...args], { env: { ...env, SABOTAGE: JSON.stringify(sabotage) } })
}

async function ended(child: ChildProcess): Promise<Ended> {
  const code = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  return { code: await code, stdout, stderr }
}

const run = (...args: string[]): Promise<Ended> => ended(start(args))

function namedPipe(): string {
  const path = join(folder, `pipe-${crypto.randomUUID()}`)
  execFileSync('/usr/bin/env', ['mkfifo', path])
  return path
}

interface Row {
  date: string
  delay: number
  origin: string
  destination: string
}

function reduced(rows: readonly Row[]): object {
  const from = Map.groupBy(rows, row => row.origin)
  const to = Map.groupBy(rows, row => row.destination)
  return Object.fromEntries(
    [...new Set([...from.keys(), ...to.keys()])].map(code => {
      const hours = (from.get(code) ?? []).map(row => Number(row.date.slice(11, 13)))
      const delays = (to.get(code) ?? []).map(row => row.delay)
      const counts = Array.from({ length: 24 }, (_, hour) => hours.filter(each => each === hour).length)
      const figures = {
        departed: hours.length,
        landed: delays.length,
        delayTotal: delays.reduce((sum, delay) => sum + delay, 0),
        longestDelay: delays.length === 0 ? 0 : Math.max(...delays),
        busiestHour: hours.length === 0 ? null : counts.indexOf(Math.max(...counts)),
      }
      return [code, figures]
    }),
  )
}

describe('figures', () => {
  test.for([
    ['over the default threads', [], 1],
    ['over one thread, twice', ['--threads', '1', '--repeat', '2'], 2],
    ['on the main thread, three times', ['--threads', '0', '--repeat', '3'], 3],
  ] as const)('of the real flights, %s', async ([, args, times]) => {
    const rows = JSON.parse(await readFile(realFlights, 'utf8')) as Row[]
    const { code, stdout, stderr } = await run('--json', ...args)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout.trimEnd()).not.toContain('\n')
    const said = JSON.parse(stdout) as object
    expect(Object.keys(said)).toEqual(['flights', 'seconds', 'verified', 'airports'])
    expect(said).toEqual({
      flights: 20_000 * times,
      seconds: expect.any(Number) as number,
      verified: true,
      airports: reduced(new Array(times).fill(rows).flat() as Row[]),
    })
  })

  test.for(['1', '2', '3'])('of the real flights while airports move, over %s threads', async threads => {
    const rows = JSON.parse(await readFile(realFlights, 'utf8')) as Row[]
    const { code, stdout, stderr } = await run('--json', '--moves', '300', '--threads', threads)
    expect([code, stderr]).toEqual([0, ''])
    const said = JSON.parse(stdout) as object
    expect(Object.keys(said)).toEqual(['flights', 'seconds', 'verified', 'airports', 'moves'])
    const pause = { p50: expect.any(Number) as number, p99: expect.any(Number) as number }
    expect(said).toMatchObject({
      verified: true,
      airports: reduced(rows),
      moves: { wanted: 300, done: 300, failed: {}, pause },
    })
  })

  test('of a CSV file, worked out by hand', async () => {
    const { stdout } = await run('--json', '--input', fixture('flights.csv'))
    expect((JSON.parse(stdout) as { airports: unknown }).airports).toEqual({
      DTW: { departed: 1, landed: 2, delayTotal: -13, longestDelay: -4, busiestHour: 0 },
      GSO: { departed: 0, landed: 1, delayTotal: 1000, longestDelay: 1000, busiestHour: null },
      LAS: { departed: 4, landed: 2, delayTotal: 12, longestDelay: 12, busiestHour: 9 },
      PHX: { departed: 0, landed: 1, delayTotal: 90, longestDelay: 90, busiestHour: null },
      ZZZ: { departed: 1, landed: 0, delayTotal: 0, longestDelay: 0, busiestHour: 23 },
    })
  })

  test('of a pipe, which can be read but once', async () => {
    const pipe = namedPipe()
    const [{ stdout }] = await Promise.all([
      run('--json', '--input', pipe, '--repeat', '2'),
      writeFile(pipe, await readFile(fixture('flights.csv'))),
    ])
    expect(JSON.parse(stdout)).toMatchObject({ flights: 12, verified: true })
  })
})

test('for people: plain lines of at most 80 columns when piped', async () => {
  const { code, stdout, stderr } = await run('--input', fixture('flights.csv'), '--threads', '1')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout.replace(/in [\d.]+ s, [\d,]+ a second/, 'in … s')).toBe(
    [
      'Replaying flights.csv over 1 thread',
      '',
      'code  airport               city        departed  landed   delay  longest   peak',
      'LAS   McCarran              Las Vegas          4       2     6.0       12  09:00',
      'DTW   Detroit Metropolita…  Detroit            1       2    -6.5       -4  00:00',
      'GSO   Piedmont Triad        Greensboro         0       1  1000.0    1,000      –',
      'PHX   Phoenix Sky Harbor    Phoenix            0       1    90.0       90      –',
      'ZZZ                                            1       0       –        –  23:00',
      '',
      'Delays in minutes, the mean and the longest; peak: the hour of most departures.',
      '',
      '6 flights landed at 5 airports in … s.',
      'Verified: all 25 figures equal a plain single-threaded reduce of the file.',
      '',
    ].join('\n'),
  )
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

describe('a thread that is lost half-way', () => {
  test.for(['1', '2', '3'])(
    'with the real flights, over %s threads: what is missing is accounted for',
    async threads => {
      const rows = JSON.parse(await readFile(realFlights, 'utf8')) as Row[]
      const { code, stdout, stderr } = await run('--json', '--kill-thread', '--threads', threads)
      expect([code, stderr]).toEqual([0, ''])
      interface Said {
        flights: number
        airports: Record<string, { departed: number; landed: number }>
        loss: {
          thread: number
          by: number
          revived: number
          notDeparted: number
          notLanded: number
          accountedFor: boolean
        }
      }
      const { flights, airports, loss } = JSON.parse(stdout) as Said
      expect(loss).toMatchObject({ thread: Number(threads), by: Number(threads) + 1, accountedFor: true })
      expect(loss.revived).toBeGreaterThan(0)
      expect(flights + loss.notDeparted + loss.notLanded).toBe(20_000)
      const sum = (figure: 'departed' | 'landed') =>
        Object.values(airports).reduce((all, each) => all + each[figure], 0)
      expect([sum('departed'), sum('landed')]).toEqual([20_000 - loss.notDeparted, flights])
      const whole = reduced(rows) as Said['airports']
      for (const [airport, { departed, landed }] of Object.entries(airports)) {
        expect(departed, airport).toBeLessThanOrEqual(whole[airport]!.departed)
        expect(landed, airport).toBeLessThanOrEqual(whole[airport]!.landed)
      }
    },
  )

  test('what is wrong besides is not explained by it', async () => {
    const later: Sabotage = ['airport.ts', 'state.delayTotal += delay', 'state.delayTotal += delay + 1']
    const { code, stdout, stderr } = await ended(start(['--json', '--kill-thread', '--threads', '2'], later))
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ verified: false, loss: { accountedFor: false } })
    expect(stderr).toMatch(/^demo: The lost thread does not explain:\n {2}\w{3} delayTotal: /)
  })

  test('for people', async () => {
    const { code, stdout, stderr } = await run('--kill-thread', '--input', fixture('flights.csv'), '--threads', '2')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /\nThread 2 was lost half-way; thread 3 took its place after \d+ ms,\nand 2 airports came back/,
    )
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})

test('moves are told in a line of their own', async () => {
  const { code, stdout, stderr } = await run('--input', fixture('flights.csv'), '--moves', '100')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout.replace(/\d+\.\d\d ms/g, '… ms')).toContain(
    '\n100 moves between threads: a pause of … ms (p50), … ms (p99).\nVerified: all 25 figures',
  )
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

describe('what is not as it should be has exit code 1', () => {
  const miscount: Sabotage = ['reference.ts', 'landed: landings * times,', 'landed: landings * times + 1,']

  test('a figure that differs is listed', async () => {
    const { code, stdout, stderr } = await ended(start(['--input', fixture('flights.csv')], miscount))
    expect([code, stderr]).toEqual([1, ''])
    expect(stdout).toContain(
      'NOT verified. 5 figures differ from the plain reduce:\n  DTW landed: 2 by the actors, 3 by',
    )
  })

  test('with --json it is listed on standard error', async () => {
    const { code, stdout, stderr } = await ended(start(['--json', '--input', fixture('flights.csv')], miscount))
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ flights: 6, verified: false })
    expect(stderr).toMatch(/^demo: 5 figures differ from the plain reduce:\n( {2}.*\n){5}$/)
  })

  test.for(['0', '2'])('an airport that fails is named, over %s threads', async threads => {
    const fog: Sabotage = ['airport.ts', 'state.landed++', 'if (state.landed++ === 1000) throw new Error("fog")']
    const { code, stdout, stderr } = await ended(start(['--json', '--threads', threads], fog))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^demo: (ORD|DFW) failed at land\nError: fog\n/)
  })

  test('a thread that ends is named', async () => {
    const end: Sabotage = ['airport.ts', 'state.landed++', 'if (state.landed++ === 1000) process.exit(7)']
    const { code, stdout, stderr } = await ended(start(['--json', '--threads', '1'], end))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^demo: .*thread 1 has ended.*\n$/)
  })
})

describe('what the user can get wrong ends with one line and exit code 2', () => {
  const refused = (line: string): Ended => ({ code: 2, stdout: '', stderr: `demo: ${line}\n` })

  test('an option', async () => {
    const line = "--repeat must be a whole number from 1 to 1000000, not 'often'"
    expect(await run('--repeat', 'often')).toEqual(refused(line))
  })
  test('a missing file', async () => {
    expect(await run('--json', '--input', '/no/such/file')).toEqual(refused('/no/such/file: no such file'))
  })
  test('a directory', async () => {
    expect(await run('--input', folder)).toEqual(refused(`${folder}: is a directory, not a file`))
  })
  test('the first row', async () => {
    const file = join(folder, 'first.json')
    await writeFile(file, '[{"date":"2001/02/31 10:00"}]')
    const what = "'2001/02/31 10:00' is not a date and time such as 2001/01/31 17:05"
    expect(await run('--input', file)).toEqual(refused(`${file}: row 1, column date: ${what}`))
  })
  test('a file cut off, when most of its flights have been fed already', async () => {
    const file = join(folder, 'cut.json')
    const whole = await readFile(realFlights, 'utf8')
    await writeFile(file, whole.slice(0, whole.lastIndexOf('"')))
    const cut = refused(`${file}: row 20000: the file ends before the array does`)
    expect(await run('--json', '--input', file)).toEqual(cut)
    const { code, stderr } = await run('--input', file)
    expect({ code, stderr }).toEqual({ code: cut.code, stderr: cut.stderr })
  })
})

test('--help', async () => {
  const { code, stdout, stderr } = await run('--', '--help')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('Usage: pnpm demo [options]')
})

describe('Ctrl-C', () => {
  test('ends with what there was so far, unverified, and exit code 130', async () => {
    const child = start(['--repeat', '1000000'])
    child.stdout!.once('data', () => child.kill('SIGINT')) // the heading: flights are on their way
    const { code, stdout, stderr } = await ended(child)
    expect([code, stderr]).toEqual([130, ''])
    expect(stdout).toContain('Interrupted: these figures are partial, and not verified.')
    expect(stdout).not.toContain('Verified')
  })

  test('gives one JSON object too', async () => {
    const pipe = namedPipe()
    const child = start(['--json', '--input', pipe, '--repeat', '1000000'])
    // A pipe holds 64 kB and the file has far more: once it has been written, flights are on their way.
    const written = writeFile(pipe, await readFile(realFlights)).then(() => child.kill('SIGINT'))
    const [{ code, stdout, stderr }] = await Promise.all([ended(child), written])
    expect([code, stderr]).toEqual([130, ''])
    const said = JSON.parse(stdout) as {
      flights: number
      verified: boolean
      airports: Record<string, { landed: number }>
    }
    expect(said.verified).toBe(false)
    expect(said.flights).toBe(Object.values(said.airports).reduce((sum, { landed }) => sum + landed, 0))
  })

  test('before anything was read says nothing', async () => {
    const pipe = namedPipe()
    const child = start(['--input', pipe])
    const way = await open(pipe, 'w') // the demo has opened it too, and waits for the first row
    child.kill('SIGINT')
    const output = ended(child)
    // Node.js cannot cut a read short that waits for a pipe's writer, so it gets something, for as long as it reads.
    const written = (async () => {
      for (;;) await way.write(' ')
    })()
    await expect(written).rejects.toThrow('EPIPE')
    expect(await output).toEqual({ code: 130, stdout: '', stderr: '' })
    await way.close()
  })
})

test('whoever reads the output may stop reading', async () => {
  const child = start([])
  child.stdout!.destroy()
  const errors = text(child.stderr!)
  await new Promise(resolve => child.once('close', resolve))
  expect(await errors).toBe('')
})
