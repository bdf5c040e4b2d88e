// What makes a system a node of a cluster: its options, checked.
//
// Invariants: what is missing has its default here; a TCP address is refused without certificates, unless `insecure` was written and the
// address is this machine's own.
import { checkParts, inWords } from './core/behavior-value.ts'
import { InvalidCall } from './core/errors.ts'
import { isNodeName } from './core/link-messages.ts'
import type { Certificates, NodeSettings } from './core/node-settings.ts'

export interface NodeOptions {
  /** What other nodes call it: 1 to 64 letters, digits, `_`, `.` and `-`; once in the cluster. */
  name: string
  /** Which cluster: nodes of another one are refused. 'troupe'. */
  cluster?: string
  /**
   * Where others connect to: `unix:/path`, `tcp://host:port`, or several. By default a Unix socket of its name, where only
   * processes of the same user find it.
   */
  listen?: string | readonly string[]
  /** Addresses of nodes that are, or will be, in the cluster; or names, of nodes on this machine that listen where they do by default. Without any it founds one. */
  join?: readonly string[]
  /** Known to all nodes of the cluster, 16 characters or more. */
  secret?: string
  /** For TCP: both sides of a connection show a certificate that `ca` has signed. */
  tls?: Certificates
  /** Allows TCP without TLS, on addresses of this machine alone. */
  insecure?: boolean
  /** ms that joining may take; then `createSystem` rejects with NodeRefused, which says what stood in the way. 10,000. */
  within?: number
}

/** The address of a node's own socket on this machine. */
export type SocketOf = (cluster: string, name: string) => string

const PARTS = [
  'name',
  'cluster',
  'listen',
  'join',
  'secret',
  'tls',
  'insecure',
  'within',
] satisfies (keyof NodeOptions)[]
const LOOPBACK = /^tcp:\/\/(localhost|127(\.\d+){3}|\[::1\])(:|$)/

/** Throws InvalidCall. `now`: ms since 1970; `socketOf`: where a node of this user listens, if nothing else is said. */
export function nodeSettings(options: NodeOptions, now: number, socketOf: SocketOf): NodeSettings {
  checkParts('createSystem: node', options, PARTS)
  const { name, cluster = 'troupe', secret, tls, insecure = false } = options
  for (const [what, value] of Object.entries({ name, cluster })) {
    if (typeof value === 'string' && isNodeName(value)) continue
    throw new InvalidCall(
      `createSystem: node: ${what} is ${inWords(value)}; it has 1 to 64 letters, digits, _, . and -`,
    )
  }
  const listen = addresses('listen', options.listen ?? name, cluster, socketOf)
  const seeds = addresses('join', options.join ?? [], cluster, socketOf)
  for (const address of [...listen, ...seeds]) checkSafe(address, tls !== undefined, insecure)
  if (secret !== undefined && (typeof secret !== 'string' || secret.length < 16)) {
    throw new InvalidCall(`createSystem: node: secret must have at least 16 characters, the same on all nodes`)
  }
  return { name, incarnation: now, cluster, listen, join: seeds, secret, tls, insecure }
}

function addresses(part: string, given: unknown, cluster: string, socketOf: SocketOf): string[] {
  const list = typeof given === 'string' ? [given] : given
  if (!Array.isArray(list) || !list.every(one => typeof one === 'string')) {
    throw new InvalidCall(
      `createSystem: node: ${part} is ${inWords(given)}; pass 'unix:/path', 'tcp://host:port', or several`,
    )
  }
  return list.map(one => (isNodeName(one) ? socketOf(cluster, one) : one))
}

function checkSafe(address: string, hasTls: boolean, insecure: boolean): void {
  if (!address.startsWith('tcp:') || hasTls) return
  const why = insecure
    ? `insecure is for this machine's own addresses (127.0.0.1, localhost, [::1])`
    : 'give tls: { key, cert, ca }; for tests on one machine there is insecure: true'
  if (!insecure || !LOOPBACK.test(address)) {
    throw new InvalidCall(`createSystem: node: ${address} would let anybody in who can reach it: ${why}`)
  }
}
