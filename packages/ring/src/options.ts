// What a ring is made with, checked and filled in.
//
// Invariant: an option that a strategy does not have is an error and not ignored: whoever sets it believes that it does
// something, and a ring that differs from the others' by an option sends keys to the wrong nodes in silence.
import { hashNamed, type HashName } from './hash.ts'
import type { Settings, Strategy } from './placement.ts'
import { RingError, shown } from './ring-error.ts'

export interface RingOptions {
  /** How keys are placed; 'ring' where left out: virtual nodes on a circle. docs/ring.md compares them. */
  readonly strategy?: Strategy
  /** What places keys and nodes; 'murmur3' where left out. Ketama has MD5, and takes no other. */
  readonly hash?: HashName
  /** Points of a node of weight 1, with the strategy 'ring'; 160 where left out. More are evener, and cost memory. */
  readonly virtualNodes?: number
  /** Places of maglev's table, a prime number, 65,537 where left out: a hundred a node, for shares even to a percent. */
  readonly tableSize?: number
}

const STRATEGIES: readonly Strategy[] = ['ring', 'ketama', 'rendezvous', 'jump', 'maglev']
const NAMES = ['strategy', 'hash', 'virtualNodes', 'tableSize']
const VIRTUAL_NODES = 160
const TABLE_SIZE = 65_537
const LARGEST_TABLE = 2 ** 24

export function settled(options: RingOptions): Settings {
  for (const name of Object.keys(options)) if (!NAMES.includes(name)) throw wrong(`there is no option ${shown(name)}`)
  const { strategy = 'ring', virtualNodes, tableSize } = options
  if (!STRATEGIES.includes(strategy))
    throw wrong(`there is no strategy ${shown(strategy)}: use one of ${STRATEGIES.join(', ')}`)
  const hash = hashNamed(options.hash ?? (strategy === 'ketama' ? 'md5' : 'murmur3')).name
  if (strategy === 'ketama' && hash !== 'md5')
    throw wrong(`ketama is defined with MD5, and takes no hash ${shown(hash)}`)
  if (virtualNodes !== undefined && strategy !== 'ring')
    throw wrong(`virtualNodes are of the strategy 'ring', not of ${shown(strategy)}`)
  if (tableSize !== undefined && strategy !== 'maglev')
    throw wrong(`tableSize is of the strategy 'maglev', not of ${shown(strategy)}`)
  switch (strategy) {
    case 'ring':
      return { strategy, hash, virtualNodes: counted(virtualNodes ?? VIRTUAL_NODES) }
    case 'maglev':
      return { strategy, hash, tableSize: primed(tableSize ?? TABLE_SIZE) }
    case 'ketama':
    case 'rendezvous':
    case 'jump':
      return { strategy, hash }
    default:
      return strategy satisfies never
  }
}

function counted(virtualNodes: number): number {
  if (Number.isInteger(virtualNodes) && virtualNodes >= 1) return virtualNodes
  throw wrong(`virtualNodes is a whole number from 1 on, not ${shown(virtualNodes)}`)
}

/** A table whose size is no prime has places that some nodes never come to. */
function primed(size: number): number {
  let prime = Number.isInteger(size) && size >= 2 && size <= LARGEST_TABLE
  for (let factor = 2; prime && factor * factor <= size; factor++) prime = size % factor !== 0
  if (prime) return size
  throw wrong(`tableSize is a prime number up to ${LARGEST_TABLE}, such as ${TABLE_SIZE}, and ${shown(size)} is not`)
}

const wrong = (text: string): RingError => new RingError('bad-option', text)
