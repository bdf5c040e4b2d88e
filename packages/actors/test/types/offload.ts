// What `offload`, `run` and `moved` infer, and what they refuse to compile.
import { behavior, goroutine, moved, offload, type Moved, type Offload, type System } from '@troupe/actors'
import { type Eq, is } from './basic.ts'

declare const system: System

export const resize = offload(import.meta, 'resize', (bytes: Uint8Array, width: number) => bytes.subarray(0, width))
is<Eq<typeof resize, Offload<[bytes: Uint8Array, width: number], Uint8Array<ArrayBufferLike>>>>()
is<Eq<Awaited<ReturnType<typeof f>>, Uint8Array<ArrayBufferLike>>>()
async function f() { return system.run(resize, moved(new Uint8Array(8)), 128) }
void system.run(resize, new Uint8Array(8), 128)
void system.run(resize, Buffer.alloc(8), 128)
void system.run(resize, moved(Buffer.alloc(8)), 128)
// @ts-expect-error no bytes
void system.run(resize, 1, 128)
// @ts-expect-error missing
void system.run(resize, new Uint8Array(8))
// @ts-expect-error too many
void system.run(resize, new Uint8Array(8), 128, 1)
// @ts-expect-error bytes of another kind
void system.run(resize, moved(new ArrayBuffer(8)), 128)
// @ts-expect-error a function that nobody declared
void system.run((n: number) => n, 1)

// ── its result: promises are unwrapped, and so is what it hands over ────────────────────────────────────────────
export const load = offload(import.meta, 'load', async (path: string, deep?: boolean) => ({ path, deep }))
const loaded = system.run(load, 'a')
is<Eq<typeof loaded, Promise<{ path: string; deep: boolean | undefined }>>>()
export const make = offload(import.meta, 'make', (n: number) => moved(new Uint8Array(n)))
const made = system.run(make, 5)
is<Eq<typeof made, Promise<Uint8Array<ArrayBuffer>>>>()
export const either = offload(import.meta, 'either', async (n: number) => (n > 5 ? moved(new Uint8Array(n)) : null))
const either5 = system.run(either, 5)
is<Eq<typeof either5, Promise<Uint8Array<ArrayBuffer> | null>>>()
export const nothing = offload(import.meta, 'nothing', () => {})
const none = system.run(nothing)
is<Eq<typeof none, Promise<void>>>()

// ── moved ───────────────────────────────────────────────────────────────────────────────────────────────────────
const bytes = moved(new Float64Array(4))
is<Eq<typeof bytes, Moved<Float64Array<ArrayBuffer>>>>()
// @ts-expect-error no bytes
moved('text')
// @ts-expect-error no bytes
moved([1, 2])

// ── wherever one hosts ──────────────────────────────────────────────────────────────────────────────────────────
export const painter = behavior(import.meta, {
  name: 'painter',
  state: () => ({ image: new Uint8Array(0) as Uint8Array }),
  handlers: {
    async paint(ctx, width: number) {
      ctx.state.image = await ctx.run(resize, moved(ctx.state.image), width)
      // @ts-expect-error no width
      await ctx.run(resize, ctx.state.image)
      return ctx.state.image.length
    },
  },
})
export const painting = goroutine(import.meta, 'painting', async (ctx, image: Uint8Array) => {
  const smaller = await ctx.run(resize, moved(image), 5)
  is<Eq<typeof smaller, Uint8Array<ArrayBufferLike>>>()
  return smaller.length
})

// ── a declaration ───────────────────────────────────────────────────────────────────────────────────────────────
// @ts-expect-error no function
offload(import.meta, 'x', 5)
// @ts-expect-error no name
offload(import.meta, () => 1)
