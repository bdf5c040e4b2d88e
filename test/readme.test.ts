// README.md's code compiles, runs, and prints what it says. Programs are written to a folder of their own inside the
// workspace, so that `@troupe/*` resolves for them as it does for the apps, and run there by Node.js as they stand.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { joined, programsOf } from './readme.ts'
import { node, root, tsc } from './run.ts'

const programs = programsOf(readFileSync(join(root, 'README.md'), 'utf8'))
const folder = mkdtempSync(join(import.meta.dirname, '.readme-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = programs.map(({ line, code }) => ({ name: `line-${line}.ts`, code }))
const fragments = programs.flatMap(program =>
  program.fragments.map(({ line, code }) => ({ name: `line-${line}.ts`, code: joined(program.code, code) })),
)
for (const { name, code } of [...files, ...fragments]) writeFileSync(join(folder, name), code)
const settings = { extends: '../../tsconfig.json', include: ['*.ts'], compilerOptions: { skipLibCheck: true } }
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))

test('README.md has a first program', () => expect(programs.length).toBeGreaterThan(0))

test('its code compiles', async () => {
  expect((await tsc(['-p', '.'], { cwd: folder })).stdout).toBe('')
})

describe.each(programs)('the program on line $line', ({ line, prints }) => {
  test('runs, ends by itself, and prints what README.md says', async () => {
    const { stdout, stderr } = await node([`line-${line}.ts`], { cwd: folder, timeout: 30_000 })
    expect(stderr).toBe('')
    expect(stdout).toBe(prints ?? stdout)
  })
})

describe('reading Markdown', () => {
  const fence = (info: string, ...lines: string[]) => ['```' + info, ...lines, '```'].join('\n')

  test('whole programs, what they print, and fragments', () => {
    const text = [
      fence('sh', 'ls'),
      fence('ts', 'a', '  b'),
      fence('text', '1'),
      'Then:',
      fence('ts fragment', 'c'),
      fence('ts', 'd'),
    ]
    expect(programsOf(text.join('\n\n'))).toEqual([
      { line: 5, code: 'a\n  b\n', prints: '1\n', fragments: [{ line: 16, code: 'c\n' }] },
      { line: 20, code: 'd\n', prints: undefined, fragments: [] },
    ])
  })
  test('a fence in a list is read without its indent', () => {
    expect(programsOf('- so:\n  ```ts\n  a {\n    b\n  }\n  ```\n')[0]!.code).toBe('a {\n  b\n}\n')
  })
  test('text that follows something else is prose', () => {
    expect(programsOf([fence('ts', 'a'), fence('sh', 'x'), fence('text', '1')].join('\n'))[0]!.prints).toBeUndefined()
  })
  test.each([
    ['a fence left open', '```ts\na'],
    ['a fragment of nothing', fence('ts fragment', 'a')],
    ['an unknown kind', fence('ts ignore', 'a')],
  ])('%s is refused', (_, text) => expect(() => programsOf(text)).toThrow(/line \d/))

  test('a fragment may import, and name things as its program does', () => {
    expect(joined("import a from 'a'\nconst n = 1\n", "import b from 'b'\nexport const n = b\n")).toBe(
      "import a from 'a'\nconst n = 1\n\nimport b from 'b'\n{\nconst n = b\n\n}\nexport {}\n",
    )
  })
})
