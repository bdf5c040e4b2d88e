// The cryptography of a link's handshake: HMAC-SHA256 by a shared secret, nonces, comparing in constant time.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { InvalidCall } from '../core/errors.ts'
import type { Seal } from '../core/link-handshake.ts'
import { NONCE } from '../core/link-messages.ts'

const SHORTEST = 16

/**
 * By a secret of at least 16 bytes (`openssl rand -hex 32` makes one), or by none. A short one could be guessed from what a
 * stranger overhears.
 */
export function sealBy(secret: string | Uint8Array | undefined): Seal {
  const nonce = () => new Uint8Array(randomBytes(NONCE))
  if (secret === undefined) return { nonce, mac: undefined, same: timingSafeEqual }
  if (Buffer.byteLength(secret) < SHORTEST) {
    throw new InvalidCall(
      `the shared secret has ${Buffer.byteLength(secret)} bytes; give at least ${SHORTEST}, such as 'openssl rand -hex 32' prints`,
    )
  }
  const key = createHash('sha256').update('troupe link secret:').update(secret).digest()
  const mac = (parts: readonly Uint8Array[]) => {
    const hash = createHmac('sha256', key)
    for (const part of parts) hash.update(part)
    return hash.digest()
  }
  return { nonce, mac, same: timingSafeEqual }
}
