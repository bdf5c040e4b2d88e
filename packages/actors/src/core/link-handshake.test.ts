// Handshakes between two machines' states, message by message: what both say, and what somebody between or beside them can do.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Random } from '../testing/random.ts'
import { REFUSALS } from './link-errors.ts'
import { Handshake, type HandshakeParts, type HandshakeStep, type Seal } from './link-handshake.ts'
import { decodeMessage, encodeMessage, isNodeName, MESSAGE, NONCE, type Message } from './link-messages.ts'

const random = new Random(5)
function seal(secret?: string): Seal {
  const nonce = () => Uint8Array.from({ length: NONCE }, () => random.below(256))
  const mac = (parts: readonly Uint8Array[]) => {
    const hash = createHmac('sha256', secret!)
    parts.forEach(part => hash.update(part))
    return hash.digest()
  }
  return { nonce, mac: secret === undefined ? undefined : mac, same: timingSafeEqual }
}

/** One node's side, with what it has said that nobody has read yet. */
class Side {
  readonly said: Uint8Array[] = []
  readonly handshake: Handshake
  step: HandshakeStep = { kind: 'waits' }
  constructor(role: HandshakeParts['role'], name: string, parts: Partial<HandshakeParts> = {}) {
    this.handshake = new Handshake({
      role,
      self: { cluster: 'fleet', name, incarnation: name.charCodeAt(0) },
      seal: seal('secret'),
      credentials: { by: 'user', names: [] },
      admit: () => undefined,
      standing: () => ({ stamp: 7, generation: 3 }),
      send: bytes => void this.said.push(bytes.slice()),
      ...parts,
    })
  }
  hear(bytes: Uint8Array): void {
    this.step = this.handshake.receive(bytes)
  }
  /** What came of it, in a word or two. */
  get outcome(): string {
    const { step } = this
    if (step.kind === 'refused') return `${step.refusal.reason}${step.trusted ? '' : '?'}`
    return step.kind === 'known' ? `${step.peer.name} by ${step.peer.by}` : 'waits'
  }
}
/** Carries messages to and fro; `change` may make others of them. */
function talk(
  a: Side,
  b: Side,
  change: (bytes: Uint8Array, from: Side, count: number) => Uint8Array = bytes => bytes,
): void {
  for (let count = 0, moved = true; moved;) {
    moved = false
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const bytes = from.said.shift()
      if (bytes === undefined || to.step.kind !== 'waits') continue
      moved = true
      to.hear(change(bytes, from, count++))
    }
  }
}
function both(partsA: Partial<HandshakeParts> = {}, partsB: Partial<HandshakeParts> = {}): [Side, Side] {
  const sides: [Side, Side] = [new Side('dialer', 'a', partsA), new Side('acceptor', 'b', partsB)]
  talk(...sides)
  return sides
}
const outcomes = (sides: readonly Side[]) => sides.map(side => side.outcome)

test('two nodes of one cluster and secret know each other, and what the other says of its connections', () => {
  const [a, b] = both()
  expect(outcomes([a, b])).toEqual(['b by secret', 'a by secret'])
  expect(a.step).toMatchObject({ standing: { stamp: 7, generation: 3 }, peer: { incarnation: 98, cluster: 'fleet' } })
})
test('without a secret a peer is known by the way it came', () => {
  const open = { seal: seal() }
  expect(outcomes(both(open, open))).toEqual(['b by user', 'a by user'])
})
test('who is refused, and whether it can act on that', () => {
  const none = { seal: seal() }
  const elsewhere = { self: { cluster: 'navy', name: 'b', incarnation: 1 } }
  const nobody = { credentials: { by: 'nobody', names: [] } as const }
  const down = { admit: () => ({ reason: 'declared-down', message: 'gone' }) as const }
  expect(outcomes(both({}, elsewhere))).toEqual(['cluster', 'cluster'])
  expect(outcomes(both({}, { seal: seal('other') }))).toEqual(['secret?', 'secret'])
  expect(outcomes(both(none, {}))[0]).toBe('secret')
  expect(outcomes(both({}, down))).toEqual(['declared-down', 'declared-down'])
  expect(outcomes(both(down, {}))[0]).toEqual('declared-down')
  expect(outcomes(both({ ...none, ...nobody }, { ...none, ...down }))).toEqual(['declared-down?', 'declared-down'])
  expect(outcomes(both({ expects: { name: 'c' } }))[0]).toBe('other-node')
  expect(outcomes(both({ expects: { name: 'b', incarnation: 1 } }))[0]).toBe('other-node')
  expect(outcomes(both({ expects: { name: 'b', incarnation: 98 } }))).toEqual(['b by secret', 'a by secret'])
})

