// What every link promises, held over each transport: Unix sockets, TCP with TLS and without, and simulated ones. (What lanes between
// threads promise as well is in link-ways.test.ts.)
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { Transport } from '../../src/edge/link-transport.ts'
import { Random } from '../../src/testing/random.ts'
import { failureOf, insecure, LinkNode, secured, simulated, unix, upTo } from './link-world.ts'

const media = [unix(), insecure(), secured(), simulated(1)]
afterAll(() => media.forEach(medium => medium.close()))

const SECRET = 'a secret of the fleet, for tests'

describe.each(media)('over $name', medium => {
  const open: LinkNode[] = []
  let count = 0
  afterEach(async () => {
    await Promise.all(open.splice(0).map(node => node.links.close()))
  })
  /** A node that listens; each test has names of its own. */
  async function node(letter: string, options: ConstructorParameters<typeof LinkNode>[2] = {}): Promise<LinkNode> {
    const made = new LinkNode(medium, `${letter}${count++}`, options)
    open.push(made)
    await made.listen(medium)
    return made
  }
  async function pair(options: ConstructorParameters<typeof LinkNode>[2] = {}): Promise<[LinkNode, LinkNode]> {
    const a = await node('a', options)
    const b = await node('b', options)
    const attempt = a.dial(b)
    await medium.until(() => attempt.result !== undefined && b.hasLinkTo(a))
    if (attempt.result?.kind !== 'linked') throw new Error(failureOf(attempt))
    return [a, b]
  }

  describe('records', () => {
    test('arrive once, in order and whole, both ways at once, small and large, joined or not', async () => {
      const [a, b] = await pair()
      const lengths = [16, 40, 100, 5000, 24, 65_528, 65_529, 65_536, 1_500_000, 32, 200_000, 17]
      for (let i = 0; i < 200; i++) {
        a.post(b, lengths[i % lengths.length]!, i % 3 === 0)
        b.post(a, lengths[(i * 5) % lengths.length]!, i % 2 === 0)
        if (i % 7 !== 0) continue
        a.to(b).flush()
        b.to(a).flush()
        await medium.until(() => a.to(b).pending < 8e6)
      }
      a.to(b).flush()
      b.to(a).flush()
      await medium.until(() => a.got.length === 200 && b.got.length === 200)
      expect(b.got).toEqual(upTo(200))
      expect(a.got).toEqual(upTo(200))
      await medium.until(() => a.to(b).pending === 0 && b.to(a).pending === 0)
    })

    test('are accepted beyond the window, and the sender is told when there is room again', async () => {
      const [a, b] = await pair({ limits: { window: 64 * 1024, pending: 256 * 1024 } })
      const link = a.to(b)
      while (!link.full) a.post(b, 4096)
      link.flush()
      expect(link.pending).toBeGreaterThanOrEqual(256 * 1024)
      expect(a.rooms).toBe(0)
      await medium.until(() => a.rooms === 1)
      expect(link.pending).toBeLessThanOrEqual(128 * 1024)
      await medium.until(() => b.got.length === a.posted)
      expect(b.got).toEqual(upTo(a.posted))
    })

    test('outlive connections: destroyed at any point under load, by either side', async () => {
      const [a, b] = await pair({ limits: { window: 256 * 1024 } })
      const random = new Random(7)
      let cuts = 0
      while (cuts < 40) {
        for (let i = random.below(60); i >= 0; i--) {
          a.post(b, 16 + random.below(4000), random.below(2) === 0)
          if (random.below(2) === 0) b.post(a, 16 + random.below(random.below(20) === 0 ? 300_000 : 300))
        }
        a.to(b).flush()
        b.to(a).flush()
        const seen = b.got.length
        await medium.until(() => b.got.length > seen + random.below(30) || b.got.length === a.posted)
        const [one, other] = random.below(2) === 0 ? [a, b] : [b, a]
        one.to(other).cut()
        cuts++
        // whoever dials, and also when both do
        const attempts = [...(random.below(3) > 0 ? [a.dial(b)] : []), b.dial(a)]
        await medium.until(() => attempts.every(({ result }) => result !== undefined))
        if (attempts.every(({ result }) => result?.kind !== 'linked'))
          throw new Error(attempts.map(failureOf).join('; '))
        await medium.until(() => a.hasLinkTo(b) && b.hasLinkTo(a))
      }
      await medium.until(() => a.got.length === b.posted && b.got.length === a.posted)
      expect(b.got).toEqual(upTo(a.posted))
      expect(a.got).toEqual(upTo(b.posted))
    })

    test('that may not have arrived are given back when the peer is given up, and those only', async () => {
      const [a, b] = await pair({ limits: { window: 64 * 1024 } })
      for (let i = 0; i < 100; i++) a.post(b, i % 10 === 0 ? 100_000 : 50)
      a.to(b).flush()
      await medium.until(() => b.got.length > 20)
      const link = a.to(b)
      expect(a.links.giveUp(link.peer)).toBe(link)
      const back: number[] = []
      link.forsake((_, bytes, start, end) => {
        back.push(new DataView(bytes.buffer, bytes.byteOffset + start).getInt32(8, true))
        expect(end - start).toBe(back.at(-1)! % 10 === 0 ? 100_000 : 50)
      })
      expect(back).toEqual(upTo(100, back[0]))
      expect(b.got.length).toBeGreaterThanOrEqual(back[0]!)
      expect(link.pending).toBe(0)
    })
  })

  describe('a peer that has said who it is', () => {
    /** A node whose connections, where it dials, have a wrong bit in each byte from a certain one on. */
    async function broken(from: number): Promise<LinkNode> {
      const sound = medium.transport(`c${count}`)
      const transport: Transport = {
        scheme: sound.scheme,
        listen: (address, accept, limits) => sound.listen(address, accept, limits),
        connect(address, events) {
          const connection = sound.connect(address, events)
          const write = connection.write.bind(connection)
          let written = 0
          connection.write = bytes => {
            written += bytes.length
            return write(written > from ? bytes.map(byte => byte ^ 1) : bytes)
          }
          return connection
        },
      }
      return node('c', { transports: [transport] })
    }

    test('and then sends what makes no sense loses the connection, and nothing else happens', async () => {
      const b = await node('b')
      const c = await broken(3 * 256) // HELLO, PROOF, and GO or CONFIRM are sound
      const attempt = c.dial(b)
      await medium.until(() => attempt.result !== undefined)
      c.post(b, 100)
      c.to(b).flush()
      await medium.until(() => b.detached.length === 1 && c.detached.length === 1)
      expect(b.detached[0]).toMatchObject({ code: 'link-failed', why: 'malformed' })
      expect(c.detached[0]).toMatchObject({ reason: 'closed' })
      expect(b.got).toEqual([])
      const a = await node('a')
      const again = a.dial(b)
      await medium.until(() => again.result !== undefined)
      expect(again.result?.kind).toBe('linked')
    })

    test('and whose record cannot be handled loses the connection; what came after that record comes again', async () => {
      const [a, b] = await pair()
      b.onRecord = number => {
        if (number === 2) throw new TypeError('a frame that makes no sense')
      }
      for (let i = 0; i < 5; i++) a.post(b, 100)
      a.to(b).flush()
      await medium.until(() => b.detached.length === 1 && a.detached.length === 1)
      expect(b.detached[0]).toMatchObject({ why: 'refused', cause: new TypeError('a frame that makes no sense') })
      const attempt = a.dial(b)
      await medium.until(() => attempt.result !== undefined && b.got.length === 5)
      expect(b.got).toEqual(upTo(5))
    })
  })

  test('beats go ahead of records that wait, and of those that wait the newest stays', async () => {
    const [a, b] = await pair({ limits: { window: 64 * 1024 } })
    let before = -1
    const seen = () => (before = before < 0 && b.beats.length > 0 ? b.got.length : before)
    b.onRecord = seen
    for (let i = 0; i < 3000; i++) a.post(b, 4096)
    a.to(b).flush()
    for (let i = 1; i <= 200; i++) a.to(b).beat(Uint8Array.of(i))
    await medium.until(() => b.got.length === 3000)
    expect(b.beats.at(-1)).toBe(200)
    expect(b.beats.length).toBeLessThanOrEqual(200)
    // the last beat was sent behind what the socket held, not behind twelve megabytes
    expect(before).toBeGreaterThanOrEqual(0)
    expect(before).toBeLessThan(1500)
  })

  describe('connections', () => {
    test('of two that dial each other at once one is left, also when they do it again and again', async () => {
      for (let round = 0; round < 10; round++) {
        const [a, b] = [await node('a'), await node('b')]
        const attempts = [a.dial(b), b.dial(a), ...(round % 2 === 0 ? [b.dial(a), a.dial(b)] : [])]
        await medium.until(
          () => attempts.every(({ result }) => result !== undefined) && a.hasLinkTo(b) && b.hasLinkTo(a),
        )
        expect(attempts.map(({ result }) => result?.kind)).toContain('linked')
        expect(a.to(b).generation).toBe(b.to(a).generation)
        a.post(b, 16)
        a.to(b).flush()
        await medium.until(() => b.got.length === 1)
        expect([a.attached, b.attached].map(times => times > 0)).toEqual([true, true])
      }
    })

    test('that one side has lost are replaced, whoever of the two notices first', async () => {
      const [a, b] = await pair()
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        const before = other.attached
        one.to(other).cut()
        const attempt = one.dial(other)
        await medium.until(
          () => attempt.result !== undefined && other.attached > before && a.hasLinkTo(b) && b.hasLinkTo(a),
        )
        expect(attempt.result?.kind).toBe('linked')
        one.post(other, 100)
        one.to(other).flush()
        await medium.until(() => other.got.length === 1)
      }
    })

    test('to who is connected already are the one that there is', async () => {
      const [a, b] = await pair()
      const attempts = [a.dial(b), b.dial(a)]
      await medium.until(() => attempts.every(({ result }) => result !== undefined))
      expect(attempts.map(({ result }) => result?.kind)).toEqual(['linked', 'linked'])
      expect([a.attached, b.attached, a.detached, b.detached]).toEqual([1, 1, [], []])
    })

    test('that end are told, and why; a closed node refuses further ones', async () => {
      const [a, b] = await pair()
      a.post(b, 5000)
      a.to(b).flush()
      await medium.until(() => b.got.length === 1)
      await b.links.close()
      await medium.until(() => a.detached.length === 1)
      expect(a.detached[0]).toMatchObject({ reason: 'closed' })
      const attempt = a.dial(b)
      await medium.until(() => attempt.result !== undefined)
      expect(failureOf(attempt)).toBe(medium.name === 'Unix' ? 'absent' : 'refused')
    })

    test('are refused where nobody listens, and where no transport leads', async () => {
      const a = await node('a')
      if (medium.nowhere !== '') {
        const attempt: { reason?: string } = {}
        a.links.dial(
          medium.nowhere,
          dialed => (attempt.reason = dialed.kind === 'failed' ? dialed.reason : dialed.kind),
        )
        await medium.until(() => attempt.reason !== undefined)
        expect(attempt.reason).toBe('refused')
      }
      expect(() => a.links.dial('smoke:signals', () => {})).toThrow(
        '"smoke:signals" is no address that this node can use',
      )
    })
  })

  describe('handshakes', () => {
    /** What the dialer and the one who was dialed read, when it is refused. */
    async function refusal(
      a: LinkNode,
      b: LinkNode,
      expects?: { name: string; incarnation?: number },
    ): Promise<string[]> {
      const attempt = a.dial(b, expects)
      await medium.until(() => attempt.result !== undefined && b.turnedAway.length > 0)
      const { refusal } = b.turnedAway[0]!
      return [failureOf(attempt), `${refusal?.reason}: ${refusal?.message}`]
    }

    test('tell both sides who the other is, and how that is known', async () => {
      const [a, b] = await pair()
      expect(a.to(b).peer).toMatchObject({ cluster: 'fleet', name: b.name, incarnation: 1, by: medium.by })
      if (medium.by === 'certificate') expect(b.to(a).peer.names).toContain(a.name)
      const [c, d] = await pair({ secret: SECRET })
      expect([c.to(d).peer.by, d.to(c).peer.by]).toEqual(['secret', 'secret'])
    })

    test('refuse another cluster', async () => {
      const [a, b] = [await node('a'), await node('b', { cluster: 'navy' })]
      const message = `node ${a.name} is of cluster fleet, ${b.name} of navy`
      const mirrored = `node ${b.name} is of cluster navy, ${a.name} of fleet`
      const said = await refusal(a, b)
      // who looks first says it in its own way
      for (const text of said)
        expect(
          [message, mirrored].some(one => text.endsWith(one)),
          text,
        ).toBe(true)
      expect(said.map(text => text.slice(0, 7))).toEqual(['cluster', 'cluster'])
    })

    test('refuse a wrong secret, and none', async () => {
      const a = await node('a', { secret: SECRET })
      const b = await node('b', { secret: 'another secret of the fleet' })
      expect(await refusal(a, b)).toEqual([
        `secret?: nodes ${b.name} and ${a.name} do not have the same shared secret`,
        `secret: nodes ${b.name} and ${a.name} do not have the same shared secret`,
      ])
      const c = await node('c')
      const [first, second] = await refusal(a, c)
      expect(first).toContain(`node ${c.name} has no shared secret, the other has: give both the same`)
      expect(second).toContain('secret: ')
    })

    test('refuse to stand in for somebody else, and for another life', async () => {
      const [a, b] = [await node('a', { secret: SECRET }), await node('b', { secret: SECRET, incarnation: 36 })]
      const text = `other-node: node x was asked for at this address, but here is ${b.name}~10`
      expect(await refusal(a, b, { name: 'x' })).toEqual([text, text])
      const [other] = await refusal(a, b, { name: b.name, incarnation: 35 })
      expect(other).toBe(`other-node: node ${b.name}~z was asked for at this address, but here is ${b.name}~10`)
      const attempt = a.dial(b, { name: b.name, incarnation: 36 })
      await medium.until(() => attempt.result !== undefined)
      expect(attempt.result?.kind).toBe('linked')
    })

    test('refuse oneself', async () => {
      const a = await node('a')
      const [own] = await refusal(a, a)
      expect(own).toContain(`node ${a.name}~1 has called itself`)
    })

    test('refuse whom the owner does not admit, and whom it has given up, also when it comes again', async () => {
      const [a, b] = await pair({ secret: SECRET })
      b.refuses = { reason: 'name-taken', message: 'node a lives elsewhere: start this one under another name' }
      const c = await node('c', { secret: SECRET })
      expect((await refusal(c, b))[0]).toBe('name-taken: node a lives elsewhere: start this one under another name')
      b.refuses = undefined
      b.turnedAway.length = 0
      b.links.giveUp(b.to(a).peer)
      await medium.until(() => a.detached.length === 1)
      const text = `declared-down: node ${a.name}~1 was declared down by ${b.name}~1: it must come back as a new one`
      expect(await refusal(a, b)).toEqual([text, text])
      // the other way round it is the dialer who refuses
      a.turnedAway.length = 0
      await refusal(b, a)
      expect(a.turnedAway[0]?.refusal).toEqual({
        reason: 'declared-down',
        message: text.slice('declared-down: '.length),
      })
      expect(a.turnedAway[0]?.trusted).toBe(true)
    })
  })

  describe('strangers', () => {
    /** A connection to a node, by whoever can open one; it keeps what it hears. */
    function stranger(to: LinkNode) {
      const heard = { opened: false, bytes: 0, end: '' }
      const connection = medium.transport(`stranger${count++}`).connect(to.address, {
        opened: () => (heard.opened = true),
        data: bytes => (heard.bytes += bytes.length),
        drained: () => {},
        ended: ({ reason }) => (heard.end = reason),
      })
      return { heard, connection }
    }

    test('who speak something else are turned away, whatever it is', async () => {
      const b = await node('b')
      const random = new Random(3)
      for (const length of [256, 257, 1000, 70_000]) {
        const { heard, connection } = stranger(b)
        await medium.until(() => heard.opened)
        connection.write(Uint8Array.from({ length }, () => random.below(256)))
        await medium.until(() => heard.end !== '')
      }
      await medium.until(() => b.turnedAway.length === 4)
      expect(b.turnedAway.map(({ refusal }) => refusal?.reason)).toEqual(upTo(4).map(() => 'malformed'))
      expect(b.turnedAway[0]?.message).toContain('something else speaks there')
    })

    test('who say nothing have so much time, and are so many', async () => {
      const b = await node('b', { limits: { handshake: 500, unknown: 3 } })
      const all = upTo(5).map(() => stranger(b).heard)
      await medium.until(() => all.every(({ end }) => end !== ''))
      await medium.until(() => medium.by === 'certificate' || b.turnedAway.length === 5)
      const reasons = b.turnedAway.map(({ refusal }) => refusal?.reason)
      expect(reasons.filter(reason => reason === 'late').length).toBeLessThanOrEqual(3)
      expect(reasons.filter(reason => reason !== 'late' && reason !== 'busy')).toEqual([])
      // and it goes on as if nothing had been
      const a = await node('a')
      const attempt = a.dial(b)
      await medium.until(() => attempt.result !== undefined)
      expect(attempt.result?.kind).toBe('linked')
    })
  })
})
