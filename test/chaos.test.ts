// `pnpm chaos`, as a command: what it prints, and how it ends. What it checks takes longer than a test may.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const MAIN = new URL('chaos/main.ts', import.meta.url).pathname

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
async function chaos(...args: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [MAIN, ...args])) }
  } catch (error) {
    return error as Ended
  }
}

describe('pnpm chaos', { timeout: 60_000 }, () => {
  test('moves and kills, and says what it has counted', async () => {
    const { code, stdout, stderr } = await chaos('moving', '--seconds', '3', '--seed', '1', '--json')
    expect(stderr).toBe('')
    const { subject, seed, counts, violations } = JSON.parse(stdout)
    expect({ subject, seed, violations, code }).toEqual({ subject: 'moving', seed: 1, violations: [], code: 0 })
    expect(counts).toMatchObject({ moves: expect.any(Number), kills: expect.any(Object), exactly: expect.any(Number) })
    expect(Math.min(counts.moves, counts.exactly, counts.answered, counts.events.threadLost)).toBeGreaterThan(0)
  })
  test('kills and stops processes, and says what it has counted', async () => {
    const { code, stdout, stderr } = await chaos('nodes', '--seconds', '4', '--seed', '1', '--json')
    const { subject, seed, counts, violations } = JSON.parse(stdout)
    expect({ subject, seed, violations, code }, stderr).toEqual({ subject: 'nodes', seed: 1, violations: [], code: 0 })
    const { outages, processes, moves, answered } = counts
    expect(Math.min(outages.kill, outages.stop, processes.killed, moves, answered)).toBeGreaterThan(0)
  })
  test('Ctrl-C ends it early, and it says what it has counted', async () => {
    const child = spawn(process.execPath, [MAIN, 'moving', '--seconds', '60', '--seed', '1'])
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const begun = text === ''
      text += chunk.toString()
      if (begun) child.kill('SIGINT')
    })
    const [code] = await once(child, 'close')
    expect({ code, text }).toEqual({
      code: 0,
      text: expect.stringMatching(/moves .*\n[^]*nothing that must hold was broken/),
    })
  })
  test.each([
    [['swimming'], /no subject 'swimming'/],
    [['moving', '--seconds', 'long'], /--seconds long/],
    [['moving', '--seed', '1.5'], /--seed 1.5/],
  ])('%j makes no sense', async (args, message) => {
    const { code, stderr } = await chaos(...args)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) })
  })
})
