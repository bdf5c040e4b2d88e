// Where a node listens on this machine, if nothing else is said: the same for all processes of one user.
//
// Invariant: in a folder that belongs to that user; socket-unix.ts makes it, and sees to it that nobody else comes in.
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

export function socketOf(cluster: string, name: string): string {
  const folder = process.env['XDG_RUNTIME_DIR'] ?? join(tmpdir(), `troupe-${userInfo().username}`)
  return `unix:${join(folder, 'troupe', cluster, `${name}.sock`)}`
}
