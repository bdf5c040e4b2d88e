// What every way between two places promises, be it a lane between threads or a link between processes: order, exactly once,
// contents, a stated limit, and that the end of the other side is heard of, after all that it had sent. (What only links
// promise is in link-contract.test.ts.)
import { afterAll, describe, expect, test } from 'vitest'
import { Lanes } from '../../src/edge/lanes.ts'
import { SharedMemory } from '../../src/edge/shared-memory.ts'
import { numbered, NumberedFrames } from '../numbered-frames.ts'
import { failureOf, insecure, LinkNode, secured, simulated, unix, upTo, type Medium } from './link-world.ts'

/** One side of a way. */
interface Side {
  /** Sends the next frame to the other side; false where it is not taken: too much waits. */
  post(length: number): boolean
  /** How many of them were taken. */
  readonly posted: number
  flush(): void
  /** Numbers of the frames that came. */
  readonly got: readonly number[]
  /** How often it was told that there is room again, after a post that was not taken. */
  readonly rooms: number
  /** How many frames had come when the end of the other side was heard of; -1: not yet. */
  readonly lost: number
  end(): void
}
interface Way {
  readonly sides: readonly [Side, Side]
  until(holds: () => boolean): Promise<void>
  close(): Promise<void>
}

const LIMIT = { bytes: 256 * 1024, messages: 65_536 }
const SLACK = 600 * 1024 // a ring; or what fits into the last record

/** Two threads' lanes, both driven from here: a way on which each polls in turn. */
async function lanes(): Promise<Way> {
  const memory = SharedMemory.create(2, { cores: 2, total: 0, spare: 0 })
  const made = [0, 1].map(self => {
    const lanes = new Lanes(memory, self, LIMIT)
    const frames = new NumberedFrames(300_000)
    const got: number[] = []
    const take = numbered(({ number }) => got.push(number))
    const side = {
      posted: 0,
      got,
      rooms: 0,
      lost: -1,
      post(length: number) {
        const taken = lanes.post(1 - self, frames.write(0, side.posted, length), length, false)
        if (taken) side.posted++
        return taken
      },
      flush: () => lanes.flush(),
      end: () => lanes.end(),
    }
    lanes.onRoom = () => side.rooms++
    lanes.onGone = () => (side.lost = got.length)
    return { side, poll: () => lanes.poll(take) }
  })
  const [a, b] = made as [(typeof made)[0], (typeof made)[0]]
  const until = async (holds: () => boolean) => {
    for (let round = 0; !holds(); round++) {
      if (round > 1e5) throw new Error(`this never came to hold: ${String(holds)}`)
      a.poll()
      b.poll()
    }
  }
  return { sides: [a.side, b.side], until, close: async () => {} }
}

function linksOver(medium: Medium): () => Promise<Way> {
  let count = 0
  return async () => {
    const [a, b] = ['a', 'b'].map(
      name => new LinkNode(medium, `${name}${count++}`, { limits: { window: 128 * 1024, pending: LIMIT.bytes } }),
    ) as [LinkNode, LinkNode]
    await b.listen(medium)
    const attempt = a.dial(b)
    await medium.until(() => attempt.result !== undefined && b.hasLinkTo(a))
    if (attempt.result?.kind !== 'linked') throw new Error(failureOf(attempt))
    const side = (self: LinkNode, other: LinkNode): Side => {
      const link = self.to(other)
      return {
        post(length) {
          if (link.full) return false
          self.post(other, length)
          return true
        },
        get posted() {
          return self.posted
        },
        flush: () => link.flush(),
        got: self.got,
        get rooms() {
          return self.rooms
        },
        get lost() {
          return self.detached.length > 0 ? self.got.length : -1
        },
        end: () => void self.links.close(),
      }
    }
    const close = async () => void (await Promise.all([a.links.close(), b.links.close()]))
    return { sides: [side(a, b), side(b, a)], until: medium.until, close }
  }
}

const media = [unix(), insecure(), secured(), simulated(2)]
afterAll(() => media.forEach(medium => medium.close()))
const ways = [{ name: 'lanes between threads', open: lanes }]
for (const medium of media) ways.push({ name: `a link over ${medium.name}`, open: linksOver(medium) })

describe.each(ways)('$name', ({ open }) => {
  test('frames arrive once, in order and whole, both ways', async () => {
    const { sides, until, close } = await open()
    const [a, b] = sides
    const lengths = [16, 24, 1000, 40, 70_000, 33]
    for (let i = 0; i < 300; i++) {
      for (const [index, side] of sides.entries()) {
        while (!side.post(lengths[(i * (index + 1)) % lengths.length]!)) {
          side.flush()
          const before = side.rooms
          await until(() => side.rooms > before)
        }
      }
      if (i % 10 === 0) sides.forEach(side => side.flush())
    }
    sides.forEach(side => side.flush())
    await until(() => a.got.length === 300 && b.got.length === 300)
    expect(a.got).toEqual(upTo(300))
    expect(b.got).toEqual(upTo(300))
    await close()
  })

  test('what waits has a stated limit, and whoever was at it is told once when there is room', async () => {
    const { sides, until, close } = await open()
    const [a, b] = sides
    while (a.post(1000));
    expect(a.posted * 1000).toBeGreaterThanOrEqual(LIMIT.bytes / 2)
    expect(a.posted * 1000).toBeLessThanOrEqual(LIMIT.bytes + SLACK)
    expect(a.post(1000)).toBe(false)
    a.flush()
    await until(() => a.rooms === 1)
    expect(a.post(1000)).toBe(true)
    a.flush()
    await until(() => b.got.length === a.posted)
    expect(b.got).toEqual(upTo(a.posted))
    expect(a.rooms).toBe(1)
    await close()
  })

  test('the end of the other side is heard of, after all that it had sent and that had arrived', async () => {
    const { sides, until, close } = await open()
    const [a, b] = sides
    for (let i = 0; i < 100; i++) b.post(500)
    b.flush()
    await until(() => a.got.length === 100)
    expect(a.lost).toBe(-1)
    b.end()
    await until(() => a.lost >= 0)
    expect(a.lost).toBe(100)
    await close()
  })
})

test('waiting for what never comes fails', async () => {
  await expect(simulated(1).until(() => false)).rejects.toThrow('this never came to hold')
})