describe('somebody who does not know the secret', () => {
  test('cannot send a node’s own proof back to it', () => {
    const victim = new Side('acceptor', 'b')
    // as a dialer that repeats whatever it hears; and with a name of its own, and only the proof repeated
    const hello = new Side('dialer', 'a', { seal: seal('guess') }).said[0]!
    victim.hear(hello)
    expect(victim.said).toHaveLength(1)
    victim.hear(victim.said[0]!)
    expect(victim.outcome).toBe('malformed')
    const mirrored = new Side('acceptor', 'b')
    const own = new Side('dialer', 'b')
    mirrored.hear(own.said[0]!)
    expect(mirrored.outcome).toBe('self')
  })
  test('cannot use the proof of a dialer as that of an acceptor', () => {
    const a = new Side('dialer', 'a')
    const b = new Side('acceptor', 'b')
    b.hear(a.said.shift()!)
    a.hear(b.said.shift()!)
    const proof = a.said.shift()!
    a.hear(proof) // reflected
    expect(a.outcome).toBe('secret')
    expect(b.outcome).toBe('waits')
  })
  test('cannot send a refusal back: the same words have another proof from the other side', () => {
    const a = new Side('dialer', 'a')
    const b = new Side('acceptor', 'b')
    b.hear(a.said.shift()!)
    a.hear(b.said.shift()!)
    for (const { handshake } of [a, b]) handshake.refuse('busy', 'not now')
    const [mine, yours] = [a.said.pop()!, b.said.pop()!]
    const words = (bytes: Uint8Array) => [...bytes.subarray(0, 32), ...bytes.subarray(64)]
    expect(words(mine)).toEqual(words(yours))
    expect(mine).not.toEqual(yours)
  })
  test('cannot repeat what was said in another connection', () => {
    const heard: Uint8Array[] = []
    const [a, b] = [new Side('dialer', 'a'), new Side('acceptor', 'b')]
    talk(a, b, (bytes, from) => {
      if (from === a) heard.push(bytes)
      return bytes
    })
    expect(b.outcome).toBe('a by secret')
    const again = new Side('acceptor', 'b')
    heard.forEach(bytes => again.hear(bytes))
    expect(again.outcome).toBe('secret')
  })
  test('cannot change a bit of anything that is said', () => {
    for (let round = 0; round < 2000; round++) {
      const [a, b] = [new Side('dialer', 'a'), new Side('acceptor', 'b')]
      const [at, bit, which] = [random.below(MESSAGE), 1 << random.below(8), random.below(4)]
      talk(a, b, (bytes, _, count) => {
        if (count === which) bytes[at]! ^= bit
        return bytes
      })
      // whoever spoke last does not know that its proof was changed
      expect(
        [a, b].some(side => side.step.kind !== 'known'),
        `bit ${bit} of byte ${at} of message ${which}`,
      ).toBe(true)
      if (which < 2) expect([a, b].every(side => side.step.kind !== 'known')).toBe(true)
    }
  })
  test('cannot refuse in another’s name', () => {
    const a = new Side('dialer', 'a')
    const b = new Side('acceptor', 'b')
    b.hear(a.said.shift()!)
    a.hear(b.said.shift()!)
    a.hear(encodeMessage({ type: 'refuse', reason: 'declared-down', message: 'go away' }))
    expect(a.outcome).toBe('declared-down?')
  })
})

describe('messages', () => {
  const samples: Message[] = [
    {
      type: 'hello',
      from: { cluster: 'c'.repeat(64), name: 'N_.-9', incarnation: 2 ** 53 - 1 },
      expects: { name: '', incarnation: 0 },
      nonce: new Uint8Array(32).fill(9),
      secret: true,
    },
    {
      type: 'hello',
      from: { cluster: 'c', name: 'n', incarnation: 1 },
      expects: { name: 'x'.repeat(64), incarnation: 5 },
      nonce: new Uint8Array(32),
      secret: false,
    },
    { type: 'proof', stamp: 2 ** 40 + 1, generation: 5 },
    { type: 'go', generation: 1, received: 2 ** 45 },
    { type: 'confirm', stamp: 3, received: 0 },
    ...REFUSALS.map((reason): Message => ({ type: 'refuse', reason, message: `because of ${reason} – so` })),
  ]
  test('come out as they went in', () => {
    for (const message of samples) expect(decodeMessage(encodeMessage(message))).toEqual(message)
  })
  test('a text is cut to what there is room for, and cannot steer a terminal', () => {
    const read = (message: string) =>
      decodeMessage(encodeMessage({ type: 'refuse', reason: 'busy', message })) as { message: string }
    expect(read('é'.repeat(200)).message).toBe('é'.repeat(96))
    expect(read('a\u001b[31mb\n\u202ec').message).toBe('a?[31mb??c')
  })
  test('another version is said to be one', () => {
    const bytes = encodeMessage(samples[2]!)
    bytes[8] = 9
    expect(decodeMessage(bytes)).toMatchObject({
      type: 'refuse',
      reason: 'version',
      message: expect.stringContaining('version 9'),
    })
    const b = new Side('acceptor', 'b')
    b.hear(bytes)
    expect(b.outcome).toBe('version?')
  })
  test('mutated, they are read, or fail as malformed', () => {
    for (let round = 0; round < 20_000; round++) {
      const bytes = encodeMessage(samples[random.below(samples.length)]!)
      for (let i = random.below(5); i >= 0; i--)
        bytes[random.below(10) < 3 ? random.below(24) : random.below(256)] = random.below(256)
      const side = new Side(random.below(2) === 0 ? 'dialer' : 'acceptor', 'z', {
        seal: seal(random.below(2) === 0 ? 'secret' : undefined),
      })
      side.hear(bytes)
      expect(side.step.kind).not.toBe('known')
      if (side.step.kind === 'refused') expect(REFUSALS).toContain(side.step.refusal.reason)
    }
  })
})

test('names are of 1 to 64 plain characters', () => {
  expect(['a', 'A.b-c_9', 'x'.repeat(64)].map(isNodeName)).toEqual([true, true, true])
  expect(['', 'a b', 'ä', 'a\n', 'x'.repeat(65), 'a/b'].map(isNodeName)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
  ])
})
