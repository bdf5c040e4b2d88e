// One contender, one work, one process: started by the harness, says what it found, and ends. By hand, to profile:
// `node --cpu-prof bench/trial.ts tell troupe`.
//
// Invariants: only the contender's own module is loaded, so nobody measures with another's code in memory; the result is
// sent whole or not at all; the exit is forced, because what a contender leaves open is not what is measured here.

import { enableCompileCache } from 'node:module'
import { FULL, type Plan, type Trials } from './measure.ts'

/** Who can be measured, by the name in the table. */
const contenders: Readonly<Record<string, () => Promise<Trials>>> = {
  troupe: async () => {
    const ours = await Promise.all([
      import('./peers/troupe.ts'),
      import('./peers/troupe-channels.ts'),
      import('./peers/troupe-balance.ts'),
      import('./peers/troupe-lock.ts'),
      import('./peers/troupe-moving.ts'),
      import('./peers/troupe-processes.ts'),
      import('./peers/troupe-ring.ts'),
    ])
    return Object.assign({}, ...ours.map(({ trials }) => trials)) as Trials
  },
  'troupe, try first': async () => (await import('./peers/troupe-channels.ts')).tried,
  'troupe tell': async () => (await import('./peers/troupe-channels.ts')).told,
  'troupe ask': async () => (await import('./peers/troupe-channels.ts')).asked,
  'troupe, balance off': async () => (await import('./peers/troupe-balance.ts')).unbalanced,
  'troupe, other thread': async () => (await import('./peers/troupe-lock.ts')).otherThread,
  'troupe, ketama': async () => (await import('./peers/troupe-ring.ts')).ketama,
  'troupe, rendezvous': async () => (await import('./peers/troupe-ring.ts')).rendezvous,
  'troupe, jump': async () => (await import('./peers/troupe-ring.ts')).jump,
  'troupe, maglev': async () => (await import('./peers/troupe-ring.ts')).maglev,
  hashring: async () => (await import('./peers/hashring.ts')).trials,
  postMessage: async () => {
    const [calls, moving] = await Promise.all([
      import('./peers/post-message.ts'),
      import('./peers/post-message.moving.ts'),
    ])
    return { ...calls.trials, ...moving.trials }
  },
  'postMessage ×256': async () => (await import('./peers/post-message.ts')).batched,
  'process.send': async () => (await import('./peers/process-peers.ts')).channel,
  'JSON lines': async () => (await import('./peers/process-peers.ts')).jsonLines,
  echo: async () => (await import('./peers/process-peers.ts')).echo,
  'bare TLS': async () => (await import('./peers/process-peers.ts')).bareTls,
  comlink: async () => (await import('./peers/comlink.ts')).trials,
  piscina: async () => (await import('./peers/piscina.ts')).trials,
  workerpool: async () => (await import('./peers/workerpool.ts')).trials,
  nact: async () => (await import('./peers/nact.ts')).trials,
  xstate: async () => (await import('./peers/xstate.ts')).trials,
  effect: async () => (await import('./peers/effect.ts')).trials,
  'effect, whileLoop': async () => (await import('./peers/effect.ts')).looped,
  'effect in batches': async () => (await import('./peers/effect.ts')).batched,
  'port, windowed': async () => (await import('./peers/port.ts')).windowed,
  'port, unbounded': async () => (await import('./peers/port.ts')).unbounded,
  'port, ping-pong': async () => (await import('./peers/port.ts')).pingPong,
  go: async () => (await import('./peers/go.ts')).trials,
  'go, locked': async () => (await import('./peers/go.ts')).locked,
}

// As a program that cares for its start would: this repository runs TypeScript, which is otherwise stripped anew each time.
enableCompileCache()

const [work = '', name = '', plan] = process.argv.slice(2)
const trial = (await contenders[name]?.())?.[work]
if (!trial) throw new Error(`${name} has no trial ${work}`)
const figures = await trial(plan === undefined ? FULL : (JSON.parse(plan) as Plan))
if (process.send) process.send(figures, () => process.exit(0))
else {
  console.log(figures)
  process.exit(0)
}
