// A ring as people read it: how it is made, and how much of all keys each node has, against what its weight asks for.
//
// Invariant: a share is exact where the strategy keeps a table, and otherwise counted over 16,384 keys, and marked with ~.
import type { RingNode } from './node.ts'
import type { Placement, Settings } from './placement.ts'
import { samples } from './plan.ts'

/** The share of all keys that each node owns, 0 to 1, by number. */
function sharesOf(placement: Placement, nodes: number): number[] {
  const shares = Array.from({ length: nodes }, () => 0)
  const { spans } = placement
  if (spans === undefined) {
    let counted = 0
    for (const key of samples()) {
      shares[placement.owner(key)]!++
      counted++
    }
    return shares.map(count => count / counted)
  }
  for (let span = 0, first = 0; span < spans.count; span++) {
    const behind = spans.lastOf(span) + 1
    shares[spans.ownerOf(span)]! += (behind - first) / spans.size
    first = behind
  }
  return shares
}

export function description(nodes: readonly RingNode[], settings: Settings, placement: Placement): string {
  const { strategy, hash, virtualNodes, tableSize } = settings
  const more = [
    `hash ${hash}`,
    ...(virtualNodes === undefined ? [] : [`${virtualNodes} virtual nodes for a weight of 1`]),
    ...(tableSize === undefined ? [] : [`a table of ${tableSize} places`]),
    `${Math.ceil(placement.bytes / 1024)} KiB`,
  ]
  const about = placement.spans === undefined ? '~' : ''
  const shares = sharesOf(placement, nodes.length)
  const total = nodes.reduce((sum, { weight }) => sum + weight, 0)
  const rows = nodes.map(({ id, weight, zone }, node) => [
    id,
    ...(nodes.some(other => other.zone !== undefined) ? [zone ?? '-'] : []),
    `weight ${weight}`,
    `${about}${percent(shares[node]!)} of ${percent(weight / total)}`,
  ])
  return [`${strategy} of ${nodes.length} nodes: ${more.join(', ')}`, ...aligned(rows)].join('\n')
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** Columns as wide as their widest entry. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => rows.reduce((most, row) => Math.max(most, row[column]!.length), 0))
  return rows.map(row => `  ${row.map((text, column) => text.padEnd(widths[column]!)).join('  ')}`.trimEnd())
}
