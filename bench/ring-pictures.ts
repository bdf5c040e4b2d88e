// The figures of docs/ring.md as pictures (SVG) and as a table (Markdown). Pure: the same figures give the same text.
//
// Each picture has a line for each strategy, and on it a dot for each number of nodes; most axes are logarithmic, as
// what they show differs by a thousand times. Colours differ in lightness too, and each dot's shape says which it is.

import type { Strategy } from '@troupe/ring'
import type { Evenness } from './ring-evenness.ts'

type ByNodes = Readonly<Record<string, number>>
export interface Figures {
  readonly strategy: Strategy
  /** Nanoseconds. */
  readonly lookup: ByNodes
  /** Milliseconds. */
  readonly build: ByNodes
  /** Kilobytes. */
  readonly memory: ByNodes
  readonly evenness: Readonly<Record<string, Evenness>>
}

interface Picture {
  readonly title: string
  readonly unit: string
  readonly series: readonly string[]
  readonly scale: 'log' | 'linear'
  /** Where the best that can be is marked. */
  readonly best?: { readonly at: number; readonly label: string }
  valueOf(figures: Figures, series: string): number
}

const sizes = ['10', '100', '1000']
const some = ['10', '100']
export const pictures: Readonly<Record<string, Picture>> = {
  'ring-lookup': {
    title: 'Time of a lookup',
    unit: 'ns',
    series: ['32', '1000'],
    scale: 'log',
    valueOf: ({ lookup }, nodes) => lookup[nodes]!,
  },
  'ring-build': {
    title: 'Time to build a ring',
    unit: 'ms',
    series: sizes,
    scale: 'log',
    valueOf: ({ build }, nodes) => build[nodes]!,
  },
  'ring-memory': {
    title: 'Memory of a ring',
    unit: 'kB',
    series: sizes,
    scale: 'log',
    valueOf: ({ memory }, nodes) => memory[nodes]!,
  },
  'ring-heaviest': {
    title: 'Keys of the heaviest node, above the mean',
    unit: '%',
    series: some,
    scale: 'linear',
    best: { at: 0, label: 'even' },
    valueOf: ({ evenness }, nodes) => evenness[nodes]!.heaviest,
  },
  'ring-join': {
    title: 'Keys that move when a node joins, by its part of all keys',
    unit: '×',
    series: some,
    scale: 'linear',
    best: { at: 1, label: 'its part' },
    valueOf: ({ evenness }, nodes) => evenness[nodes]!.join,
  },
  'ring-leave': {
    title: 'Keys that move when a node leaves, by those that it had',
    unit: '×',
    series: some,
    scale: 'linear',
    best: { at: 1, label: 'the fewest' },
    valueOf: ({ evenness }, nodes) => evenness[nodes]!.leave,
  },
}

// ── table ───────────────────────────────────────────────────────────────────────────────────────────────────────
const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))))

