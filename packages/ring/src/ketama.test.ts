// Ketama against known good results, to the bit: keys, their positions, and their servers.
import { expect, test } from 'vitest'
import { groupsOf } from './ketama.ts'
import { ring } from './ring.ts'

/** 10.0.1.1 to 10.0.1.8 */
const WEIGHTS = [600, 300, 200, 350, 1000, 800, 950, 100]

// of the 99 results that libmemcached (test/fixtures/ketama.hpp) and Finagle (ketama_results) are tested with:
// the key, its position, and the last number of its server's address
const known: [key: string, position: number, server: number][] = [
  ['SVa_]_V41)', 443691461, 7],
  ['*/Z;?V(.\\8', 1422915503, 1],
  ['30C1*Z*S/_', 1473165754, 2],
  ['ERR:EC58G>', 2148406511, 7],
  ['1I=cTMNTKF', 2882686667, 5],
  [']VG<`I*Z8)', 1103544263, 5],
  ['UUTC`-V159', 3716288206, 5],
  ['@7RU6C6T+Z', 3862737685, 5],
  ['/XLN0@+36;', 1623269830, 1],
  ['4(`X;\\V.^c', 373546328, 1],
  ['726bW=9*a4', 4213440020, 7],
  ['\\`)<B)UE,c', 951096736, 1],
  ['P1[Ma3=K1/', 1989324036, 8],
  ['C89I.-V?cT', 1604239957, 8],
  ['D[HE+cFXDK', 2117036136, 3],
  ['P1L?NAB[)K', 2129972569, 1],
  ['cDT0)Z5P6,', 176485284, 5],
  ['\\39DKW^)N_', 3548879868, 3],
  ['EM75N0+[X1', 1558531507, 4],
  ['(,>E`)FT\\4', 580747448, 2],
  ['6,cEI`F_P>', 3972869246, 6],
  ['c,5AQ/T5)6', 2835605783, 8],
  ['XY\\X::LX50', 1749241099, 6],
  [']\\.UH8_0a1', 2419699252, 4],
  ['8*6a;Sc*X+', 4223431086, 2],
  ['UNHVP..^8H', 977096483, 4],
  ['U;9:-+5N]9', 269504649, 1],
  ['[>RZHG97Q9', 71954686, 6],
  ['N-)88>[O`,', 50404102, 5],
  ['0OZH^9BKM[', 3682518606, 8],
  ['CTR74,J+N.', 137446045, 8],
  ['VD6D0]ba_\\', 3842502950, 1],
]

const servers = WEIGHTS.map((weight, n) => ({ id: `10.0.1.${n + 1}`, weight }))

test.each(known)('%j', (key, position, server) => {
  const hosts = ring(servers, { strategy: 'ketama' })
  expect(hosts.position(key)).toBe(position)
  expect(hosts.owner(key)).toBe(`10.0.1.${server}`)
})

test('a key behind the last point belongs to the first', () => {
  // VDEAAAAA is at fffcd1b5, behind the last point of these servers (libmemcached, ketama_compat)
  const hosts = ring(servers, { strategy: 'ketama' })
  expect(hosts.position('VDEAAAAA')).toBe(0xfffcd1b5)
  const { ranges } = hosts.plan(ring(['nobody'], { strategy: 'ketama' }))
  expect(ranges.at(-1)!.last).toBe(2 ** 32 - 1)
  expect(hosts.owner('VDEAAAAA')).toBe(ranges[0]!.from)
})

test('shares are floats, as in C: with doubles, seven equal servers would have 39 groups', () => {
  expect(groupsOf([1, 1, 1, 1, 1, 1, 1])).toEqual([40, 40, 40, 40, 40, 40, 40])
  expect(Math.floor((1 / 7) * 40 * 7)).toBe(39)
  expect(groupsOf(WEIGHTS)).toEqual([44, 22, 14, 26, 74, 59, 70, 7])
})

test('a server too light for a point owns nothing, and comes last in every preference list', () => {
  const hosts = ring(
    [
      { id: 'heavy', weight: 1000 },
      { id: 'light', weight: 1 },
    ],
    { strategy: 'ketama' },
  )
  expect(hosts.owners('user-42', 2)).toEqual(['heavy', 'light'])
  expect(hosts.describe()).toMatch(/light +weight 1 +0\.0 % of 0\.1 %/)
})
