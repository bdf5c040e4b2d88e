import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { type Options, parseCommandLine, usage, UsageError } from './command-line.ts'

const defaults: Options = {
  input: undefined,
  repeat: 1,
  threads: availableParallelism(),
  nodes: 1,
  moves: 0,
  killThread: false,
  json: false,
  help: false,
}

test('what may be said', () => {
  const said: [string, Partial<Options>][] = [
    ['', {}],
    ['--', {}],
    ['--json --help', { json: true, help: true }],
    ['-h', { help: true }],
    ['--input a.csv --repeat 3 --threads 0', { input: 'a.csv', repeat: 3, threads: 0 }],
    ['-- --input=a.csv --repeat=1000000 --threads=64', { input: 'a.csv', repeat: 1_000_000, threads: 64 }],
    ['--input -- --json', { input: '--', json: true }],
    ['--repeat 2 --repeat 3', { repeat: 3 }],
    ['--moves 1000000 --threads 1', { moves: 1_000_000, threads: 1 }],
    ['--threads 0 --moves 0', { threads: 0 }],
    ['--nodes 16 --threads 1', { nodes: 16, threads: 1 }],
    ['--nodes 16', { nodes: 16, threads: Math.max(1, Math.floor(availableParallelism() / 16)) }],
    ['--nodes 2 --threads 0 --moves 5', { nodes: 2, threads: 0, moves: 5 }],
    ['--nodes 1 --kill-thread --threads 1', { killThread: true, threads: 1 }],
    ['--kill-thread --threads 2', { killThread: true, threads: 2 }],
  ]
  for (const [line, expected] of said) {
    expect(parseCommandLine(line.split(' ').filter(Boolean)), line).toEqual({ ...defaults, ...expected })
  }
})

test('what makes no sense is told in one line', () => {
  const wrong: [string[], string][] = [
    [['--speed', '9'], 'unknown option --speed; --help lists them'],
    [['-x'], 'unknown option -x; --help lists them'],
    [['--toString'], 'unknown option --toString; --help lists them'],
    [['flights.csv'], "unexpected argument 'flights.csv'; a file is given by --input FILE"],
    [['--json', '--', '--json'], "unexpected argument '--json'; a file is given by --input FILE"],
    [['--input'], '--input needs a file'],
    [['--input='], '--input needs a file'],
    [['--json=yes'], '--json takes no value'],
    [['--repeat'], '--repeat needs a whole number from 1 to 1000000'],
    [['--repeat', '0'], "--repeat must be a whole number from 1 to 1000000, not '0'"],
    [['--repeat', '-1'], "--repeat must be a whole number from 1 to 1000000, not '-1'"],
    [['--repeat', '1e3'], "--repeat must be a whole number from 1 to 1000000, not '1e3'"],
    [['--repeat', '1000001'], "--repeat must be a whole number from 1 to 1000000, not '1000001'"],
    [['--threads', '1.5'], "--threads must be a whole number from 0 to 64, not '1.5'"],
    [['--threads', '65'], "--threads must be a whole number from 0 to 64, not '65'"],
    [['--moves', '1000001'], "--moves must be a whole number from 0 to 1000000, not '1000001'"],
    [['--kill-thread', '--threads', '0'], '--kill-thread needs a thread that can end: --threads 1 or more'],
    [['--nodes', '17'], "--nodes must be a whole number from 1 to 16, not '17'"],
    [['--nodes', '0'], "--nodes must be a whole number from 1 to 16, not '0'"],
    [['--nodes'], '--nodes needs a whole number from 1 to 16'],
    [
      ['--moves', '1', '--threads', '0'],
      '--moves needs somewhere to move to: --threads 1 or more, or --nodes 2 or more',
    ],
    [
      ['--nodes', '2', '--kill-thread'],
      '--kill-thread and --nodes exclude each other: what is lost is told of threads of one process',
    ],
    [['--kill-thread=1'], '--kill-thread takes no value'],
    [
      ['--kill-thread', '--moves', '1', '--threads', '1'],
      '--kill-thread and --moves exclude each other: it must be known which airports were on the thread',
    ],
    [['--threads', '٣'], "--threads must be a whole number from 0 to 64, not '٣'"],
  ]
  for (const [args, message] of wrong) {
    expect(() => parseCommandLine(args), args.join(' ')).toThrow(new UsageError(message))
  }
})

test('the usage names every option and fits 80 columns', () => {
  for (const option of ['--input', '--repeat', '--threads', '--nodes', '--moves', '--kill-thread', '--json', '--help'])
    expect(usage).toContain(`  ${option}`)
  for (const line of usage.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
})
