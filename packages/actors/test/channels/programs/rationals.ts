// Exact rational numbers, in lowest terms: what power series are made of. Plain data, so that they travel.

export interface Rational {
  readonly num: bigint
  readonly den: bigint
}

export function rational(num: bigint | number, den: bigint | number = 1n): Rational {
  const [a, b] = [BigInt(num), BigInt(den)]
  const common = greatestCommonDivisor(a, b) * (b < 0n ? -1n : 1n)
  return { num: a / common, den: b / common }
}
export function plus(a: Rational, b: Rational): Rational {
  return rational(a.num * b.den + b.num * a.den, a.den * b.den)
}
export function times(a: Rational, b: Rational): Rational {
  return rational(a.num * b.num, a.den * b.den)
}
export function negated({ num, den }: Rational): Rational {
  return { num: -num, den }
}
export function inverse({ num, den }: Rational): Rational {
  return rational(den, num)
}
export function inText({ num, den }: Rational): string {
  return den === 1n ? `${num}` : `${num}/${den}`
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? (a < 0n ? -a : a) : greatestCommonDivisor(b, a % b)
}
