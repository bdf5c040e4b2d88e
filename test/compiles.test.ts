// What must compile compiles, and what must not does not: the type tests in packages/*/test/types mark each wrong line
// with @ts-expect-error, so that one compiler run proves both. They run by tsc itself (7), as a user's code does.
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { root, tsc } from './run.ts'

const folders = [...new Set(globSync('packages/*/test/types/*.ts', { cwd: root }).map(file => dirname(file)))]

async function compile(folder: string): Promise<string> {
  const settings = mkdtempSync(join(root, 'node_modules/.cache-types-'))
  try {
    const tsconfig = { extends: join(relative(settings, root), 'tsconfig.json'), include: [join(folder, '*.ts')] }
    writeFileSync(
      join(settings, 'tsconfig.json'),
      JSON.stringify({ ...tsconfig, compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] } }),
    )
    return (await tsc(['-p', settings], { cwd: root })).stdout
  } finally {
    rmSync(settings, { recursive: true })
  }
}

test.each(folders)('%s', async folder => expect(await compile(join(root, folder))).toBe(''))

test('a wrong line and an unused expectation are both errors', async () => {
  const folder = mkdtempSync(join(import.meta.dirname, '.readme-types-'))
  writeFileSync(join(folder, 'wrong.ts'), "export const n: number = 'x'\n")
  writeFileSync(join(folder, 'unused.ts'), '// @ts-expect-error nothing wrong\nexport const n: number = 1\n')
  const said = await compile(folder).catch(String)
  rmSync(folder, { recursive: true })
  expect(said).toMatch(/wrong\.ts\(1,14\): error TS2322/)
  expect(said).toMatch(/unused\.ts\(1,1\): error TS2578/)
})
