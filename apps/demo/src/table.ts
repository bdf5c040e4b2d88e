// The busiest airports as a table.
//
// Invariants:
// - It fits the width it is given (from 60 columns on): names and cities give way, figures never do.
// - Columns line up with colour and without, since padding is done before painting.
import type { Figures } from './airport.ts'
import type { Place } from './places.ts'
import { clipped, grouped, type Screen } from './screen.ts'

export interface Row extends Figures {
  code: string
  place: Place | undefined
}

/** Busiest first: by departures and landings together, then by code. */
export function busiest(airports: ReadonlyMap<string, Figures>, howMany: number): [code: string, Figures][] {
  const traffic = ({ departed, landed }: Figures): number => departed + landed
  return [...airports]
    .sort(([a, one], [b, other]) => traffic(other) - traffic(one) || (a < b ? -1 : 1))
    .slice(0, howMany)
}

/** The columns of figures, each as wide as what stands in it. */
const figureColumns: readonly { head: string; cell: (row: Row) => string }[] = [
  { head: 'departed', cell: row => grouped(row.departed) },
  { head: 'landed', cell: row => grouped(row.landed) },
  { head: 'delay', cell: row => (row.landed === 0 ? '–' : mean(row.delayTotal, row.landed)) },
  { head: 'longest', cell: row => (row.landed === 0 ? '–' : grouped(row.longestDelay)) },
  { head: 'peak', cell: row => (row.busiestHour === null ? '–' : `${String(row.busiestHour).padStart(2, '0')}:00`) },
]

const GAP = '  '

export function table(rows: readonly Row[], screen: Pick<Screen, 'paint'>, width: number): string {
  const figures = figureColumns.map(({ head, cell }) => {
    const cells = rows.map(cell)
    const wide = Math.max(head.length, ...cells.map(text => text.length))
    return { head: head.padStart(wide), cells: cells.map(text => text.padStart(wide)) }
  })
  const codeWide = Math.max(4, ...rows.map(({ code }) => code.length))
  const taken = codeWide + figures.reduce((sum, { head }) => sum + GAP.length + head.length, 0) + 2 * GAP.length
  const [nameWide, cityWide] = shared(width - taken, widest('name', rows), widest('city', rows))
  const heading = [
    'code'.padEnd(codeWide),
    'airport'.padEnd(nameWide),
    'city'.padEnd(cityWide),
    ...figures.map(({ head }) => head),
  ]
  const lines = rows.map(({ code, place }, at) =>
    [
      screen.paint('bold', code.padEnd(codeWide)),
      clipped(place?.name ?? '', nameWide).padEnd(nameWide),
      screen.paint('dim', clipped(place?.city ?? '', cityWide).padEnd(cityWide)),
      ...figures.map(({ cells }) => cells[at]),
    ].join(GAP),
  )
  return [screen.paint('dim', heading.join(GAP)), ...lines, ''].join('\n')
}

/** To a tenth; never -0.0. */
function mean(total: number, count: number): string {
  return (Math.round((total / count) * 10) / 10 + 0).toFixed(1)
}

function widest(part: keyof Place, rows: readonly Row[]): number {
  return Math.max(7, ...rows.map(({ place }) => place?.[part].length ?? 0))
}

/** The room for two columns that would like to be so wide. A narrow one gives the other what it does not need. */
function shared(room: number, name: number, city: number): [name: number, city: number] {
  const cityWide = Math.min(city, Math.max(7, Math.floor(room * 0.42), room - name))
  return [Math.max(7, Math.min(name, room - cityWide)), cityWide]
}
