// The other process of a trial of the subject "processes": started, and told to say when it is ready.
//
// It ends with the trial's own process, whose channel to it is closed then.

import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plan } from '../measure.ts'

/** Four threads of two processes take longer to warm up than one, and much longer by one call after the other. */
export function longer({ warmup, budget, scale }: Plan, warmer = 10): Plan {
  return { warmup: warmup * warmer, budget: budget * 5, scale }
}
export const ONE_AT_A_TIME = 30

/** A folder that is deleted when this process ends. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'troupe-bench-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  return made
}

/** Resolves with its first message. */
export async function start(file: string, ...args: string[]): Promise<ChildProcess> {
  const child = fork(new URL(file, import.meta.url), args, {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  return child
}

/** One that nobody listens at, just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface Certificates {
  readonly key: string
  readonly cert: string
  readonly ca: string
}
/** Of one authority, made out to this machine's own address. */
export function certificates(): Certificates {
  const at = folder()
  const openssl = (line: string): void => {
    execFileSync('openssl', line.split(' '), { cwd: at, stdio: ['ignore', 'ignore', 'ignore'] })
  }
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  writeFileSync(join(at, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -subj /CN=authority -days 2`)
  openssl(`req ${key} -keyout node.key -out node.csr -subj /CN=node`)
  openssl('x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out node.pem')
  const read = (name: string): string => readFileSync(join(at, name), 'utf8')
  return { key: read('node.key'), cert: read('node.pem'), ca: read('ca.pem') }
}
