// Names and cities of airports, and the flights that come with the demo: both from the vega-datasets package.
//
// Invariant: an airport that nobody knows is no fault. It has no place, and is shown by its code alone.
import { createReadStream } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { compose } from 'node:stream'
import { parse } from 'csv-parse'

export interface Place {
  /** `Chicago O'Hare`: without the International that most of them have. */
  name: string
  city: string
}

/** The path of one of the package's data files. */
export function dataFile(name: string): string {
  const found = findPackageJSON('vega-datasets', import.meta.url)
  if (found === undefined) throw new Error('vega-datasets is not installed')
  return join(dirname(found), 'data', name)
}

/** Those of the codes that are known. */
export async function placesOf(codes: Iterable<string>): Promise<Map<string, Place>> {
  const wanted = new Set(codes)
  const places = new Map<string, Place>()
  const rows = compose(createReadStream(dataFile('airports.csv')), parse({ columns: true }))
  for await (const { iata, name, city } of rows as AsyncIterable<Record<'iata' | 'name' | 'city', string>>) {
    if (wanted.has(iata)) places.set(iata, { name: name.replace(/ (International|Intl)\b/, ''), city })
  }
  return places
}
