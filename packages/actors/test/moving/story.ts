// The story of one run, for people: what its actors did, and what threads made of the frames and standings of those that
// moved, line by line with the virtual time. It is told of a seed that has failed, by running that once more.
//
// Invariant: telling changes nothing: what is called is called as before, with the same outcome.
import { Handoffs } from '../../src/core/handoffs.ts'
import { Waking } from '../../src/core/settling.ts'
import { Standing } from '../../src/core/standing.ts'
import { Audit } from '../simulation-audit.ts'
import { run } from '../simulation-run.ts'
import { ChannelAudit } from './channel-audit.ts'
import { MoveAudit } from './move-audit.ts'

type Method = (this: any, ...args: unknown[]) => unknown

const standing = ['send', 'pass', 'met', 'answered', 'heard', 'settle', 'offer', 'rollBack', 'commit', 'returned']
standing.push('offered', 'committed', 'cancelled')
const audit = ['sending', 'asked', 'dead', 'begin', 'leave', 'started', 'stopping', 'spawned', 'stopped', 'setTimer']
audit.push('cancelled', 'fired', 'watching', 'unwatched', 'noticed', 'piping', 'piped')

/** What is told of: a class's methods, and whose they are. */
const told: [owner: object, names: readonly string[], whose: (self: any) => string][] = [
  [Standing.prototype, standing, ({ self, address }) => `thread ${self} of ${address.id}:`],
  [Handoffs.prototype, ['receive'], () => 'handoff'],
  [Waking.prototype, ['hold', 'marked', 'settled'], ({ from }) => `waking, from thread ${from},`],
  [Audit.prototype, audit, () => ''],
  [MoveAudit.prototype, ['begin', 'bySelf', 'ended'], () => 'move'],
  [ChannelAudit.prototype, ['next', 'sent', 'received'], () => 'channel'],
]

/** Runs something, and gives what is told of it. */
export async function storyOf(program: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = []
  const repairs: (() => void)[] = []
  for (const [owner, names, whose] of told) {
    for (const name of names) repairs.push(tells(owner as Record<string, Method>, name, whose, lines))
  }
  try {
    await program()
  } finally {
    for (const repair of repairs) repair()
  }
  return lines
}

function tells(owner: Record<string, Method>, name: string, whose: (self: any) => string, lines: string[]): () => void {
  const old = owner[name]!
  owner[name] = function (...args) {
    const at = `${run.sim.now().toFixed(3).padStart(9)} ${whose(this)} ${name} ${args.map(inWords).join(' ')}`
    const before = lines.push(at)
    const result = old.apply(this, args)
    const state = this instanceof Standing ? ` · ${standingIn(this)}` : ''
    if (result !== undefined || state !== '') lines[before - 1] = `${at} → ${inWords(result)}${state}`
    return result
  }
  return () => void (owner[name] = old)
}

function standingIn({ phase, epoch, place, via, stamp, clean, fence, held }: Standing): string {
  const stream = `via ${via} by ${stamp}, ${clean ? 'clean' : 'used'}${fence === 0 ? '' : `, fence ${fence}`}`
  return `${phase} ${epoch} at ${place}; ${stream}${held.length === 0 ? '' : `, ${held.length} held`}`
}

/** Short: lives, refs and frames by their actor, the rest by what is no object. */
function inWords(value: any): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  const { actor, number, id, address, from, order } = value
  if (actor !== undefined && number !== undefined) return `${actor}/${number}`
  if (address !== undefined) return `${inWords(address)} ${inWords({ ...value, address: undefined })}`
  if (typeof id === 'string') return id
  if (order !== undefined) return `message ${id} (${order} of ${from})`
  return Object.entries(value)
    .filter(([, part]) => ['string', 'number', 'boolean'].includes(typeof part))
    .map(([name, part]) => `${name} ${String(part)}`)
    .join(', ')
}
