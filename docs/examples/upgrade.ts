// New code for a system that goes on working: votes are counted by actors of version 1, and while more votes pour in,
// all actors become those of version 2. No vote is lost, and refs of before reach the new handlers.
import { createSystem, type RefOf } from '@troupe/actors'
import { tally } from './upgrade/tally-1.ts'
import type { tally as newTally } from './upgrade/tally-2.ts'

const system = await createSystem({ threads: 2 })
const tallies = await Promise.all(Array.from({ length: 100 }, () => system.spawn(tally)))

let sent = 0
let upgraded = false
const voting = (async () => {
  for (; !upgraded; sent++) {
    const ref = tallies[sent % tallies.length]!
    ref.tell.vote(sent % 3 === 0)
    if (sent % 50 === 0) await ref.ask.total()
  }
})()

const { behaviors, actors } = await system.upgrade(new URL('./upgrade/tally-2.ts', import.meta.url))
for (const { name, from, to } of behaviors) console.log(`${name}: version ${from} is version ${to}, ${actors} actors`)
upgraded = true
await voting

const totals = await Promise.all(tallies.map(ref => ref.ask.total()))
console.log('all votes are there:', totals.reduce((sum, total) => sum + total, 0) === sent)

// what users hold is typed as the first version; whoever knows the second says so
const first = tallies[0] as unknown as RefOf<typeof newTally>
first.tell.vote('maybe')
console.log(Object.keys(await first.ask.votes()).join(', '))
await system.close()

/* prints
tally: version 1 is version 2, 100 actors
all votes are there: true
yes, no, maybe
*/
