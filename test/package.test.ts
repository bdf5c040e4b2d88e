// What a user installs works: packages/* are built, packed and installed with npm in an empty project outside the
// workspace, where plain JavaScript (the README's first program without its types) runs on them, threads included.
// Nothing of the workspace is in reach there but its Node.js and, for the declarations, its compiler.
import { globSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { programsOf } from './readme.ts'
import { node, pnpm, root, run, tsc } from './run.ts'

interface Manifest {
  name: string
  version: string
  publishConfig: { exports: Record<string, unknown> }
}
const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
const packages = globSync('packages/*', { cwd: root }).map(folder => ({
  folder: join(root, folder),
  ...manifestOf(join(root, folder)),
}))

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'troupe-')))
const project = join(temporary, 'project')
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

const installed = (name: string) => join(project, 'node_modules', name)
const add = (file: string, text: string) => writeFileSync(join(project, file), text)

beforeAll(async () => {
  await pnpm(['run', 'build'], { cwd: root })
  const tarballs: string[] = []
  for (const { folder } of packages) await pnpm(['pack', '--pack-destination', temporary], { cwd: folder })
  for (const file of globSync('*.tgz', { cwd: temporary })) tarballs.push(join(temporary, basename(file)))
  mkdirSync(project)
  add('package.json', JSON.stringify({ name: 'empty', version: '1.0.0', private: true, type: 'module' }))
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--prefer-offline', '--loglevel=error']
  await run('npm', ['install', ...quiet, ...tarballs], { cwd: project, timeout: 150_000 })
})

describe.each(packages)('$name', ({ name, version, publishConfig }) => {
  test('is installed as published: compiled files, its licence, no sources and no tests', () => {
    const files = globSync('**/*', { cwd: installed(name), exclude: ['node_modules/**'], withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(installed(name).length + 1))
    expect(files).toEqual(expect.arrayContaining(['package.json', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']))
    expect(
      files.filter(file => !/^(package\.json|LICENSE|README\.md|dist\/.*(?<!\.test)(\.js|\.d\.ts))$/.test(file)),
    ).toEqual([])
    expect(manifestOf(installed(name))).toMatchObject({ name, version, exports: publishConfig.exports })
    expect(readFileSync(join(installed(name), 'package.json'), 'utf8')).not.toMatch(/workspace:|\.\/src/)
  })

  test('each of its entries loads, with declarations that compile', async () => {
    const entries = Object.keys(publishConfig.exports).map(entry => name + entry.slice(1))
    add('entries.js', entries.map(entry => `await import('${entry}')\n`).join(''))
    expect(await node(['entries.js'], { cwd: project })).toEqual({ stdout: '', stderr: '' })
    add('entries.ts', entries.map((entry, n) => `export * as e${n} from '${entry}'\n`).join(''))
    expect((await compile('entries.ts')).stdout).toBe('')
  })
})

/** Compiles one file of the project as its user would, with the declarations that came in the tarballs. */
function compile(file: string) {
  const strict = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--skipLibCheck']
  const fromNode = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  return tsc([...strict, ...fromNode, file], { cwd: project })
}

test("the README's first program runs as plain JavaScript, and prints what it does there", async () => {
  const first = programsOf(readFileSync(join(root, 'README.md'), 'utf8'))[0]
  expect(first, 'README.md has a ```ts program').toBeDefined()
  expect(first!.code).toContain('createSystem')
  add('first.js', stripTypeScriptTypes(first!.code))
  const { stdout, stderr } = await node(['first.js'], { cwd: project })
  expect(stderr).toBe('')
  expect(stdout).toBe(first!.prints ?? stdout)
  add('first.ts', first!.code)
  expect((await compile('first.ts')).stdout).toBe('')
})

test('actors run on other threads there', async () => {
  add(
    'threads.js',
    `
    import { threadId } from 'node:worker_threads'
    import { behavior, createSystem, thread } from '@troupe/actors'
    export const where = behavior(import.meta, {
      name: 'where',
      state: () => ({ asked: 0 }),
      handlers: { ask(ctx, by) { return { thread: threadId, asked: (ctx.state.asked += by) } } },
    })
    const system = await createSystem({ threads: 2 })
    const answers = []
    for (const n of [0, 1, 2]) answers.push(await (await system.spawn(where, undefined, { on: thread(n) })).ask.ask(n))
    await system.close()
    console.log(JSON.stringify(answers))
  `,
  )
  const { stdout, stderr } = await node(['threads.js'], { cwd: project })
  expect(stderr).toBe('')
  const answers = JSON.parse(stdout) as { thread: number; asked: number }[]
  expect(answers.map(({ asked }) => asked)).toEqual([0, 1, 2])
  expect(answers[0]!.thread).toBe(0)
  expect(new Set(answers.map(({ thread }) => thread)).size).toBe(3)
})