export function tableOf(all: readonly Figures[]): string {
  const columns = Object.values(pictures).flatMap(({ title, unit, series, valueOf }) =>
    series.map(nodes => ({
      head: `${title.split(',')[0]}, ${nodes} nodes, ${unit}`,
      cell: (one: Figures) => valueOf(one, nodes),
    })),
  )
  return [
    `| | ${all.map(({ strategy }) => `\`${strategy}\``).join(' | ')} |`,
    `|---|${all.map(() => '---:|').join('')}`,
    ...columns.map(({ head, cell }) => `| ${head} | ${all.map(one => digits(cell(one))).join(' | ')} |`),
  ].join('\n')
}

// ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────────
const WIDTH = 720
const LEFT = 112
const RIGHT = 32
const TOP = 76
const ROW = 42
const COLOURS = ['#0b3c5d', '#d9822b', '#8a1c7c']
const FONT = 'font-family="system-ui, Helvetica, Arial, sans-serif"'

export function drawn(all: readonly Figures[], picture: Picture): string {
  const { title, unit, series, best } = picture
  const values = all.flatMap(one => series.map(nodes => picture.valueOf(one, nodes)))
  const { x, ticks } = axis(values, picture)
  const bottom = TOP + all.length * ROW
  const height = bottom + 34
  const text = (at: number, y: number, words: string, more = '') =>
    `<text x="${near(at)}" y="${y}" ${more}>${words}</text>`
  const grid = ticks.flatMap(tick => [
    `<line x1="${near(x(tick))}" y1="${TOP}" x2="${near(x(tick))}" y2="${bottom}" stroke="#e3e3e3"/>`,
    text(x(tick), bottom + 18, `${label(tick)} ${unit}`, 'font-size="11" fill="#555" text-anchor="middle"'),
  ])
  const mark = best
    ? [
        `<line x1="${near(x(best.at))}" y1="${TOP - 6}" x2="${near(x(best.at))}" y2="${bottom}" stroke="#2a7d4f" stroke-dasharray="4 3"/>`,
        text(x(best.at), TOP - 10, best.label, 'font-size="11" fill="#2a7d4f" text-anchor="middle"'),
      ]
    : []
  const legend = series.flatMap((nodes, n) => [
    dot(LEFT + 8 + n * 110, 44, n),
    text(LEFT + 20 + n * 110, 48, `${label(Number(nodes))} nodes`, 'font-size="12" fill="#333"'),
  ])
  const rows = all.flatMap((one, row) => {
    const middle = TOP + row * ROW + ROW / 2
    const dots = series.map((nodes, n): [number, number] => [
      x(picture.valueOf(one, nodes)),
      middle + (n - (series.length - 1) / 2) * 9, // one below the other, so that none hides another
    ])
    return [
      text(LEFT - 14, middle + 4, one.strategy, 'font-size="13" fill="#222" text-anchor="end"'),
      `<polyline points="${dots.map(([at, y]) => `${near(at)},${y}`).join(' ')}" fill="none" stroke="#b5b5b5" stroke-width="2"/>`,
      ...dots.map(([at, y], n) => dot(at, y, n)),
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ${FONT} role="img">`,
    `<title>${title}, in ${unit}, by strategy</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(20, 24, title, 'font-size="15" font-weight="600" fill="#111"'),
    ...legend,
    ...grid,
    ...mark,
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

/** A circle, a square, a diamond: told apart without their colours. */
function dot(x: number, y: number, series: number): string {
  const fill = `fill="${COLOURS[series]}" stroke="#fff"`
  if (series === 0) return `<circle cx="${near(x)}" cy="${y}" r="6" ${fill}/>`
  const turned = series === 1 ? '' : ` transform="rotate(45 ${near(x)} ${y})"`
  return `<rect x="${near(x - 5.5)}" y="${y - 5.5}" width="11" height="11" ${fill}${turned}/>`
}

function axis(values: readonly number[], { scale, best }: Picture): { x: (value: number) => number; ticks: number[] } {
  const room = WIDTH - LEFT - RIGHT
  if (scale === 'log') {
    const from = Math.floor(Math.log10(Math.min(...values)))
    const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))))
    const ticks = Array.from({ length: to - from + 1 }, (_, n) => 10 ** (from + n))
    return { x: value => LEFT + ((Math.log10(value) - from) / (to - from)) * room, ticks }
  }
  const most = Math.max(...values, (best?.at ?? 0) * 1.2)
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].find(step => most / step <= 8) ?? 100
  const count = Math.ceil(most / step - 1e-9)
  const ticks = Array.from({ length: count + 1 }, (_, n) => Number((n * step).toFixed(3)))
  return { x: value => LEFT + (value / (count * step)) * room, ticks }
}

const label = (tick: number): string => (tick >= 1 ? tick.toLocaleString('en') : String(Number(tick.toPrecision(1))))
const near = (value: number): string => String(Number(value.toFixed(1)))
