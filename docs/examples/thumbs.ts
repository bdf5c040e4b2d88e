// Thumbnails: images are read while others are shrunk, by a function that computes on threads of its own, and no more of
// them are in memory than there are goroutines. What goes over channels is small: names and thumbnails. The images are
// handed over to those threads instead of being copied, and so are the thumbnails on their way back.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSystem, goroutine, moved, offload, type Receiver, type Sender, thread } from '@troupe/actors'

/** As in a PPM file: `P6`, width, height and 255 as text, then three bytes a pixel. */
interface Image {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}
function encoded({ width, height, pixels }: Image): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(`P6 ${width} ${height} 255\n`)
  const bytes = new Uint8Array(header.length + pixels.length)
  bytes.set(header)
  bytes.set(pixels, header.length)
  return bytes
}
function decoded(bytes: Uint8Array): Image {
  const [header, width, height] =
    /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(String.fromCharCode(...bytes.subarray(0, 40))) ?? []
  if (header === undefined) throw new Error('this is no PPM image')
  return { width: Number(width), height: Number(height), pixels: bytes.subarray(header.length) }
}

/** Each pixel of the thumbnail is the mean of those that it stands for. */
export const shrink = offload(import.meta, 'shrink', (file: Uint8Array, width: number) => {
  const image = decoded(file)
  const side = image.width / width
  const height = Math.round(image.height / side)
  const pixels = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set(mean(image, x * side, y * side, side), (y * width + x) * 3)
  }
  return moved(encoded({ width, height, pixels }))
})
/** Of a square part of an image. */
function mean({ width, pixels }: Image, left: number, top: number, side: number): number[] {
  const sum = [0, 0, 0]
  let count = 0
  for (let y = Math.floor(top); y < Math.floor(top + side); y++) {
    for (let x = Math.floor(left); x < Math.floor(left + side); x++) {
      for (let i = 0; i < 3; i++) sum[i]! += pixels[(y * width + x) * 3 + i]!
      count++
    }
  }
  return sum.map(all => Math.round(all / count))
}

interface Thumbnail {
  readonly name: string
  readonly file?: Uint8Array
  readonly fault?: string
}

export const lister = goroutine(import.meta, 'lister', async (_ctx, folder: string, names: Sender<string>) => {
  for (const name of await readdir(folder)) await names.send(name)
  names.close()
})

export const thumbnailer = goroutine(
  import.meta,
  'thumbnailer',
  async (ctx, folder: string, names: Receiver<string>, made: Sender<Thumbnail>, width: number) => {
    let kept = 0
    const thumbnail = async (name: string): Promise<Thumbnail> => {
      try {
        const file = await readFile(join(folder, name))
        const run = ctx.run(shrink, moved(file), width)
        kept += file.length // 0: from now on the bytes are elsewhere
        return { name, file: await run }
      } catch (error) {
        ctx.signal.throwIfAborted()
        return { name, fault: String(error) }
      }
    }
    for await (const name of names) await made.send(await thumbnail(name))
    return kept
  },
)

const system = await createSystem({ threads: 2 })
const folder = await mkdtemp(join(tmpdir(), 'thumbs-'))
const [width, height] = [960, 480]
await Promise.all([
  draw('disc', (x, y) => (Math.hypot(x - 480, y - 240) < 200 ? 255 - x / 5 : 0)),
  draw('slope', x => x / 4),
  draw('stripes', (_x, y) => (Math.floor(y / 40) % 2) * 255),
  writeFile(join(folder, 'notes.txt'), 'not an image'),
])
async function draw(name: string, light: (x: number, y: number) => number) {
  const pixels = new Uint8Array(width * height * 3)
  for (let i = 0; i < pixels.length; i++) pixels[i] = light(Math.floor(i / 3) % width, Math.floor(i / 3 / width))
  await writeFile(join(folder, `${name}.ppm`), encoded({ width, height, pixels }))
}

const names = system.channel<string>({ capacity: 16 })
const made = system.channel<Thumbnail>()
system.go(lister(folder, names))
const team = [1, 2, 1].map(n => system.go(thumbnailer(folder, names, made, 32), { on: thread(n) }))
const ends = Promise.allSettled(team.map(({ done }) => done)).then(() => made.close()) // as Go's WaitGroup

const all = await Array.fromAsync(made)
await ends
const kept = await Promise.all(team.map(({ done }) => done))
for (const { name, file, fault } of all.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
  const image = file && decoded(file)
  console.log(name, image ? `${image.width} × ${image.height}, ${file.length} bytes` : fault)
  if (name === 'disc.ppm') print(image!)
}
console.log(`${kept.reduce((sum, bytes) => sum + bytes)} bytes were left behind`)
await rm(folder, { recursive: true })
await system.close()

function print(image: Image) {
  for (let y = 0; y < image.height; y++) {
    const row = image.pixels.subarray(y * image.width * 3, (y + 1) * image.width * 3)
    const grey = Array.from({ length: image.width }, (_, x) => ' .:-=+*#'[row[x * 3]! >> 5])
    console.log(grey.join('').trimEnd())
  }
}

/* prints
disc.ppm 32 × 16, 1549 bytes

              :--:
            -+++===:
           =++++====-
          -+++++=====:
          ++++++=====-
         :*+++++=====-.
         -*+++++=====-:
         -*+++++=====-:
         :*+++++=====-.
         .++++++=====-
          -+++++=====:
           =++++====-
            -+++===:
             .:--:

notes.txt Error: this is no PPM image
slope.ppm 32 × 16, 1549 bytes
stripes.ppm 32 × 16, 1549 bytes
0 bytes were left behind
*/
