// `node bench/ring-figures.ts`: measures the strategies of @troupe/ring for docs/ring.md, writes what it found to
// docs/pictures/ring.json, and from that the pictures beside it and the table in the document. Takes some minutes.
// `node bench/ring-figures.ts --draw` only draws and writes anew, from the figures that are there.
//
// Invariant: times and memory are those of `pnpm bench ring`, each from a process of its own.

import { readFileSync, writeFileSync } from 'node:fs'
import type { Strategy } from '@troupe/ring'
import { runSubject, type Report } from './harness.ts'
import { FULL } from './measure.ts'
import { evenness } from './ring-evenness.ts'
import { drawn, pictures, tableOf, type Figures } from './ring-pictures.ts'
import { ring } from './ring.ts'

const PICTURES = new URL('../docs/pictures/', import.meta.url)
const JSON_FILE = new URL('ring.json', PICTURES)
const DOCUMENT = new URL('../docs/ring.md', import.meta.url)
const TABLE = /(?<=<!-- written by bench\/ring-figures\.ts -->\n)[^]*?(?=<!-- end -->)/

const STRATEGIES: readonly Strategy[] = ['ring', 'ketama', 'rendezvous', 'jump', 'maglev']

async function measured(): Promise<Figures[]> {
  const ours = ring.works.map(work => ({ ...work, contenders: work.contenders.filter(name => name !== 'hashring') }))
  const progress = (text: string) => process.stderr.write(`${text}\n`)
  const report = await runSubject({ ...ring, works: ours }, { rounds: 5, plan: FULL, progress })
  if (report.failures.length > 0) throw new Error(report.failures.join('\n'))
  return STRATEGIES.map(strategy => {
    progress(`counting keys, ${strategy}`)
    const of = (work: string, nodes: number) => medianOf(report, strategy, `${work} ${nodes} nodes`)
    const sizes = [10, 100, 1000]
    return {
      strategy,
      lookup: byNodes([32, 1000], nodes => three(1e9 / of('lookup,', nodes))),
      build: byNodes(sizes, nodes => three(of('building a ring of', nodes))),
      memory: byNodes(sizes, nodes => three(of('memory of a ring of', nodes))),
      evenness: byNodes([10, 100], nodes => evenness(strategy, nodes)),
    }
  })
}

function medianOf(report: Report, strategy: Strategy, work: string): number {
  const name = strategy === 'ring' ? 'troupe' : `troupe, ${strategy}`
  const row = report.rows.find(row => row.work === work && row.name === name)
  if (!row) throw new Error(`pnpm bench ring has no row ${work} of ${name}`)
  return row.median
}

const byNodes = <T>(sizes: readonly number[], of: (nodes: number) => T): Record<string, T> =>
  Object.fromEntries(sizes.map(nodes => [nodes, of(nodes)]))
const three = (value: number): number => Number(value.toPrecision(3))

if (!process.argv.includes('--draw')) writeFileSync(JSON_FILE, `${JSON.stringify(await measured(), undefined, 2)}\n`)
const figures = JSON.parse(readFileSync(JSON_FILE, 'utf8')) as Figures[]
for (const [name, picture] of Object.entries(pictures))
  writeFileSync(new URL(`${name}.svg`, PICTURES), drawn(figures, picture))
const document = readFileSync(DOCUMENT, 'utf8')
writeFileSync(
  DOCUMENT,
  document.replace(TABLE, () => `${tableOf(figures)}\n`),
)
