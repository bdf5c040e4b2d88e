// What README.md says in code, as programs that can be compiled and run.
//   ```ts           a whole program: it runs as it stands
//   ```text         right after one: what it prints, exactly
//   ```ts fragment  is only compiled, as if it stood at the end of the last whole program before it
// Other fences (sh, json, text elsewhere) are prose.

interface Fence {
  info: string
  code: string
  line: number
}

export interface Program {
  /** Where its fence stands, for messages. */
  line: number
  code: string
  prints: string | undefined
  fragments: { line: number; code: string }[]
}

function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = []
  let open: { fence: Fence; lines: string[]; indent: string; ticks: string } | undefined
  for (const [at, line] of markdown.split(/\r?\n/).entries()) {
    if (open === undefined) {
      const [, indent, ticks, info] = /^( *)(```+) *([^`]*)$/.exec(line) ?? []
      if (ticks === undefined) continue
      open = { fence: { info: info!.trim(), code: '', line: at + 1 }, lines: [], indent: indent!, ticks }
    } else if (line.trim() === open.ticks) {
      fences.push({ ...open.fence, code: open.lines.map(text => `${text}\n`).join('') })
      open = undefined
    } else {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart())
    }
  }
  if (open !== undefined) throw new Error(`the code fence that opens on line ${open.fence.line} is never closed`)
  return fences
}

/** The programs of a Markdown text, in its order. */
export function programsOf(markdown: string): Program[] {
  const programs: Program[] = []
  let before: Fence | undefined
  for (const fence of fencesOf(markdown)) {
    const last = programs.at(-1)
    if (fence.info === 'ts') {
      programs.push({ line: fence.line, code: fence.code, prints: undefined, fragments: [] })
    } else if (fence.info === 'text' && before?.info === 'ts') {
      last!.prints = fence.code
    } else if (fence.info === 'ts fragment') {
      if (last === undefined) throw new Error(`the fragment on line ${fence.line} has no program before it`)
      last.fragments.push({ line: fence.line, code: fence.code })
    } else if (/^ts\b/.test(fence.info)) {
      throw new Error(`line ${fence.line}: \`\`\`${fence.info} is neither a program nor a fragment`)
    }
    before = fence
  }
  return programs
}

/** A fragment after its program: its imports join the program's, the rest has names of its own. */
export function joined(program: string, fragment: string): string {
  const lines = fragment.split('\n')
  const imports = lines.filter(line => line.startsWith('import '))
  const rest = lines.filter(line => !line.startsWith('import ')).map(line => line.replace(/^export (?!\{)/, ''))
  return [program, ...imports, '{', ...rest, '}', 'export {}', ''].join('\n')
}
