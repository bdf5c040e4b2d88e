// The few statistics that the tables need. Pure functions.
//
// Invariants: quantiles interpolate between neighbours (so that seven rounds give a usable spread), an empty sample is
// NaN and never 0, and a ratio is the median of the ratios of paired rounds, not the ratio of two medians: what the
// machine does to one round it does to both halves of the pair.

export type Better = 'more' | 'less'

/** The q-th quantile (0 to 1) of a sorted sample. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return NaN
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)]!
  const above = sorted[Math.ceil(at)]!
  return below + (above - below) * (at - Math.floor(at))
}

export function median(sample: readonly number[]): number {
  return quantile(sort(sample), 0.5)
}

/** The middle half's width as a share of the median: 0.04 reads as "±2 %". 0 where the median is 0. */
export function spread(sample: readonly number[]): number {
  const sorted = sort(sample)
  const middle = quantile(sorted, 0.5)
  return middle === 0 ? 0 : Math.abs((quantile(sorted, 0.75) - quantile(sorted, 0.25)) / middle)
}

/** How many times better ours is than theirs, round by round: above 1 is better for us, whichever way the unit runs. */
export function ratio(ours: readonly number[], theirs: readonly number[], better: Better): number {
  const pairs = Math.min(ours.length, theirs.length)
  const ratios: number[] = []
  for (let round = 0; round < pairs; round++) {
    const a = ours[round]!
    const b = theirs[round]!
    ratios.push(better === 'more' ? a / b : b / a)
  }
  return median(ratios)
}

function sort(sample: readonly number[]): number[] {
  return sample.toSorted((a, b) => a - b)
}
