// Subject "processes": messages to an actor of another process, over one link, a Unix socket where nothing else is said.
//
// Each side is one process whose actors are on its first thread; ours has the hub beside it, a second thread. So four threads
// share the cores with each other, and on two cores two of them wait. Beside ours stand what Node.js brings, its own channel
// between processes, and what one writes by hand with node:net: lines of JSON, with replies matched by number; `echo` is the
// bare socket, eight bytes there and back.

import type { Figure, Goal, Subject, Work } from './harness.ts'

const byHand = ['process.send', 'JSON lines']

function rate(work: string, ...goals: Goal[]): Figure {
  return { key: 'rate', work, unit: '/s', better: 'more', goals }
}
function less(key: string, work: string, unit: string, ...goals: Goal[]): Figure {
  return { key, work, unit, better: 'less', goals }
}

function move(size: string): Work {
  return {
    id: `process-move-${size.replace(' ', '')}`,
    contenders: ['troupe'],
    rounds: 5,
    figures: [
      less('pause50', `a move of ${size} to another process, pause seen by a caller, p50`, 'µs'),
      less('pause99', `a move of ${size} to another process, pause seen by a caller, p99`, 'µs'),
      less('still50', `${size}, longest pause where nothing moves, p50`, 'µs'),
      less('own50', `${size}, pause as the event “moved” has it, p50`, 'µs'),
    ],
  }
}
function link(id: string, work: string): Work {
  return {
    id,
    contenders: ['troupe'],
    rounds: 3,
    nodeFlags: ['--expose-gc'],
    figures: [less('link', work, 'kB', { kind: 'atMost', value: 256 })],
  }
}

export const processes: Subject = {
  name: 'processes',
  works: [
    {
      id: 'process-tell',
      contenders: ['troupe', ...byHand],
      figures: [rate('tell to another process, a number', { kind: 'atLeast', value: 1e6 })],
    },
    {
      id: 'process-tell-object',
      contenders: ['troupe', ...byHand],
      figures: [rate('tell to another process, a small object')],
    },
    {
      id: 'process-ask',
      contenders: ['troupe', ...byHand, 'echo'],
      figures: [
        less('p50', 'ask of another process, one at a time, p50', 'µs', { kind: 'atMost', value: 150 }),
        less('p99', 'ask of another process, one at a time, p99', 'µs'),
      ],
    },
    {
      id: 'process-asks',
      contenders: ['troupe', ...byHand],
      figures: [rate('asks of another process, 512 in flight')],
    },
    move('1 kB'),
    move('64 kB'),
    {
      id: 'process-join',
      contenders: ['troupe', 'bare TLS'],
      rounds: 3,
      figures: [
        less('tls', 'start of a node, with its link over mutual TLS', 'ms'),
        less('unix', 'start of a node, with its link over a Unix socket', 'ms'),
        less('alone', 'start of a node that is alone', 'ms'),
      ],
    },
    link('process-link', 'memory of an idle link, Unix socket'),
    link('process-link-tls', 'memory of an idle link, mutual TLS'),
  ],
}
