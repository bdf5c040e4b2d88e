// The example programs and the documents' code run as they stand, each as a user would start it: by Node.js, as a whole
// program in one file, threads included. An example ends with the comment `prints`, a document's program has a `text`
// block behind it; what is printed must be just that. (A block that is a test file, as in docs/testing.md, is run by
// packages/actors/test/simulation-docs.test.ts.) docs/errors.md names every error, ARCHITECTURE.md every source file.
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as actors from '@troupe/actors'
import { afterAll, describe, expect, test } from 'vitest'
import { joined, programsOf } from './readme.ts'
import { node, root, tsc } from './run.ts'

const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** What an example says that it prints. */
function printed(source: string): string | undefined {
  return /\n\/\* prints\n([^]*?)\*\/\n$/.exec(source)?.[1]
}

const examples = globSync('docs/examples/*.ts', { cwd: root }).toSorted()

test('there are examples', () => expect(examples.length).toBeGreaterThan(2))

test.each(examples)('%s prints what it says', async file => {
  const expected = printed(read(file))
  expect(expected, 'ends with /* prints … */').toBeDefined()
  const { stdout, stderr } = await node([file], { cwd: root, timeout: 30_000 })
  expect(stderr).toBe('')
  expect(stdout).toBe(expected)
})

test('the comment is told apart from what only looks like it', () => {
  expect(printed("console.log('a')\n\n/* prints\na\nb\n*/\n")).toBe('a\nb\n')
  expect(printed("/* prints\na\n*/\nconsole.log('a')\n")).toBeUndefined()
})

// ── documents ───────────────────────────────────────────────────────────────────────────────────────────────────
const documents = globSync(['docs/*.md', 'packages/*/README.md'], { cwd: root })
  .toSorted()
  .map(file => ({ file, programs: programsOf(read(file)) }))
  .filter(({ programs }) => programs.length > 0)

const folder = mkdtempSync(join(import.meta.dirname, '.readme-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const all = documents.flatMap(document => {
  const name = document.file.replace(/\.md$/, '').replaceAll(/[/\\]/g, '-')
  return document.programs.map(program => ({ ...program, at: `${name}-${program.line}` }))
})
const programs = all.filter(({ code }) => !code.includes("from 'vitest'"))
for (const { at, code, fragments } of all) {
  writeFileSync(join(folder, `${at}.ts`), code)
  for (const { line, code: more } of fragments) writeFileSync(join(folder, `${at}-${line}.ts`), joined(code, more))
}
const settings = { extends: '../../tsconfig.json', include: ['*.ts'], compilerOptions: { skipLibCheck: true } }
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))

test('the documents’ code compiles', async () => {
  expect((await tsc(['-p', '.'], { cwd: folder })).stdout).toBe('')
})

describe.each(programs)('$at', ({ at, prints }) => {
  test('runs, ends by itself, and prints what the document says', async () => {
    const { stdout, stderr } = await node([`${at}.ts`], { cwd: folder, timeout: 30_000 })
    expect(stderr).toBe('')
    expect(stdout).toBe(prints)
  })
})

test('docs/errors.md names every error class with its code', () => {
  const rows = new Set(
    [...read('docs/errors.md').matchAll(/^\| `(\w+)` \| `([\w-]+)` \|/gm)].map(row => row.slice(1).join(' ')),
  )
  const classes = Object.entries(actors).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof actors.TroupeError,
  ) as unknown as [string, new (text: string) => actors.TroupeError][]
  expect(classes.length).toBeGreaterThan(15)
  const fixed = classes.filter(([name]) => name !== 'Refusal') // whose code is the user's own
  expect([...rows].toSorted()).toEqual(fixed.map(([name, Class]) => `${name} ${new Class('x').code}`).toSorted())
})

test('ARCHITECTURE.md names every source file of the packages, and no other', () => {
  const files = globSync(['packages/actors/src/{core,edge,testing}/*.ts', 'packages/{ring,paxos,lock}/src/*.ts'], {
    cwd: root,
  })
    .filter(file => !file.endsWith('.test.ts'))
    .map(file => basename(file))
  const named = new Set([...read('ARCHITECTURE.md').matchAll(/`(?:\w+\/)?([\w-]+\.ts)`/g)].map(([, file]) => file!))
  const known = new Set(
    globSync('{packages,test,bench}/**/*.ts', { cwd: root, exclude: ['**/node_modules'] }).map(file => basename(file)),
  )
  expect(files.filter(file => file !== 'index.ts' && !named.has(file))).toEqual([])
  expect([...named].filter(file => !known.has(file) && file !== 'envelope.ts')).toEqual([])
})

test.each(globSync(['{*,docs/*}.md', 'packages/*/README.md'], { cwd: root }))('%s links to what there is', file => {
  const linked = [...read(file).matchAll(/\]\((?!\w+:|#)([^)#]+)/g)].map(([, path]) =>
    join(dirname(join(root, file)), path!),
  )
  expect(linked.filter(path => !existsSync(path))).toEqual([])
})
