// Commands as the tests of the whole workspace run them: to their end, without standard input, by the workspace's own
// Node.js (the one that runs the tests). What a command prints is kept apart from what it complains about; a failing
// one rejects with both, so that a red test shows what the command said.
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'

/** The repository. */
export const root = dirname(import.meta.dirname)

const PNPM = 'pnpm@12.21.0'

interface Place {
  cwd: string
  timeout?: number
}

export interface Said {
  stdout: string
  stderr: string
}

export function run(command: string, args: string[], { cwd, timeout = 60_000 }: Place): Promise<Said> {
  // Colours and the outer run's own settings (npm_*, pnpm_*, VITEST*) are not for the commands inside.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(pnpm_|npm_(?!config_)|VITEST|FORCE_COLOR|NODE_OPTIONS|NODE_ENV)/i.test(name),
    ),
  )
  env['PATH'] = `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`
  env['NO_COLOR'] = '1'
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { cwd, env, timeout, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout, stderr })
      const end = error.killed === true ? `was ended after ${timeout} ms` : `failed with ${error.code ?? error.signal}`
      reject(new Error(`${[command, ...args].join(' ')} ${end}\n${stdout}${stderr}`))
    })
    child.stdin?.end()
  })
}

export const node = (args: string[], place: Place) => run(process.execPath, args, place)
export const tsc = (args: string[], place: Place) =>
  run(join(root, 'node_modules/.bin/tsc'), ['--pretty', 'false', ...args], place)
export const pnpm = (args: string[], place: Place) => run('npx', ['--yes', PNPM, ...args], place)
