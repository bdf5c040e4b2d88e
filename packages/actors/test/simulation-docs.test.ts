// The code of docs/testing.md, as it stands: each fence of TypeScript is a test file, whose tests run here.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const text = readFileSync(new URL('../../../docs/testing.md', import.meta.url), 'utf8')
const fences = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)
const folder = mkdtempSync(join(import.meta.dirname, '.readme-testing-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('docs/testing.md has code', () => expect(fences.length).toBeGreaterThan(1))
for (const [i, code] of fences.entries()) {
  const file = join(folder, `fence-${i}.ts`)
  writeFileSync(file, code)
  describe(`its fence ${i + 1}`, async () => void (await import(file)))
}
