// HOUSE.md's rules as pure functions over a tree of files, path → text; house.test.ts applies them to the repository and,
// so that none of them can pass by accident, to samples that break each of them.
//
// ROOMS is the table to extend when a package gains a room: a source file belongs to the first room whose pattern fits
// its path, and may import what its row names. Tests and what lies in a package's test/ folder may import anything in
// their own package. Paths are relative to the repository, with `/`. Every rule returns one line for each violation.
import { posix } from 'node:path'
import { parseAst } from 'vitest/node'

export type Tree = ReadonlyMap<string, string>

interface Room {
  name: string
  files: RegExp
  /** Rooms of the same package it may import. */
  rooms: readonly string[]
  /** What it may import from outside: `node:*` and packages. */
  outside: RegExp
}

const room = (name: string, files: RegExp, rooms: string, outside: RegExp): Room => {
  return { name, files, rooms: rooms.split(' '), outside }
}
const NOTHING = /^$/
const ANYTHING = /./
const ACTORS = /^@troupe\/actors$/

// prettier-ignore
const ROOMS: readonly Room[] = [
  //   @troupe/actors, files                                    may import rooms                           and outside
  room('core',        /^packages\/actors\/src\/core\//,         'core',                                    NOTHING),
  room('edge',        /^packages\/actors\/src\/edge\//,         'core edge',                               ANYTHING),
  room('testing',     /^packages\/actors\/src\/testing\//,      'core edge surface composition testing',   ANYTHING),
  room('composition', /^packages\/actors\/src\/(system|host)\.ts$/, 'core edge surface composition',       ANYTHING),
  room('index',       /^packages\/actors\/src\/index\.ts$/,     'core surface composition',                NOTHING),
  room('surface',     /^packages\/actors\/src\/[\w-]+\.ts$/,    'core surface',                            NOTHING),
  //   @troupe/paxos, ring, lock: pure, but for the files that make behaviors of them, and hashes from libraries
  room('index',       /^packages\/(paxos|ring|lock)\/src\/index\.ts$/, 'pure behavior hash',               NOTHING),
  room('behavior',    /^packages\/(paxos|ring|lock)\/src\/(behavior|client)\.ts$/, 'pure behavior',        ACTORS),
  room('behavior',    /^packages\/lock\/src\/(client-platform|held-lock|fenced|guarded-ref|lock-errors)\.ts$/, 'pure behavior', ACTORS),
  room('hash',        /^packages\/ring\/src\/hash\.ts$/,       'pure hash',                               /^(node:crypto|xxhash-wasm)$/),
  room('pure',        /^packages\/(paxos|ring|lock)\/src\//,    'pure hash',                               NOTHING),
  //   programs: packages, by their public names
  room('program',     /^(apps\/\w+\/src|bench)\//,              'program',                                 ANYTHING),
]

const TOP = new Set(['packages', 'apps', 'bench', 'docs', 'test'])
const PACKAGES = new Set(['actors', 'paxos', 'ring', 'lock'])
const APPS = new Set(['demo'])

const LONGEST = 300
/** Lines of a file's header; a very short file says it in one. */
const HEADER = { from: 3, to: 10 }
const VERY_SHORT = 40
const VAGUE = /(^|\/)(utils?|helpers?|common|types?|misc|shared)(\.test)?\.ts$/

/** Names that reach out of a pure room: the clock, randomness, the process, timers, the console, the network. */
const OUTSIDE = new Set(
  'process performance crypto console fetch setTimeout setInterval setImmediate queueMicrotask globalThis require'.split(
    ' ',
  ),
)
const OUTSIDE_MEMBERS = new Set(['Date.now', 'Math.random'])

const isTest = (path: string) => path.endsWith('.test.ts') || /(^|\/)test\//.test(path)
const isSource = (path: string) => path.endsWith('.ts') && /^(packages|apps)\/[^/]+\/src\/|^bench\//.test(path)
const roomOf = (path: string) => (isTest(path) ? undefined : ROOMS.find(({ files }) => files.test(path)))
/** `packages/actors` for what lies in it; the top folder, or nothing, for the rest. */
const homeOf = (path: string) => /^(packages|apps)\/[^/]+/.exec(path)?.[0] ?? /^[^/]+(?=\/)/.exec(path)?.[0] ?? ''
const ruled = (tree: Tree) => [...tree].filter(([path]) => isSource(path) && !isTest(path))

// ── reading a file ──────────────────────────────────────────────────────────────────────────────────────────
interface SyntaxNode {
  type: string
  [field: string]: unknown
}

/** Every node of a file's syntax tree with the one that holds it, outermost first. */
function* nodesOf(text: string): Generator<[node: SyntaxNode, parent: SyntaxNode | undefined, field: string]> {
  const open: [unknown, SyntaxNode | undefined, string][] = [[parseAst(text, { lang: 'ts' }), undefined, '']]
  while (open.length > 0) {
    const [value, parent, field] = open.pop()!
    if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i--) open.push([value[i], parent, field])
    } else if (isNode(value)) {
      yield [value, parent, field]
      for (const key of Object.keys(value).toReversed()) open.push([value[key], value, key])
    }
  }
}
const nameOf = (node: unknown) => (isNode(node) && typeof node['name'] === 'string' ? node['name'] : '')
const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

interface Import {
  specifier: string
  /** `import type` and the like: gone at run time. (`import { type A }` is not: Node.js still loads the file.) */
  erased: boolean
}

/** What a file imports: `import`, `export … from`, `import()`, and `import('…').Type`. */
export function importsOf(text: string): Import[] {
  const found: Import[] = []
  for (const [node] of nodesOf(text)) {
    if (!/^(Import(Declaration|Expression)|Export(All|Named)Declaration|TSImportType)$/.test(node.type)) continue
    const source = node['source']
    if (!isNode(source) || typeof source['value'] !== 'string') continue
    const erased = node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type'
    found.push({ specifier: source['value'], erased })
  }
  return found
}

const resolved = (from: string, specifier: string) => posix.join(posix.dirname(from), specifier)
const isRelative = (specifier: string) => specifier.startsWith('.')

// ── rules ───────────────────────────────────────────────────────────────────────────────────────────────────
/** Each room imports what its row in ROOMS allows. */
export function roomsAreKept(tree: Tree): string[] {
  const broken: string[] = []
  for (const [path, text] of ruled(tree)) {
    const from = roomOf(path)
    if (from === undefined) {
      broken.push(`${path} is in no room: give it a row in ROOMS (test/house.ts) or another place`)
      continue
    }
    for (const { specifier } of importsOf(text)) {
      const to = isRelative(specifier) ? roomOf(resolved(path, specifier))?.name : undefined
      const allowed = isRelative(specifier) ? to !== undefined && from.rooms.includes(to) : from.outside.test(specifier)
      if (allowed) continue
      if (to === 'index') continue // said by nothingImportsAnIndex
      broken.push(`${path} (${from.name}) imports ${specifier}${to === undefined ? '' : ` (${to})`}`)
    }
  }
  return broken
}

/** A package's index.ts is for those outside: a file within that imports it makes a knot. */
export function nothingImportsAnIndex(tree: Tree): string[] {
  return ruled(tree).flatMap(([path, text]) =>
    importsOf(text)
      .filter(({ specifier }) => isRelative(specifier) && /(^|\/)index\.ts$/.test(specifier))
      .map(({ specifier }) => `${path} imports ${specifier}: import the file that makes the name`),
  )
}

/** Packages meet by their public names: no path leaves its package, no name goes deeper than `exports`. */
export function packagesMeetByName(tree: Tree): string[] {
  const broken: string[] = []
  for (const [path, text] of tree) {
    if (!path.endsWith('.ts')) continue
    for (const { specifier } of importsOf(text)) {
      const leaves = isRelative(specifier) && homeOf(resolved(path, specifier)) !== homeOf(path)
      const deep = /^@troupe\/\w+\/(?!testing$|http$|nats$)/.test(specifier)
      if (leaves || deep) broken.push(`${path} imports ${specifier}: import the package by its public name`)
    }
  }
  return broken
}

/** No clock, randomness, process or timer in rooms without I/O: they come through the platform. */
export function pureRoomsArePure(tree: Tree): string[] {
  const broken: string[] = []
  for (const [path, text] of ruled(tree)) {
    const name = roomOf(path)?.name
    if (name !== 'core' && name !== 'pure') continue
    for (const [node, parent, field] of nodesOf(text)) {
      const used = reachesOut(node, parent, field)
      if (used !== undefined) broken.push(`${path} uses ${used}`)
    }
  }
  return broken
}

function reachesOut(node: SyntaxNode, parent: SyntaxNode | undefined, field: string): string | undefined {
  if (node.type === 'MemberExpression' && !node['computed']) {
    const name = `${nameOf(node['object'])}.${nameOf(node['property'])}`
    return OUTSIDE_MEMBERS.has(name) ? name : undefined
  }
  if (node.type === 'NewExpression' || node.type === 'CallExpression') {
    const isDate = nameOf(node['callee']) === 'Date'
    const reads = node.type === 'CallExpression' || (node['arguments'] as unknown[]).length === 0
    return isDate && reads ? 'the current Date' : undefined
  }
  if (node.type !== 'Identifier' || !OUTSIDE.has(nameOf(node))) return undefined
  // A property of that name, or a type's member, is not the global one. (`{ process }` comes twice: as key and as value.)
  const owned = (field === 'property' || field === 'key') && parent?.['computed'] !== true
  return owned || parent?.type.startsWith('TS') === true ? undefined : nameOf(node)
}

/** No file loads itself in a roundabout way. Types may refer to each other: they are gone at run time. */
export function importsMakeNoCycle(tree: Tree): string[] {
  const next = new Map<string, string[]>()
  for (const [path, text] of ruled(tree)) {
    const loaded = importsOf(text).filter(({ specifier, erased }) => isRelative(specifier) && !erased)
    next.set(
      path,
      loaded.map(({ specifier }) => resolved(path, specifier)),
    )
  }
  const cycles: string[] = []
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (path: string): void => {
    const at = trail.indexOf(path)
    if (at >= 0) cycles.push([...trail.slice(at), path].join(' → '))
    if (at >= 0 || done.has(path)) return
    trail.push(path)
    for (const to of next.get(path) ?? []) visit(to)
    trail.pop()
    done.add(path)
  }
  for (const path of next.keys()) visit(path)
  return cycles
}

/** A name says what is inside. */
export const namesSaySomething = (tree: Tree): string[] =>
  [...tree.keys()].filter(path => VAGUE.test(path)).map(path => `${path}: name it after what it holds`)

/** Sources have at most 300 lines, and open with 3–10 lines that say their role and what they keep true. */
export function filesAreReadable(tree: Tree): string[] {
  const broken: string[] = []
  for (const [path, text] of ruled(tree)) {
    const lines = text.trimEnd().split('\n')
    const header = headerOf(lines)
    if (lines.length > LONGEST) broken.push(`${path} has ${lines.length} lines, more than ${LONGEST}`)
    const least = lines.length < VERY_SHORT ? 1 : HEADER.from
    if (header < least || header > HEADER.to) {
      broken.push(`${path} opens with ${header} lines of comment, not ${least} to ${HEADER.to}`)
    }
  }
  return broken
}

function headerOf(lines: string[]): number {
  const start = lines[0]?.startsWith('#!') ? 1 : 0
  let end = start
  if (lines[start]?.startsWith('/*')) {
    while (end < lines.length && !lines[end]!.includes('*/')) end++
    return end + 1 - start
  }
  while (lines[end]?.startsWith('//')) end++
  return end - start
}

/** The top level, packages and apps are those of HOUSE.md. */
export function foldersAreThePlanned(tree: Tree): string[] {
  const broken = new Set<string>()
  for (const path of tree.keys()) {
    const [top, second, third] = path.split('/') as [string, string | undefined, string | undefined]
    if (second === undefined || top.startsWith('.')) continue
    if (!TOP.has(top)) broken.add(`${top}/ is none of ${[...TOP].join(', ')}`)
    if (top === 'packages' && third !== undefined && !PACKAGES.has(second))
      broken.add(`packages/${second} is not planned`)
    if (top === 'apps' && third !== undefined && !APPS.has(second)) broken.add(`apps/${second} is not planned`)
  }
  return [...broken]
}

const MACHINE_PATH = /(?<![\w.$}-])(?:\/(?:home|Users|root|work|mnt|var\/folders)\/[\w.-]+|[A-Z]:\\\\?Users\\)/
const REGISTRY =
  /\bhttps?:\/\/[^\s'"`)]*(?:registry|npmjs|npmmirror|verdaccio|artifactory|nexus)[^\s'"`)]*|^\s*registry\s*[=:]|\btarball:/im

/** Nothing names one person's machine, or the host that packages came from. */
export function nothingNamesAMachine(tree: Tree): string[] {
  const broken: string[] = []
  for (const [path, text] of tree) {
    for (const pattern of [MACHINE_PATH, REGISTRY]) {
      const found = pattern.exec(text)
      if (found === null) continue
      const line = text.slice(0, found.index).split('\n').length
      broken.push(`${path}:${line} names ${found[0].trim()}`)
    }
  }
  return broken
}

/** One version of pnpm is pinned, wherever a command names it. */
export function onePnpmIsPinned(tree: Tree): string[] {
  const seen = new Map<string, string>()
  for (const [path, text] of tree) {
    if (path === 'pnpm-lock.yaml') continue
    for (const [pin] of text.matchAll(/\bpnpm@\d[\w.-]*\w/g)) seen.set(pin, path)
  }
  const uses = [...seen].map(([pin, path]) => `${pin} (${path})`)
  return seen.size <= 1 ? [] : [`several are named: ${uses.join(', ')}`]
}
