// Ours: rings of @troupe/ring, by each strategy.
//
// Settings: its defaults, as everywhere. 160 points a node, as ketama and hashring have them; maglev with 65,537 places. The
// nodes have the same weight and no zones.

import { ring, type Strategy } from '@troupe/ring'
import type { Trials } from '../measure.ts'
import { building, holding, idsOf, lookups } from '../placing.ts'

function trialsOf(strategy: Strategy): Trials {
  const build = (count: number) => {
    const ids = idsOf(count)
    return () => {
      const hosts = ring(ids, { strategy })
      return (key: string) => hosts.owner(key)
    }
  }
  return {
    'ring-lookup-32': plan => lookups(plan, build(32)()),
    'ring-lookup-1000': plan => lookups(plan, build(1000)()),
    'ring-build-10': plan => building(plan, build(10)),
    'ring-build-100': plan => building(plan, build(100)),
    'ring-build-1000': plan => building(plan, build(1000)),
    'ring-memory-10': plan => holding(plan, build(10)),
    'ring-memory-100': plan => holding(plan, build(100)),
    'ring-memory-1000': plan => holding(plan, build(1000)),
  }
}

export const trials = trialsOf('ring')
export const ketama = trialsOf('ketama')
export const rendezvous = trialsOf('rendezvous')
export const jump = trialsOf('jump')
export const maglev = trialsOf('maglev')
