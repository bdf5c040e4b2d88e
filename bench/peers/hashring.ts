// hashring: consistent hashing for Node.js, compatible with ketama; points and lookups by MD5.
//
// Settings: its defaults, which are MD5 and 160 points a server, but for its cache of the keys seen last: that is replaced
// by one that keeps nothing, as its own cannot be set to that.

import HashRing from 'hashring'
import type { Trials } from '../measure.ts'
import { building, holding, idsOf, lookups } from '../placing.ts'

const NOTHING = { get: () => undefined, set() {}, reset() {} }

const build = (count: number) => {
  const ids = idsOf(count)
  return () => {
    const hosts = Object.assign(new HashRing(ids), { cache: NOTHING })
    return (key: string) => hosts.get(key)
  }
}

export const trials: Trials = {
  'ring-lookup-32': plan => lookups(plan, build(32)()),
  'ring-lookup-1000': plan => lookups(plan, build(1000)()),
  'ring-build-10': plan => building(plan, build(10)),
  'ring-build-100': plan => building(plan, build(100)),
  'ring-build-1000': plan => building(plan, build(1000)),
  'ring-memory-10': plan => holding(plan, build(10)),
  'ring-memory-100': plan => holding(plan, build(100)),
  'ring-memory-1000': plan => holding(plan, build(1000)),
}
