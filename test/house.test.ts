// The rules of the house over the whole repository. Each rule is also given a sample that breaks it and one that keeps
// it: a rule that cannot fail would let the house rot quietly. The rules themselves are in house.ts.
import { globSync, readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as house from './house.ts'

const root = dirname(import.meta.dirname)
const skipped = /(^|\/)(node_modules|dist|coverage|\.git|\.readme-[^/]*)$|\.(tgz|cpuprofile)$/
const binary = /\.(png|ico|woff2|gz)$/
const tree: house.Tree = new Map(
  globSync('**/*', { cwd: root, exclude: entry => skipped.test(entry.name), withFileTypes: true })
    .concat(globSync('{.*,.ci/*}', { cwd: root, exclude: entry => skipped.test(entry.name), withFileTypes: true }))
    .filter(entry => entry.isFile() && !binary.test(entry.name))
    .map(entry => `${entry.parentPath}/${entry.name}`)
    .map(path => [relative(root, path), readFileSync(path, 'utf8')]),
)

const header = '// Says what it is for,\n// what it keeps true,\n// and why.\n'
const a = 'packages/actors/src'
const home = ['', 'home', 'ann', 'troupe'].join('/')
const registry = ['https:', '', 'registry.example.com', 'left-pad'].join('/')
const pin = (version: string) => ['pnpm', version].join('@')

type Files = Record<string, string>
interface Case {
  rule: (tree: house.Tree) => string[]
  /** Each of these trees breaks the rule … */
  broken: Files[]
  /** … and this one does not. */
  kept: Files
}

const cases: Record<string, Case> = {
  'rooms import what their row allows': {
    rule: house.roomsAreKept,
    broken: [
      { [`${a}/core/cell.ts`]: `import { Lane } from '../edge/lane.ts'` },
      { [`${a}/core/cell.ts`]: `import type { System } from '../system.ts'` },
      { [`${a}/core/cell.ts`]: `export * from 'node:fs'` },
      { [`${a}/core/cell.ts`]: `const fs = await import('node:fs')` },
      { [`${a}/core/cell.ts`]: `let pack: import('msgpackr').Packr` },
      { [`${a}/edge/lane.ts`]: `import { spawn } from '../system.ts'` },
      { [`${a}/edge/lane.ts`]: `import { ref } from '../ref.ts'` },
      { [`${a}/ref.ts`]: `import { Lane } from './edge/lane.ts'` },
      { [`${a}/somewhere/new.ts`]: `` },
      { 'packages/paxos/src/ballot.ts': `import { behavior } from '@troupe/actors'` },
      { 'packages/paxos/src/behavior.ts': `import { ring } from '@troupe/ring'` },
      { 'packages/ring/src/jump.ts': `import { hash } from 'node:crypto'` },
    ],
    kept: {
      [`${a}/core/cell.ts`]: `import { Mailbox } from './mailbox.ts'\n// import '../edge/lane.ts'\nconst s = "from 'node:fs'"`,
      [`${a}/core/cell.test.ts`]: `import { test } from 'vitest'`,
      [`${a}/edge/lane.ts`]: `import { Packr } from 'msgpackr'\nimport { Envelope } from '../core/envelope.ts'\nimport 'node:os'`,
      [`${a}/system.ts`]: `import './edge/lane.ts'\nimport './core/cell.ts'\nimport './ref.ts'`,
      'packages/paxos/src/behavior.ts': `import { behavior } from '@troupe/actors'\nimport './ballot.ts'`,
      'packages/ring/src/hash.ts': `import { hash } from 'node:crypto'\nimport xxhash from 'xxhash-wasm'`,
      'packages/ring/src/jump.ts': `import './hash.ts'`,
    },
  },
  'nothing inside a package imports its index.ts': {
    rule: house.nothingImportsAnIndex,
    broken: [
      { [`${a}/ref.ts`]: `import { thread } from './index.ts'` },
      { [`${a}/testing/probe.ts`]: `import type { Ref } from '../index.ts'` },
    ],
    kept: {
      [`${a}/ref.ts`]: `import { byIndex } from './core/by-index.ts'`,
      'packages/actors/test/api.test.ts': `import '../src/index.ts'`,
    },
  },
  'packages meet by their public names': {
    rule: house.packagesMeetByName,
    broken: [
      { 'apps/demo/src/main.ts': `import '../../../packages/actors/src/index.ts'` },
      { 'bench/local.ts': `import '@troupe/actors/src/core/cell.ts'` },
      { 'packages/ring/test/ring.test.ts': `import '../../actors/src/core/cell.ts'` },
    ],
    kept: {
      'apps/demo/src/main.ts': `import '@troupe/actors'\nimport '@troupe/actors/testing'\nimport './table.ts'`,
      'packages/actors/test/api.test.ts': `import '../src/core/cell.ts'`,
      'bench/peers/nact.ts': `import '../harness.ts'`,
    },
  },
  'no clock, randomness, process or timers in pure rooms': {
    rule: house.pureRoomsArePure,
    broken: [
      'Date.now()',
      'new Date()',
      'Date()',
      'Math.random()',
      'process.exit()',
      'performance.now()',
      'setTimeout(f, 1)',
      'setImmediate(f)',
      'queueMicrotask(f)',
      'const wait = setTimeout',
      'const { now } = performance',
      'const tools = { process }',
      'const name = tools[process]',
      'globalThis.setTimeout(f)',
      'console.log(1)',
      'crypto.randomUUID()',
      'const f = () => { class Q { #t = [Date.now()] } }',
    ].map(text => ({ [`${a}/core/cell.ts`]: text })),
    kept: {
      [`${a}/core/cell.ts`]: `// Date.now()\nplatform.setTimeout('process')\nnew Date(0)\ninterface Q { process(): void; performance: number }\nplatform.now({ process: 1 })`,
      [`${a}/core/cell.test.ts`]: `Date.now()`,
      [`${a}/edge/clock.ts`]: `Date.now()`,
    },
  },
  'imports make no cycle': {
    rule: house.importsMakeNoCycle,
    broken: [
      { [`${a}/a.ts`]: `import './b.ts'`, [`${a}/b.ts`]: `import './a.ts'` },
      {
        [`${a}/a.ts`]: `import './b.ts'`,
        [`${a}/b.ts`]: `export * from './core/c.ts'`,
        [`${a}/core/c.ts`]: `import { type A } from '../a.ts'`,
      },
      { [`${a}/a.ts`]: `import './a.ts'` },
    ],
    kept: {
      [`${a}/a.ts`]: `import './b.ts'\nimport './c.ts'`,
      [`${a}/b.ts`]: `import './c.ts'`,
      [`${a}/c.ts`]: `import type { A } from './a.ts'`,
    },
  },
  'names say something': {
    rule: house.namesSaySomething,
    broken: ['utils.ts', 'core/helpers.ts', 'common.ts', 'edge/types.ts', 'util.test.ts'].map(name => ({
      [`${a}/${name}`]: '',
    })),
    kept: { [`${a}/core/mailbox.ts`]: '', 'packages/actors/test/types/refs.ts': '', [`${a}/record-types.ts`]: '' },
  },
  'sources are short and say what they are': {
    rule: house.filesAreReadable,
    broken: [
      { [`${a}/ref.ts`]: 'export {}\n' },
      { [`${a}/ref.ts`]: '// One line.\n' + 'let x\n'.repeat(60) },
      { [`${a}/ref.ts`]: `// One of many.\n`.repeat(11) },
      { [`${a}/ref.ts`]: header + 'let x\n'.repeat(298) },
      { 'apps/demo/src/main.ts': `#!/usr/bin/env node\nimport './table.ts'\n` },
    ],
    kept: {
      [`${a}/ref.ts`]: header + 'let x\n'.repeat(297),
      [`${a}/ref.test.ts`]: 'let x\n'.repeat(999),
      [`${a}/channel.ts`]: '/**\n * What it is for,\n * what it keeps true.\n */\nexport {}\n',
      'apps/demo/src/main.ts': `#!/usr/bin/env node\n${header}`,
    },
  },
  'folders are the planned ones': {
    rule: house.foldersAreThePlanned,
    broken: [{ 'scripts/build.ts': '' }, { 'packages/tools/src/index.ts': '' }, { 'apps/site/src/main.ts': '' }],
    kept: {
      'packages/ring/src/index.ts': '',
      'apps/demo/package.json': '',
      'README.md': '',
      '.ci/run': '',
      'bench/main.ts': '',
    },
  },
  'nothing names a machine or a registry': {
    rule: house.nothingNamesAMachine,
    broken: [
      { 'docs/start.md': `cd ${home}` },
      { 'pnpm-lock.yaml': `  resolution: {${'tar' + 'ball'}: x.tgz}` },
      { 'docs/start.md': `see ${registry}` },
      { '.npmrc': ['registry', '//mirror/'].join('=') },
    ],
    kept: { 'docs/start.md': 'see https://example.org/home/page and ./work/it, packages/root/x, `registry` of names' },
  },
  'one pnpm is pinned': {
    rule: house.onePnpmIsPinned,
    broken: [{ 'README.md': `npx ${pin('12.1.0')} test`, '.ci/run': `npx ${pin('12.2.0')} test` }],
    kept: { 'README.md': `npx ${pin('12.1.0')} test.`, '.ci/run': `npx ${pin('12.1.0')} test` },
  },
}

test('the tree was read', () => {
  for (const path of ['package.json', '.ci/run', '.gitignore', 'packages/actors/src/index.ts', 'test/house.ts']) {
    expect(tree.has(path), path).toBe(true)
  }
  expect([...tree.keys()].filter(path => path.includes('node_modules'))).toEqual([])
})

describe.each(Object.entries(cases))('%s', (_, { rule, broken, kept }) => {
  test('in this repository', () => expect(rule(tree)).toEqual([]))
  test('is broken by each bad sample', () => {
    for (const files of broken) expect(rule(new Map(Object.entries(files))), JSON.stringify(files)).toHaveLength(1)
  })
  test('is kept by the good one', () => expect(rule(new Map(Object.entries(kept)))).toEqual([]))
})

test('a file is judged by its syntax, not by its comments and strings', () => {
  const found = (text: string) =>
    house.importsOf(text).map(({ specifier, erased }) => specifier + (erased ? ' erased' : ''))
  expect(found(`import a from './a.ts'; export { b } from './b.ts'; export * from './c.ts'; import('./d.ts')`)).toEqual(
    ['./a.ts', './b.ts', './c.ts', './d.ts'],
  )
  expect(found(`import type { A } from './a.ts'; export type { B } from './b.ts'; let c: import('./c.ts').C`)).toEqual([
    './a.ts erased',
    './b.ts erased',
    './c.ts erased',
  ])
  expect(found(`// import './a.ts'\nconst text = "import './b.ts'"`)).toEqual([])
})
