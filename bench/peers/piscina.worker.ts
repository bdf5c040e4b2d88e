// The other end of piscina.ts: the functions that its workers run.

export default function add(n: number): number {
  return n + 1
}

export async function crunch(turns: number): Promise<number> {
  const { crunch } = await import('../measure.ts')
  return crunch(turns)
}

export function ends(bytes: Uint8Array): number {
  return bytes[0]! + bytes[bytes.length - 1]!
}
