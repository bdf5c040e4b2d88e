// Arithmetic of power series, after Doug McIlroy's "Squinting at Power Series": each operator is a goroutine, products
// and exponentials start new ones with every term and feed on themselves. (Go: test/chan/powser1.go, powser2.go)
import { type GoContext, goroutine } from '@troupe/actors'
import type { Placement } from '../placement.ts'
import { inText, inverse, negated, plus, type Rational, rational, times } from './rationals.ts'
import {
  copy,
  next,
  nextOfBoth,
  put,
  type Site,
  type Sink,
  type Source,
  wanted,
  type Wiring,
  Starter,
} from './series.ts'

const constant = goroutine(import.meta, 'series.constant', async (_ctx, to: Sink, c: Rational): Promise<void> => {
  for (;;) await put(to, c)
})
const polynomial = goroutine(import.meta, 'series.polynomial', async (_ctx, to: Sink, terms: Rational[]) => {
  for (const term of terms) await put(to, term)
  await put(to, null)
})
const sum = goroutine(import.meta, 'series.sum', async (ctx: GoContext, to: Sink, u: Source, v: Source) => {
  for (;;) {
    const answer = await wanted(to)
    const [a, b] = await nextOfBoth(ctx, [u, v])
    await answer.send(a && b ? plus(a, b) : (a ?? b))
    if (a === null && b === null) return
    if (a === null) return await copy(ctx, v, to)
    if (b === null) return await copy(ctx, u, to)
  }
})
const scaled = goroutine(import.meta, 'series.scaled', async (ctx: GoContext, to: Sink, u: Source, by: Rational) => {
  for (;;) {
    const answer = await wanted(to)
    const term = await next(ctx, u)
    await answer.send(term && times(term, by))
    if (term === null) return
  }
})
/** first + x u */
const shifted = goroutine(
  import.meta,
  'series.shifted',
  async (ctx: GoContext, to: Sink, u: Source, first: Rational) => {
    await put(to, first)
    await copy(ctx, u, to)
  },
)
const derivative = goroutine(import.meta, 'series.derivative', async (ctx: GoContext, to: Sink, u: Source) => {
  for (let n = 1; ; n++) {
    const answer = await wanted(to)
    if (n === 1) await next(ctx, u)
    const term = await next(ctx, u)
    await answer.send(term && times(term, rational(n)))
    if (term === null) return
  }
})
const integral = goroutine(import.meta, 'series.integral', async (ctx: GoContext, to: Sink, u: Source, c: Rational) => {
  await put(to, c)
  for (let n = 1; ; n++) {
    const answer = await wanted(to)
    const term = await next(ctx, u)
    await answer.send(term && times(term, rational(1, n)))
    if (term === null) return
  }
})
const echo = goroutine(import.meta, 'series.echo', async (ctx: GoContext, from: Source, to: Sink) => {
  await copy(ctx, from, to)
})
/** u(c xⁿ) */
const substituted = goroutine(
  import.meta,
  'series.substituted',
  async (ctx: GoContext, to: Sink, u: Source, c: Rational, n: number) => {
    for (let power = rational(1); ; power = times(power, c)) {
      const answer = await wanted(to)
      const term = await next(ctx, u)
      await answer.send(term && times(term, power))
      if (term === null) return
      for (let i = 1; i < n; i++) await put(to, rational(0))
    }
  },
)
/** (u + x U)(v + x V) = u v + x (u V + v U + x U V) */
const product = goroutine(
  import.meta,
  'series.product',
  async (ctx: GoContext, to: Sink, u: Source, v: Source, at: Site): Promise<void> => {
    const answer = await wanted(to)
    const [a, b] = await nextOfBoth(ctx, [u, v])
    await answer.send(a && b && times(a, b))
    if (a === null || b === null) return
    const starter = new Starter(ctx, at)
    const [u1, u2] = starter.split(u)
    const [v1, v2] = starter.split(v)
    const first = starter.start(sink => scaled(sink, v1, a))
    const second = starter.start(sink => scaled(sink, u1, b))
    const both = starter.start(sink => sum(sink, first, second))
    const rest = starter.start(sink => product(sink, u2, v2, starter.site()))
    const shiftedRest = starter.start(sink => shifted(sink, rest, rational(0)))
    const tail = starter.start(sink => sum(sink, both, shiftedRest))
    await copy(ctx, tail, to)
  },
)
/** z = 1 / (u + x U), so z = 1/u − x z U / u */
const reciprocal = goroutine(
  import.meta,
  'series.reciprocal',
  async (ctx: GoContext, to: Sink, u: Source, at: Site) => {
    const answer = await wanted(to)
    const first = await next(ctx, u)
    if (first === null) throw new Error('the reciprocal of an empty series')
    const z = inverse(first)
    await answer.send(z)
    const starter = new Starter(ctx, at)
    const loop = starter.open()
    const whole = starter.start(sink => shifted(sink, loop.source, z))
    const scaledRest = starter.start(sink => scaled(sink, u, negated(z)))
    const rest = starter.start(sink => product(sink, scaledRest, whole, starter.site()))
    const [out, back] = starter.split(rest)
    starter.go(echo(back, loop.sink))
    await copy(ctx, out, to)
  },
)
/** z = exp(u) with u(0) = 0 taken for granted, so z' = z u' and z(0) = 1 */
function exponential(starter: Starter, u: Source): Source {
  const loop = starter.open()
  const slope = starter.start(sink => derivative(sink, u))
  const change = starter.start(sink => product(sink, loop.source, slope, starter.site()))
  const z = starter.start(sink => integral(sink, change, rational(1)))
  const [out, back] = starter.split(z)
  starter.go(echo(back, loop.sink))
  return out
}

export type Formula =
  | 'ones'
  | 'polynomial'
  | 'sum'
  | 'derivative'
  | 'integral'
  | 'product'
  | 'finiteProduct'
  | 'arctangent'
  | 'reciprocal'
  | 'exponential'

const formulas: Record<Formula, (starter: Starter) => Source> = {
  ones: starter => starter.start(to => constant(to, rational(1))),
  polynomial: starter => starter.start(to => polynomial(to, [rational(1), rational(1)])),
  sum: starter => starter.start(to => sum(to, formulas.ones(starter), formulas.polynomial(starter))),
  derivative: starter => starter.start(to => derivative(to, formulas.ones(starter))),
  integral: starter => starter.start(to => integral(to, formulas.ones(starter), rational(0))),
  product: starter => starter.start(to => product(to, formulas.ones(starter), formulas.ones(starter), starter.site())),
  finiteProduct: starter => {
    const other = starter.start(to => polynomial(to, [rational(1), rational(-1)]))
    return starter.start(to => product(to, formulas.polynomial(starter), other, starter.site()))
  },
  arctangent: starter => {
    const slope = starter.start(to => substituted(to, formulas.ones(starter), rational(-1), 2))
    return starter.start(to => integral(to, slope, rational(0)))
  },
  reciprocal: starter => starter.start(to => reciprocal(to, formulas.polynomial(starter), starter.site())),
  exponential: starter => exponential(starter, formulas.ones(starter)),
}

/** The first terms of a series, or all of them where it ends before. */
export const powerSeries = goroutine(
  import.meta,
  'power-series',
  async (ctx: GoContext, on: Placement, wiring: Wiring, name: Formula, most: number) => {
    const series = formulas[name](new Starter(ctx, { on, wiring, count: 1 }))
    const terms: string[] = []
    while (terms.length < most) {
      const term = await next(ctx, series)
      if (term === null) break
      terms.push(inText(term))
    }
    return terms
  },
)
